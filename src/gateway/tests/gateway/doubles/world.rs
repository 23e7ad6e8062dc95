//! All doubles together, and a gateway over them: a new one for every request, as in a component.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    Bytes, Callback, DeferredWork, DocumentMapperDouble, Gateway, Lines, ManualClock, Mapper, MemoryStore,
    NativeMapper, NativeProvider, Network, Origins, PeerClock, Ports, Reply, Request, Timeline, body, get, json,
    webhook,
};

/// The key of the site `tr`, of `de`, and of both.
pub const KEY_TR: &str = "marker-caller-key-tr";
pub const KEY_DE: &str = "marker-caller-key-de";
pub const KEY_BOTH: &str = "marker-caller-key-both";

/// Two sites.
pub const CONFIG: &str = r#"
[sites.tr]
legal_entity = "Tollbridge Demo"
currencies = ["TRY", "EUR"]
locale = "tr-TR"
maldopay = { url = "https://maldopay.example/json", client_id = 1, brand_id = 2, integration_id = 3, services = { checkout = 2031, bank = 2006 } }
salesforce = { url = "https://tollbridge.my.salesforce.example/", multi_currency = true }
[sites.de]
legal_entity = "Tollbridge Demo GmbH"
currencies = ["EUR"]
locale = "de-DE"
maldopay = { url = "https://maldopay.example/json/", client_id = 1, brand_id = 2, integration_id = 4, services = { checkout = 2031 } }
salesforce = { url = "https://tollbridge.my.salesforce.example" }
"#;

/// The two sites, where callbacks to the first are signed as a whole.
pub fn of_body() -> String {
    CONFIG.replacen("integration_id = 3,", "integration_id = 3, signature = \"body\",", 1)
}

/// The secrets of the two sites. Every value that must not be shown contains `marker`, or is a site's `key`.
pub fn secrets() -> String {
    let site = |name: &str, key: &str| {
        let hash = |key: &str| base16ct::lower::encode_string(&Sha256::digest(key.as_bytes()));
        format!(
            r#"[sites.{name}]
api_keys = ["sha256:{}", "sha256:{}"]
maldopay = {{ api_key = "marker-api-key-{name}", encrypting_keys = ["marker-encrypting-key-{name}", "marker-old-key-{name}"] }}
salesforce = {{ client_id = "marker-client-{name}", client_secret = "marker-secret-{name}" }}
key = "6H7R7sTjqFVlSg61SOz37ArdFGx56nfG5RaTbWH+4oM="
"#,
            hash(key),
            hash(KEY_BOTH),
        )
    };
    format!("{}{}", site("tr", KEY_TR), site("de", KEY_DE))
}

/// A response, decoded.
#[derive(Debug)]
pub struct DecodedResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
    /// `Null` where the body is not JSON.
    pub json: Value,
}

impl DecodedResponse {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The code of a problem; empty for other responses.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

/// The doubles.
pub struct World {
    pub store: MemoryStore,
    pub clock: ManualClock,
    /// The store's clock.
    pub store_clock: PeerClock,
    pub network: Network,
    pub lines: Lines,
    pub random: Bytes,
    pub timeline: Timeline,
    /// The mapper of documents.
    pub documents: DocumentMapperDouble,
    config: RefCell<String>,
    secrets: RefCell<String>,
    /// The origins of MaldoPay and of Salesforce that the manifest allows.
    origins: RefCell<[String; 2]>,
}

impl World {
    pub fn new() -> Rc<Self> {
        Self::configured(CONFIG, &secrets())
    }

    pub fn configured(config: &str, secrets: &str) -> Rc<Self> {
        let timeline = Timeline::default();
        let clock = ManualClock::new();
        Rc::new(Self {
            store: MemoryStore::new(timeline.clone()),
            store_clock: PeerClock::beside(&clock),
            network: Network::new(timeline.clone(), &clock),
            clock,
            lines: Lines::default(),
            random: Bytes(Cell::new(7)),
            timeline,
            documents: DocumentMapperDouble::default(),
            config: RefCell::new(config.to_owned()),
            secrets: RefCell::new(secrets.to_owned()),
            origins: RefCell::default(),
        })
    }

    /// Deploys the gateway again with another configuration.
    pub fn reconfigure(&self, config: &str) {
        *self.config.borrow_mut() = config.to_owned();
    }

    /// Deploys the gateway again where the manifest lets it call these origins.
    pub fn allow(&self, maldopay: &str, salesforce: &str) {
        *self.origins.borrow_mut() = [maldopay.to_owned(), salesforce.to_owned()];
    }

    /// Deploys the gateway again with other secrets.
    pub fn rekey(&self, secrets: &str) {
        *self.secrets.borrow_mut() = secrets.to_owned();
    }

    pub fn gateway(&self) -> Gateway<'_> {
        self.gateway_with(&NativeMapper)
    }

    /// The gateway with another mapper.
    pub fn gateway_with<'a>(&'a self, mapper: &'a dyn Mapper) -> Gateway<'a> {
        let ports = Ports {
            store: &self.store,
            clock: &self.clock,
            store_clock: Some(&self.store_clock),
            http: &self.network,
            provider: &NativeProvider,
            mapper,
            documents: &self.documents,
            random: &self.random,
            sink: &self.lines,
        };
        let [maldopay, salesforce] = &*self.origins.borrow();
        Gateway::new(ports, &self.config.borrow(), &self.secrets.borrow(), Origins { maldopay, salesforce })
    }

    /// Handles the request, and leaves the deferred work undone.
    pub fn respond(&self, request: Request) -> (DecodedResponse, DeferredWork) {
        let Reply { response, deferred } = self.gateway().handle(request);
        let text = String::from_utf8(response.body).unwrap();
        let json = serde_json::from_str(&text).unwrap_or_default();
        (DecodedResponse { status: response.status, headers: response.headers, text, json }, deferred)
    }

    pub fn finish(&self, after: DeferredWork) {
        self.gateway().finish(after);
    }

    /// Handles the request, and does the deferred work.
    pub fn send(&self, request: Request) -> DecodedResponse {
        let (response, after) = self.respond(request);
        self.finish(after);
        response
    }

    /// Charges 149.90, and returns the payment's reference.
    pub fn charge(&self, key: &str) -> String {
        let response = self.send(json("/v1/payments", key, &body()));
        assert_eq!(response.status, 201, "{}", response.text);
        response.json["reference"].as_str().unwrap().to_owned()
    }

    /// Receives a callback that must be acknowledged.
    pub fn receive(&self, callback: &Callback) {
        let response = self.send(webhook(callback));
        assert_eq!((response.status, response.text.as_str()), (200, "OK"));
    }

    /// The payment as the gateway shows it.
    pub fn payment(&self, reference: &str) -> Value {
        let response = self.send(get(&format!("/v1/payments/{reference}")));
        assert_eq!(response.status, 200, "{}", response.text);
        response.json
    }

    /// The reference of the first payment.
    pub fn payment_of_order(&self) -> String {
        let journal = self.send(get("/v1/journal"));
        journal.json["entries"][0]["reference"].as_str().unwrap().to_owned()
    }

    /// How often MaldoPay was called for an operation; status inquiries do not count.
    pub fn provider_calls(&self) -> usize {
        self.network.maldopay.requests().iter().filter(|request| request["type"] != "STATUS").count()
    }

    /// How often records were sent to Salesforce.
    pub fn salesforce_calls(&self) -> usize {
        self.network.salesforce.composites().len()
    }
}
