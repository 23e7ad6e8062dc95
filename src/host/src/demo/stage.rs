//! What every step needs: sending requests, showing answers, and checking Salesforce.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tollbridge_runtime::Runtime;
use tollbridge_sandbox::{DeliveryResponse, Sandbox, Transaction};

use super::client::{GatewayClient, GatewayResponse};
use super::narrator::{Narrator, Tally};
use super::shown::OrderSummary;
use crate::order::Order;

/// How long a change may take to appear in Salesforce. Usually it takes milliseconds; the limit is for a loaded
/// machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// The services of the story and its narrator.
pub struct Stage<'a> {
    /// MaldoPay and Salesforce.
    pub sandbox: &'a Sandbox,
    /// The runtime that serves the application.
    pub runtime: &'a Runtime,
    /// The client of the application.
    pub gateway: GatewayClient,
    narrator: Narrator,
}

/// A step failed, so the steps that build on it are skipped.
#[derive(Debug)]
pub struct StepFailure;

impl<'a> Stage<'a> {
    /// Sets the stage.
    pub fn new(sandbox: &'a Sandbox, runtime: &'a Runtime, gateway: GatewayClient, narrator: Narrator) -> Self {
        Self { sandbox, runtime, gateway, narrator }
    }

    /// The counts so far.
    pub fn tally(&self) -> Tally {
        self.narrator.tally()
    }

    /// Runs one step of the story.
    pub async fn step<T>(
        &mut self,
        title: &str,
        act: impl AsyncFnOnce(&mut Self) -> anyhow::Result<T>,
    ) -> Result<T, StepFailure> {
        self.narrator.begin(title);
        match act(self).await {
            Ok(value) => {
                self.narrator.end(Ok(()));
                Ok(value)
            }
            Err(error) => {
                self.narrator.end(Err(error.context("the steps that build on this one are skipped")));
                Err(StepFailure)
            }
        }
    }

    /// Sends a `POST` as Salesforce.
    pub async fn post(&mut self, path: &str, key: Option<&str>, body: &str) -> anyhow::Result<GatewayResponse> {
        self.narrator.sent(&format!("Salesforce: POST {path}"), body);
        let reply = self.gateway.post(path, key, body).await?;
        self.narrator.answered(reply.status, &reply.summary());
        Ok(reply)
    }

    /// Sends a `GET` as an auditor; `summary` extracts what to show.
    pub async fn audit(&mut self, path: &str, summary: impl Fn(&Value) -> String) -> anyhow::Result<GatewayResponse> {
        self.narrator.sent(&format!("Auditor: GET {path}"), "");
        let reply = self.gateway.get(path).await?;
        self.narrator.answered(reply.status, &summary(&reply.body));
        Ok(reply)
    }

    /// Calls the drain as cron does, and returns the number of payments that it processed.
    pub async fn drain(&mut self) -> anyhow::Result<u64> {
        self.narrator.sent("cron: POST /v1/drain", "");
        let reply = self.gateway.post("/v1/drain", None, "").await?;
        ensure!(reply.status == 200, "the drain answered {} {}", reply.status, reply.text);
        self.narrator.answered(reply.status, &reply.text);
        reply.body.get("taken").and_then(Value::as_u64).context("the drain did not say how many payments it processed")
    }

    /// Shows which button the payer pressed, and the page's answer.
    pub fn payer_pressed(&mut self, path: &str, status: u16) {
        self.narrator.sent(&format!("Payer: POST {path}"), "");
        self.narrator.answered(status, "back to MaldoPay's page");
    }

    /// Shows MaldoPay's callback about a transaction, and checks that the gateway accepted it.
    pub fn maldopay_sent(&mut self, transaction: &Transaction, delivered: &DeliveryResponse) {
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

    /// Compares the expected with the actual value.
    pub fn check(&mut self, what: &str, expected: impl std::fmt::Display, got: impl std::fmt::Display) {
        self.narrator.check(what, expected, got);
    }

    /// Checks that an answer contains a payment in this state.
    pub fn check_payment(&mut self, reply: &GatewayResponse, status: &str) {
        let got = format!("{} {}", reply.status, reply.text_of("status"));
        self.check(&format!("the answer is 201 with a payment that is {status}"), format!("201 {status}"), got);
    }

    /// Waits until Salesforce shows this on the Order.
    pub async fn order_shows(&mut self, order: &Order, expected: OrderSummary) {
        let salesforce = &self.sandbox.salesforce;
        let shown = salesforce.wait_until(|books| OrderSummary::on(books, &order.id).as_ref() == Some(&expected));
        // The check below reports a timeout, in fewer words than this error.
        let _ = tokio::time::timeout(PATIENCE, shown).await;
        self.order_shows_now(order, expected);
    }

    /// Checks what Salesforce shows on the Order now.
    pub fn order_shows_now(&mut self, order: &Order, expected: OrderSummary) {
        let record = self.sandbox.salesforce.record("Order", &order.id).unwrap_or_default();
        let shown = OrderSummary::of(&record);
        self.narrator.shows(&format!("Salesforce, Order {}: {shown}", order.number));
        self.check("Salesforce shows what happened", expected, shown);
    }

    /// The number of requests to MaldoPay about this payment, including its later operations.
    pub fn maldopay_calls(&self, reference: &str) -> usize {
        self.sandbox.maldopay.calls().iter().filter(|call| call.reference.starts_with(reference)).count()
    }
}
