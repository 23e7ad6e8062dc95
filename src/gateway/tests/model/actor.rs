//! An actor: the gateway's real code over ports whose every operation is a step of the run, and the requests that the
//! actor makes.

use std::collections::BTreeSet;

use serde_json::{Value, json as value};
use tollbridge_connector::types::{Delivery, Header};
use tollbridge_domain::Timestamp;
use tollbridge_gateway::{Config, Gateway, Origins};
use tollbridge_ledger::{Clock, Store, StoreError};

use super::doubles::{
    self, CONFIG, CallError, Callback, Http, HttpRequest, HttpResponse, NativeMapper, Ports, Provider as _, Random,
    Reply, Request, Sink, get, json, operation, order_body, post, response, secrets, webhook,
};
use super::run::{ActorEnd, Fate, Inner, ModelRun, described, names};
use super::store::digest_of;

/// The configuration with only the site of these runs, since every actor of every run reads it.
fn of_one_site(configuration: &str) -> &str {
    configuration.split("[sites.de]").next().unwrap_or_default()
}

/// The ports of an actor. One without a number acts before or after all others, without interference.
pub struct ActorPorts<'a> {
    run: &'a ModelRun,
    number: Option<usize>,
    /// How far its clock is ahead, in milliseconds.
    ahead: i64,
}

fn no_answer() -> StoreError {
    StoreError::Unavailable("as planned".to_owned())
}

impl ActorPorts<'_> {
    /// Ends the actor if that is the fate of the operation.
    fn survive(&self, mut inner: std::sync::MutexGuard<'_, Inner>, fate: Fate) {
        match fate {
            Fate::Well | Fate::Lost | Fate::Late => {}
            Fate::Dies | Fate::TornAfter(_) | Fate::TornBefore(_) => {
                inner.dies(self.number);
                drop(inner);
                std::panic::resume_unwind(Box::new(ActorEnd));
            }
        }
    }

    fn ended<T>(&self, inner: std::sync::MutexGuard<'_, Inner>, fate: Fate, value: T) -> Result<T, StoreError> {
        self.survive(inner, fate);
        if fate == Fate::Well { Ok(value) } else { Err(no_answer()) }
    }

    /// A step of the actor besides the gateway's operations. Others may act before it, and the actor may die after it.
    fn step(&self, what: &str, is_mortal: bool, does: impl FnOnce(&mut Inner)) {
        let mut inner = self.run.point(self.number);
        does(&mut inner);
        inner.did(self.number, || what.to_owned());
        let fate = if is_mortal { inner.fate_of_step(self.number) } else { Fate::Well };
        self.survive(inner, fate);
    }
}

impl Store for ActorPorts<'_> {
    fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let mut inner = self.run.point(self.number);
        let values = inner.world.store.get_many(keys);
        let digest = inner.world.store.digest_of(keys);
        inner.saw(self.number, digest);
        inner.did(self.number, || format!("get {}", names(keys.iter())));
        Ok(values)
    }

    fn set_many(&self, writes: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        let mut inner = self.run.point(self.number);
        let fate = inner.fate(self.number, writes.len(), true);
        let written = match fate {
            Fate::Well | Fate::Dies | Fate::Lost => writes,
            Fate::Late => {
                inner.writes_late(writes);
                &[]
            }
            Fate::TornAfter(first) => &writes[..first],
            Fate::TornBefore(first) => &writes[first..],
        };
        inner.world.store.set_many(written);
        inner.world.notes.torn |= matches!(fate, Fate::TornAfter(_) | Fate::TornBefore(_));
        inner.saw(self.number, u64::from(fate == Fate::Well));
        let all = writes.iter().map(|(key, _)| key);
        inner.did(self.number, || match fate {
            Fate::Well => format!("set {}", names(all)),
            Fate::TornAfter(_) | Fate::TornBefore(_) => {
                format!("set only {} of {}", names(written.iter().map(|(key, _)| key)), names(all))
            }
            Fate::Dies | Fate::Lost | Fate::Late => format!("set {} ({fate:?})", names(all)),
        });
        self.ended(inner, fate, ())
    }

    fn delete_many(&self, keys: &[String]) -> Result<(), StoreError> {
        let mut inner = self.run.point(self.number);
        let fate = inner.fate(self.number, 1, false);
        inner.world.store.delete_many(keys);
        inner.saw(self.number, u64::from(fate == Fate::Well));
        inner.did(self.number, || format!("delete {} ({fate:?})", names(keys.iter())));
        self.ended(inner, fate, ())
    }

    fn increment(&self, key: &str, by: i64) -> Result<i64, StoreError> {
        let mut inner = self.run.point(self.number);
        let fate = if by == 0 { Fate::Well } else { inner.fate(self.number, 1, false) };
        let value = inner.world.store.increment(key, by);
        inner.saw(self.number, digest_of(&(value, fate == Fate::Well)));
        inner.did(self.number, || match by {
            0 => format!("count {key} = {value}"),
            _ => format!("draw {key} = {value} ({fate:?})"),
        });
        self.ended(inner, fate, value)
    }
}

