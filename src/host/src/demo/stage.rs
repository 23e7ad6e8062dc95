//! What every step needs: sending, telling what was answered, and looking at Salesforce.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tollbridge_runtime::Runtime;
use tollbridge_sandbox::{Delivered, Sandbox, Transaction};

use super::client::{Gateway, Reply};
use super::narrator::{Narrator, Tally};
use super::shown::Shown;
use crate::order::Order;

/// How long a fact may take to show in Salesforce. It is a matter of milliseconds; this is for a machine under load.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the story is told, with everybody in it.
pub struct Stage<'a> {
    /// MaldoPay and Salesforce.
    pub sandbox: &'a Sandbox,
    /// What serves the application.
    pub runtime: &'a Runtime,
    /// The application.
    pub gateway: Gateway,
    narrator: Narrator,
}

/// A step could not be carried out, so that those that build on it make no sense.
#[derive(Debug)]
pub struct BrokenOff;

impl<'a> Stage<'a> {
    /// Everybody in place.
    pub fn new(sandbox: &'a Sandbox, runtime: &'a Runtime, gateway: Gateway, narrator: Narrator) -> Self {
        Self { sandbox, runtime, gateway, narrator }
    }

    /// What came true so far.
    pub fn tally(&self) -> Tally {
        self.narrator.tally()
    }

    /// One step of the story.
    pub async fn step<T>(
        &mut self,
        title: &str,
        act: impl AsyncFnOnce(&mut Self) -> anyhow::Result<T>,
    ) -> Result<T, BrokenOff> {
        self.narrator.begin(title);
        match act(self).await {
            Ok(value) => {
                self.narrator.end(Ok(()));
                Ok(value)
            }
            Err(error) => {
                self.narrator.end(Err(error.context("what builds on this step is not told")));
                Err(BrokenOff)
            }
        }
    }

    /// Salesforce posts.
    pub async fn post(&mut self, path: &str, key: Option<&str>, body: &str) -> anyhow::Result<Reply> {
        self.narrator.sent(&format!("Salesforce: POST {path}"), body);
        let reply = self.gateway.post(path, key, body).await?;
        self.narrator.answered(reply.status, &reply.summary());
        Ok(reply)
    }

    /// An auditor asks; `summary` says what of the answer is to be told.
    pub async fn audit(&mut self, path: &str, summary: impl Fn(&Value) -> String) -> anyhow::Result<Reply> {
        self.narrator.sent(&format!("Auditor: GET {path}"), "");
        let reply = self.gateway.get(path).await?;
        self.narrator.answered(reply.status, &summary(&reply.body));
        Ok(reply)
    }

    /// Cron calls the drain, which takes up what failed once at its next call; gives how many payments it took up.
    pub async fn drain(&mut self) -> anyhow::Result<u64> {
        self.narrator.sent("cron: POST /v1/drain", "");
        let reply = self.gateway.post("/v1/drain", None, "").await?;
        ensure!(reply.status == 200, "the drain answered {} {}", reply.status, reply.text);
        self.narrator.answered(reply.status, &reply.text);
        reply.body.get("taken").and_then(Value::as_u64).context("the drain did not say what it took up")
    }

    /// Tells what the payer did, and what MaldoPay's page answered.
    pub fn payer_pressed(&mut self, path: &str, status: u16) {
        self.narrator.sent(&format!("Payer: POST {path}"), "");
        self.narrator.answered(status, "back to MaldoPay's page");
    }

    /// Tells what MaldoPay sent about a transaction, and holds it to the only answer that has it sent no more.
    pub fn maldopay_told(&mut self, transaction: &Transaction, delivered: &Delivered) {
        let Transaction { id, kind, reference, amount, .. } = transaction;
        let currency = amount.currency();
        let body = format!("{kind} {id} CONFIRMED, {amount} {currency}, {reference}");
        self.narrator.sent("MaldoPay: POST /webhooks/maldopay/tr", &body);
        self.narrator.answered(delivered.status, &delivered.body);
        self.narrator.check(
            "MaldoPay is answered 200 OK",
            "200 OK",
            format!("{} {}", delivered.status, delivered.body),
        );
    }

    /// Holds what should be against what is.
    pub fn check(&mut self, what: &str, expected: impl std::fmt::Display, got: impl std::fmt::Display) {
        self.narrator.check(what, expected, got);
    }

    /// Holds an answer against what it should be: a payment in this state.
    pub fn check_payment(&mut self, reply: &Reply, status: &str) {
        let got = format!("{} {}", reply.status, reply.text_of("status"));
        self.check(&format!("the answer is 201 with a payment that is {status}"), format!("201 {status}"), got);
    }

    /// Waits until Salesforce shows this on the Order.
    pub async fn order_shows(&mut self, order: &Order, expected: Shown) {
        let salesforce = &self.sandbox.salesforce;
        let come_true = salesforce.wait_until(|books| Shown::on(books, &order.id).as_ref() == Some(&expected));
        // Whether it has is seen below, and in fewer words than the error's.
        let _ = tokio::time::timeout(PATIENCE, come_true).await;
        self.order_shows_now(order, expected);
    }

    /// Holds what Salesforce shows on the Order at this moment against what it should.
    pub fn order_shows_now(&mut self, order: &Order, expected: Shown) {
        let record = self.sandbox.salesforce.record("Order", &order.id).unwrap_or_default();
        let shown = Shown::of(&record);
        self.narrator.shows(&format!("Salesforce, Order {}: {shown}", order.number));
        self.check("Salesforce shows what happened", expected, shown);
    }

    /// How often MaldoPay was asked about this payment, its later operations included.
    pub fn maldopay_calls(&self, reference: &str) -> usize {
        self.sandbox.maldopay.calls().iter().filter(|call| call.reference.starts_with(reference)).count()
    }
}
