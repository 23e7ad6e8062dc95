//! The story of four Orders.

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use serde_json::Value;
use tollbridge_sandbox::{Callback, SalesforceFault, Transaction};

use super::shown::OrderSummary;
use super::stage::{Stage, StepFailure};
use crate::order::Order;

/// Runs the whole story. A chapter that fails does not stop the others.
pub async fn tell(stage: &mut Stage<'_>) {
    // Each chapter reports its own result.
    let first = charged_and_refunded(stage).await;
    let _ = authorized_and_captured(stage).await;
    let _ = declined_and_charged_back(stage).await;
    let _ = salesforce_down(stage).await;
    if let Ok(reference) = first {
        let _ = audited(stage, &reference).await;
    }
}

/// A charge with every kind of repetition, and its refunds. Returns the payment's reference.
async fn charged_and_refunded(stage: &mut Stage<'_>) -> Result<String, StepFailure> {
    let order = Order::nth(1);
    order.seed(&stage.sandbox.salesforce, "149.90");
    let request = order.payment("charge", "149.90", "checkout");

    let charged = stage
        .step("Salesforce has Order 00000123 charged: 149.90 TRY on MaldoPay's checkout page", async |stage| {
            let reply = stage.post("/v1/payments", Some("charge-123"), &request).await?;
            stage.check_payment(&reply, "pending");
            stage.check("the payer gets a page to pay on", true, reply.text_of("redirectUrl").starts_with("http"));
            stage.order_shows(&order, OrderSummary::new("pending", "0.00", "0.00")).await;
            ensure!(!reply.text_of("reference").is_empty(), "without a reference the story cannot go on");
            Ok(reply)
        })
        .await?;
    let reference = charged.text_of("reference");

    stage
        .step("The answer was lost on its way, and Salesforce sends the same request again", async |stage| {
            let again = stage.post("/v1/payments", Some("charge-123"), &request).await?;
            stage.check(
                "the answer is the same",
                format!("201 {}", charged.text),
                format!("{} {}", again.status, again.text),
            );
            stage.check("it is marked as a repetition", true, again.replayed);
            stage.check("MaldoPay got one request", 1, stage.maldopay_calls(&reference));
            Ok(())
        })
        .await?;

    stage
        .step("The payer pays on MaldoPay's page, and MaldoPay calls back", async |stage| {
            let (path, answer) = stage.gateway.payer_presses(&charged.text_of("redirectUrl"), "pay").await?;
            stage.payer_pressed(&path, answer.status);
            stage.order_shows(&order, OrderSummary::new("captured", "149.90", "0.00")).await;
            Ok(())
        })
        .await?;

    stage
        .step("MaldoPay sends the same callback again", async |stage| {
            // The deferred work of the first callback must end before the counts are taken.
            stage.runtime.idle().await;
            let before = everything(stage);
            let counters = stage.runtime.counters();
            let paid = transaction(stage, &reference)?;
            let callback = Callback::for_transaction(&paid, "CONFIRMED").date(&callback_time(stage, &paid)?);
            let delivered = stage.sandbox.maldopay.callback(callback).await?;
            stage.maldopay_sent(&paid, &delivered);
            stage.runtime.idle().await;
            stage.order_shows_now(&order, OrderSummary::new("captured", "149.90", "0.00"));
            stage.check("nothing was written to Salesforce", before, everything(stage));
            let done = stage.runtime.counters() - counters;
            stage.check("nothing was written to the ledger", 0, done.store_writes);
            Ok(())
        })
        .await?;

    let refunds = format!("/v1/payments/{reference}/refunds");
    stage
        .step("Salesforce has 49.90 TRY of it refunded", async |stage| {
            let reply = stage.post(&refunds, Some("refund-123-a"), r#"{"amount":"49.90"}"#).await?;
            stage.check_payment(&reply, "partially_refunded");
            stage.order_shows(&order, OrderSummary::new("partially_refunded", "149.90", "49.90")).await;
            Ok(())
        })
        .await?;

    stage
        .step("Salesforce has the rest refunded", async |stage| {
            let reply = stage.post(&refunds, Some("refund-123-b"), "{}").await?;
            stage.check_payment(&reply, "refunded");
            stage.order_shows(&order, OrderSummary::new("refunded", "149.90", "149.90")).await;
            Ok(())
        })
        .await?;

    stage
        .step("Salesforce requests another refund", async |stage| {
            let asked = stage.maldopay_calls(&reference);
            let reply = stage.post(&refunds, Some("refund-123-c"), "{}").await?;
            stage.check("it is refused with 422", 422, reply.status);
            stage.check("MaldoPay got no request", asked, stage.maldopay_calls(&reference));
            stage.runtime.idle().await;
            stage.order_shows_now(&order, OrderSummary::new("refunded", "149.90", "149.90"));
            Ok(())
        })
        .await?;
    Ok(reference)
}

/// A payment that is authorized first and captured in two parts.
async fn authorized_and_captured(stage: &mut Stage<'_>) -> Result<(), StepFailure> {
    let order = Order::nth(2);
    order.seed(&stage.sandbox.salesforce, "250.00");

    let reference = stage
        .step("Salesforce has 250.00 TRY authorized for Order 00000124", async |stage| {
            let request = order.payment("authorize", "250.00", "credit");
            let reply = stage.post("/v1/payments", Some("authorize-124"), &request).await?;
            stage.check_payment(&reply, "authorized");
            stage.order_shows(&order, OrderSummary::new("authorized", "0.00", "0.00")).await;
            reference_of(&reply)
        })
        .await?;

    let captures = format!("/v1/payments/{reference}/captures");
    stage
        .step("A part is shipped: 100.00 TRY are captured", async |stage| {
            let reply = stage.post(&captures, Some("capture-124-a"), r#"{"amount":"100.00"}"#).await?;
            stage.check_payment(&reply, "partially_captured");
            stage.order_shows(&order, OrderSummary::new("partially_captured", "100.00", "0.00")).await;
            Ok(())
        })
        .await?;

    stage
        .step("The rest is shipped: the rest is captured", async |stage| {
            let reply = stage.post(&captures, Some("capture-124-b"), "{}").await?;
            stage.check_payment(&reply, "captured");
            stage.order_shows(&order, OrderSummary::new("captured", "250.00", "0.00")).await;
            Ok(())
        })
        .await
}

/// An attempt that fails, one that succeeds, and a chargeback.
async fn declined_and_charged_back(stage: &mut Stage<'_>) -> Result<(), StepFailure> {
    let order = Order::nth(3);
    order.seed(&stage.sandbox.salesforce, "80.01");

    stage
        .step("Order 00000125 is charged, and MaldoPay declines", async |stage| {
            // The sandbox declines amounts that end in .01.
            let request = order.payment("charge", "80.01", "credit");
            let reply = stage.post("/v1/payments", Some("charge-125-a"), &request).await?;
            stage.check_payment(&reply, "failed");
            stage.check("it is the first attempt", 1, reply.text_of("attempt"));
            stage.order_shows(&order, OrderSummary::new("failed", "0.00", "0.00")).await;
            Ok(())
        })
        .await?;

    let reference = stage
        .step("The next attempt for the same Order succeeds", async |stage| {
            let request = order.payment("charge", "80.00", "credit");
            let reply = stage.post("/v1/payments", Some("charge-125-b"), &request).await?;
            stage.check_payment(&reply, "captured");
            stage.check("it is the second attempt", 2, reply.text_of("attempt"));
            stage.order_shows(&order, OrderSummary::new("captured", "80.00", "0.00")).await;
            reference_of(&reply)
        })
        .await?;

    stage
        .step("Weeks later the payer's bank takes the money back", async |stage| {
            let paid = transaction(stage, &reference)?;
            let delivered = stage.sandbox.maldopay.charge_back(paid.id, None).await?;
            let chargeback = stage.sandbox.maldopay.transactions().pop().context("MaldoPay's books are empty")?;
            stage.maldopay_sent(&chargeback, &delivered);
            stage.order_shows(&order, OrderSummary::new("charged_back", "80.00", "0.00").needing_review()).await;
            Ok(())
        })
        .await
}

/// A callback that arrives while Salesforce is down.
async fn salesforce_down(stage: &mut Stage<'_>) -> Result<(), StepFailure> {
    let order = Order::nth(4);
    order.seed(&stage.sandbox.salesforce, "60.00");
    let salesforce = &stage.sandbox.salesforce;

    let reference = stage
        .step("Order 00000126 is charged, and waits for its payer", async |stage| {
            let request = order.payment("charge", "60.00", "checkout");
            let reply = stage.post("/v1/payments", Some("charge-126"), &request).await?;
            stage.check_payment(&reply, "pending");
            stage.order_shows(&order, OrderSummary::new("pending", "0.00", "0.00")).await;
            reference_of(&reply)
        })
        .await?;

    stage
        .step("Salesforce goes down, and just then the payer pays", async |stage| {
            stage.runtime.idle().await;
            salesforce.fail_all(Some(SalesforceFault::Status503Html));
            let asked = transaction(stage, &reference)?;
            let delivered = stage.sandbox.maldopay.payer_confirms(asked.id).await?;
            stage.maldopay_sent(&asked, &delivered);
            stage.runtime.idle().await;
            let refused = salesforce.calls().iter().filter(|call| call.status == Some(503)).count();
            stage.check("Salesforce was tried, and answered 503", true, refused > 0);
            stage.order_shows_now(&order, OrderSummary::new("pending", "0.00", "0.00"));
            Ok(())
        })
        .await?;

    stage
        .step("Salesforce is back, and cron's call of the drain syncs the pending payment", async |stage| {
            salesforce.fail_all(None);
            let processed = stage.drain().await?;
            stage.check("one payment was processed", 1, processed);
            stage.order_shows(&order, OrderSummary::new("captured", "60.00", "0.00")).await;
            Ok(())
        })
        .await
}

/// The history of the first payment, with the ledger's verdict on it.
async fn audited(stage: &mut Stage<'_>, reference: &str) -> Result<(), StepFailure> {
    stage
        .step("An auditor reads the first payment's history", async |stage| {
            let count = |body: &Value| body.get("events").and_then(Value::as_array).map_or(0, Vec::len);
            let audit = |body: &Value| body.get("audit").cloned().unwrap_or_default();
            let path = format!("/v1/payments/{reference}/events");
            let reply =
                stage.audit(&path, |body| format!("{} events, with the verdict {}", count(body), audit(body))).await?;
            // The request, the callback and two refunds at least.
            stage.check("the whole history is there", true, count(&reply.body) >= 4);
            let intact = audit(&reply.body).get("intact").cloned().unwrap_or_default();
            stage.check("nothing in it was changed or removed", true, intact);
            Ok(())
        })
        .await
}

fn reference_of(reply: &super::client::GatewayResponse) -> anyhow::Result<String> {
    let reference = reply.text_of("reference");
    ensure!(!reference.is_empty(), "without a reference this Order's story cannot go on");
    Ok(reference)
}

/// The first transaction of a payment in MaldoPay's books.
fn transaction(stage: &Stage<'_>, reference: &str) -> anyhow::Result<Transaction> {
    stage.sandbox.maldopay.find(reference).with_context(|| format!("MaldoPay knows no {reference}"))
}

/// All of Salesforce's records and the number of writes, as one text to compare.
fn everything(stage: &Stage<'_>) -> String {
    let salesforce = &stage.sandbox.salesforce;
    let records = ["Order", "MaldoPay_Payment__c", "MaldoPay_Event__c"].map(|object| salesforce.records(object));
    let records = Value::from_iter(records.into_iter().flatten().map(Value::Object));
    format!("{} writes; {records}", salesforce.write_calls())
}

/// The time in the callback about this payment's success. With it, the demo can send an identical callback.
fn callback_time(stage: &Stage<'_>, paid: &Transaction) -> anyhow::Result<String> {
    let events = stage.sandbox.salesforce.records("MaldoPay_Event__c");
    let id = paid.id.to_string();
    let field = |event: &tollbridge_sandbox::SalesforceRecord, name: &str| {
        event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let captured = events
        .iter()
        .find(|event| field(event, "Provider_Reference__c") == id && field(event, "Kind__c") == "captured")
        .context("Salesforce has no event that says it is captured")?;
    let time: Timestamp = field(captured, "Occurred_At__c").parse()?;
    Ok(time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