impl Clock for ActorPorts<'_> {
    fn now(&self) -> Timestamp {
        let mut inner = self.run.clock_point(self.number);
        let now = inner.world.now + self.ahead;
        inner.saw(self.number, digest_of(&now));
        Timestamp::from_milliseconds(now).unwrap()
    }

    fn elapsed_milliseconds(&self) -> i64 {
        let mut inner = self.run.clock_point(self.number);
        let now = inner.world.now;
        inner.saw(self.number, digest_of(&now));
        now
    }
}

impl Http for ActorPorts<'_> {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, CallError> {
        // No peer here sends a `Date`: the guarantees hold without comparing clocks. A request for the time changes
        // nothing.
        if request.method == "HEAD" {
            return Ok(response(404, ""));
        }
        let mut inner = self.run.point(self.number);
        let fate = inner.fate(self.number, 1, true);
        let response = if fate == Fate::Late {
            inner.calls_late(request);
            Err(CallError::NoResponse("as planned".to_owned()))
        } else {
            inner.world.respond(request)
        };
        let response = if fate == Fate::Lost { Err(CallError::NoResponse("as planned".to_owned())) } else { response };
        let seen =
            response.as_ref().map(|response| (response.status, response.body.clone())).map_err(ToString::to_string);
        inner.saw(self.number, digest_of(&seen));
        inner.did(self.number, || {
            let status = response.as_ref().map_or(0, |response| response.status);
            format!("call {} -> {status} ({fate:?})", described(request))
        });
        self.survive(inner, fate);
        response
    }
}

impl Random for ActorPorts<'_> {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(u8::try_from(self.number.map_or(7, |number| number + 8)).unwrap());
    }
}

impl Sink for ActorPorts<'_> {
    fn line(&self, _line: &str) {}
}

/// An actor.
pub struct Actor<'a> {
    ports: &'a ActorPorts<'a>,
    gateway: Gateway<'a>,
}

/// A response, decoded.
#[derive(Debug)]
pub struct DecodedResponse {
    pub status: u16,
    pub text: String,
    pub json: Value,
}

