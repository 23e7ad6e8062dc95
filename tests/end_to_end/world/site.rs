//! One site: its two services, and a caller with the site's key.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use tollbridge_sandbox::{Callback, DeliveryResponse, MaldoPaySandbox, SalesforceSandbox, Sandbox, Transaction};

use super::{Call, Client, GatewayResponse, Order, SiteSettings, text};

/// Distinguishes orders and idempotency keys of all tests in this process.
static NEXT: AtomicU64 = AtomicU64::new(1);

fn next() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A site and its caller. Clones are the same site.
#[derive(Clone)]
pub struct SiteHandle {
    pub settings: &'static SiteSettings,
    pub maldopay: MaldoPaySandbox,
    pub salesforce: SalesforceSandbox,
    client: Client,
}

impl SiteHandle {
    pub fn new(settings: &'static SiteSettings, sandbox: &Sandbox, client: &Client) -> Self {
        Self {
            settings,
            maldopay: sandbox.maldopay.clone(),
            salesforce: sandbox.salesforce.clone(),
            client: client.clone(),
        }
    }

    /// A new Order in this site's Salesforce.
    pub fn seed_order(&self) -> Order {
        let number = format!("{:08}", next());
        let id = format!("801Hs00{number}IAA");
        let fields = Map::from_iter([("OrderNumber".to_owned(), json!(number)), ("Status".to_owned(), json!("Draft"))]);
        self.salesforce.seed("Order", &id, fields);
        let currency = if self.settings.name == "tr" { "TRY" } else { "EUR" };
        Order { site: self.settings.name, id, number, currency }
    }

    /// A request with the site's key.
    pub fn call(&self, method: &str, path: &str) -> Call {
        self.client.call(method, path).with("authorization", format!("Bearer {}", self.settings.api_key))
    }

    /// A command with a new idempotency key.
    pub fn command(&self, path: &str, body: &Value) -> Call {
        self.call("POST", path).key(&format!("key-{}", next())).json(body)
    }

    /// A request to open a payment.
    pub fn open(&self, body: &Value) -> Call {
        self.command("/v1/payments", body)
    }

    /// Charges through the checkout page: the payer decides later.
    pub async fn charge(&self, order: &Order, amount: &str) -> anyhow::Result<GatewayResponse> {
        self.open(&order.body("charge", amount, "checkout")).send().await
    }

    /// Charges with a method that completes at once, and returns the captured payment.
    pub async fn captured(&self, order: &Order, amount: &str) -> anyhow::Result<Value> {
        let payment = self.open(&order.body("charge", amount, "credit")).send().await?.expect(201);
        anyhow::ensure!(payment["status"] == "captured", "not captured: {payment:#}");
        Ok(payment)
    }

    /// Authorizes with a method that completes at once.
    pub async fn authorize(&self, order: &Order, amount: &str) -> anyhow::Result<GatewayResponse> {
        self.open(&order.body("authorize", amount, "credit")).send().await
    }

    pub async fn payout(&self, order: &Order, amount: &str) -> anyhow::Result<GatewayResponse> {
        let method = if self.settings.name == "tr" { "pix_withdraw" } else { "bank_withdraw" };
        self.open(&order.body("payout", amount, method)).send().await
    }

    /// Captures this amount, or everything that is left.
    pub async fn capture(&self, payment: &Value, amount: Option<&str>) -> anyhow::Result<GatewayResponse> {
        self.operation(payment, "captures", amount).send().await
    }

    /// Refunds this amount, or everything that is left.
    pub async fn refund(&self, payment: &Value, amount: Option<&str>) -> anyhow::Result<GatewayResponse> {
        self.operation(payment, "refunds", amount).send().await
    }

    pub async fn void(&self, payment: &Value) -> anyhow::Result<GatewayResponse> {
        self.operation(payment, "voids", None).send().await
    }

    /// A request for an operation on a payment.
    pub fn operation(&self, payment: &Value, operation: &str, amount: Option<&str>) -> Call {
        let body = amount.map_or_else(|| json!({}), |amount| json!({"amount": amount}));
        self.command(&format!("/v1/payments/{}/{operation}", text(payment, "reference")), &body)
    }

    /// The payment as the gateway shows it now.
    pub async fn get(&self, payment: &Value) -> anyhow::Result<Value> {
        let path = format!("/v1/payments/{}", text(payment, "reference"));
        Ok(self.call("GET", &path).send().await?.expect(200))
    }

    /// The payment's audited history.
    pub async fn events(&self, payment: &Value) -> anyhow::Result<Value> {
        let path = format!("/v1/payments/{}/events", text(payment, "reference"));
        Ok(self.call("GET", &path).send().await?.expect(200))
    }

    pub async fn drain(&self) -> anyhow::Result<Value> {
        Ok(self.call("POST", "/v1/drain").send().await?.expect(200))
    }

    /// MaldoPay's transaction that opened the payment.
    pub fn transaction(&self, payment: &Value) -> anyhow::Result<Transaction> {
        let reference = text(payment, "reference");
        self.maldopay.find(reference).with_context(|| format!("MaldoPay has no transaction of {reference}"))
    }

    /// The payer pays, and the gateway accepts the callback.
    pub async fn payer_confirms(&self, payment: &Value) -> anyhow::Result<()> {
        let transaction = self.transaction(payment)?;
        assert_acknowledged(&self.maldopay.payer_confirms(transaction.id).await?);
        Ok(())
    }

    /// A callback that confirms the payment at a fixed time. It is not sent yet.
    pub fn confirmation(&self, payment: &Value) -> anyhow::Result<Callback> {
        let transaction = self.transaction(payment)?;
        Ok(Callback::for_transaction(&transaction, "CONFIRMED").date("2026-11-20 10:15:30"))
    }

    /// The Order as Salesforce has it.
    pub fn order_record(&self, order: &Order) -> Value {
        self.salesforce.record("Order", &order.id).map_or(Value::Null, Value::Object)
    }

    /// The payment's record in Salesforce.
    pub fn payment_record(&self, payment: &Value) -> Value {
        let reference = text(payment, "reference");
        self.salesforce.find("MaldoPay_Payment__c", "Reference__c", reference).map_or(Value::Null, Value::Object)
    }

    /// The kinds of the payment's events in Salesforce, sorted, because a callback may overtake a response.
    pub fn event_kinds(&self, payment: &Value) -> Vec<String> {
        let id = self.payment_record(payment)["Id"].clone();
        let events = self.salesforce.records("MaldoPay_Event__c").into_iter();
        let of_payment = events.filter(|event| event.get("MaldoPay_Payment__c") == Some(&id));
        let mut kinds: Vec<String> =
            of_payment.map(|event| event["Kind__c"].as_str().unwrap_or_default().to_owned()).collect();
        kinds.sort();
        kinds
    }

    /// How often the gateway signed in to Salesforce.
    pub fn sign_ins(&self) -> usize {
        self.salesforce.calls().iter().filter(|call| call.path == "/services/oauth2/token").count()
    }
}

/// Asserts that the gateway acknowledged a callback.
#[track_caller]
pub fn assert_acknowledged(delivered: &DeliveryResponse) {
    assert!(delivered.is_accepted(), "the callback got {} {:?}", delivered.status, delivered.body);
}