/// Runs the script of the actor with this number, whose clock is this far ahead.
pub fn act<T>(run: &ModelRun, number: Option<usize>, ahead: i64, script: impl FnOnce(&Actor<'_>) -> T) -> T {
    let actor_ports = ActorPorts { run, number, ahead };
    let documents = doubles::DocumentMapperDouble::default();
    let ports = Ports {
        store_clock: None,
        store: &actor_ports,
        clock: &actor_ports,
        http: &actor_ports,
        provider: &doubles::NativeProvider,
        mapper: &NativeMapper,
        documents: &documents,
        random: &actor_ports,
        sink: &actor_ports,
    };
    script(&Actor {
        ports: &actor_ports,
        gateway: Gateway::new(ports, of_one_site(CONFIG), of_one_site(&secrets()), Origins::default()),
    })
}

impl Actor<'_> {
    /// Sends a request and does the deferred work. `noting` runs between the two, when the response is handed over.
    fn exchange(&self, request: Request, noting: impl FnOnce(&mut Inner, &DecodedResponse)) -> DecodedResponse {
        let is_mortal = request.method == "POST";
        let what = format!("{} {}", request.method, request.path);
        let Reply { response, deferred } = self.gateway.handle(request);
        let text = String::from_utf8(response.body).unwrap();
        let json = serde_json::from_str(&text).unwrap_or_default();
        let response = DecodedResponse { status: response.status, text, json };
        let code = response.json["code"].as_str().unwrap_or_default();
        let what = format!("is answered {} {code} to {what}", response.status);
        self.ports.step(&what, is_mortal, |inner| noting(inner, &response));
        self.gateway.finish(deferred);
        response
    }

    pub fn send(&self, request: Request) -> DecodedResponse {
        self.exchange(request, |_, _| {})
    }

    pub fn get(&self, path: &str) -> DecodedResponse {
        self.send(get(path))
    }

    pub fn sleep(&self, seconds: i64) {
        self.ports.step("has slept", false, |inner| inner.pass_time(seconds * 1000));
    }

    /// Changes the world in one step.
    pub fn change(&self, what: &str, does: impl FnOnce(&mut super::world::World)) {
        self.ports.step(what, false, |inner| does(&mut inner.world));
    }

    /// MaldoPay delivers this callback. Returns whether the response was OK.
    pub fn deliver(&self, callback: &Callback) -> bool {
        self.deliver_about(callback, &callback.reference)
    }

    /// As [`Actor::deliver`], for a callback about this payment.
    pub fn deliver_about(&self, callback: &Callback, payment: &str) -> bool {
        self.deliver_request(webhook(callback), payment)
    }

    /// MaldoPay delivers every callback again that was not answered OK.
    pub fn deliver_the_rest(&self) -> bool {
        let undelivered = self.ports.run.lock().world.notes.undelivered.clone();
        undelivered.iter().all(|delivery| {
            let (body, reference) = delivery.split_once('\n').unwrap();
            let mut request = doubles::request("POST", "/webhooks/maldopay/tr");
            request.headers.push(("content-type".to_owned(), "application/json".to_owned()));
            self.deliver_request(Request { body: Ok(body.as_bytes().to_vec()), ..request }, reference)
        })
    }

    fn deliver_request(&self, request: Request, reference: &str) -> bool {
        let body = request.body.clone().unwrap();
        let delivery = format!("{}\n{reference}", String::from_utf8(body.clone()).unwrap());
        self.ports.run.lock().world.notes.undelivered.insert(delivery.clone());
        let id = event_id(&request.headers, body);
        let response = self.exchange(request, |inner, response| {
            if response.text == "OK" {
                inner.world.notes.undelivered.remove(&delivery);
                inner.world.notes.acknowledged.insert((id, reference.to_owned()));
            }
        });
        response.text == "OK"
    }

    /// Charges the order.
    pub fn charge(&self, key: &str) -> DecodedResponse {
        self.command(json("/v1/payments", key, &order_body(doubles::ORDER)))
    }

    /// Refunds a payment.
    pub fn refund(&self, reference: &str, key: &str, amount: &str) -> DecodedResponse {
        self.ports.run.lock().world.notes.refunds_requested.insert(key.to_owned());
        self.command(operation(reference, "refunds", key, &value!({"amount": amount})))
    }

    fn command(&self, request: Request) -> DecodedResponse {
        self.exchange(request, |inner, response| {
            if let (200..300, Some(reference)) = (response.status, response.json["reference"].as_str()) {
                inner.world.notes.answered.insert(reference.to_owned());
            }
        })
    }

    pub fn drain(&self) -> DecodedResponse {
        self.send(post("/v1/drain", "", ""))
    }

    /// Stores a mapping document, which makes a journal entry without a payment.
    pub fn store_mapping(&self, text: &str) {
        let request = Request { method: "PUT".to_owned(), ..post("/v1/mappings/notes", "", text) };
        assert_eq!(self.send(request).status, 201);
    }

    /// MaldoPay's reference of the last operation of this kind.
    pub fn reference_of(&self, kind: &str) -> String {
        self.ports.run.lock().world.maldopay.reference_of(kind)
    }

    /// A person makes a decision.
    pub fn resolve(&self, reference: &str, decision: &Value) -> DecodedResponse {
        self.send(json(&format!("/v1/reviews/{reference}/resolve"), "", decision))
    }

    /// The reader of the feed reads what is new.
    pub fn follow(&self) {
        let after = self.ports.run.lock().world.notes.feed.as_ref().map_or(0, |(after, _)| *after);
        let (request, read) = (get(&format!("/v1/journal?after={after}&limit=500")), read_feed);
        self.exchange(request, |inner, response| {
            let (next, seen) = read(response);
            let feed = inner.world.notes.feed.get_or_insert_default();
            feed.0 = next.unwrap_or(after);
            feed.1.extend(seen);
        });
    }
}

/// The position after this page for a reader of the feed, and the entries on the page.
pub fn read_feed(response: &DecodedResponse) -> (Option<u64>, BTreeSet<u64>) {
    let entries = response.json["entries"].as_array().cloned().unwrap_or_default();
    let written = entries.iter().filter(|entry| entry["kind"].is_string());
    (response.json["next"].as_u64(), written.filter_map(|entry| entry["number"].as_u64()).collect())
}

/// The id of the event in a delivery.
fn event_id(headers: &[(String, String)], body: Vec<u8>) -> String {
    let headers = headers.iter().map(|(name, value)| Header { name: name.clone(), value: value.clone() }).collect();
    let config = Config::read(of_one_site(CONFIG), of_one_site(&secrets()), Origins::default()).unwrap();
    let delivery = Delivery { headers, body };
    doubles::NativeProvider.decode(&delivery, config.site("tr").unwrap(), 0).unwrap().id
}
