//! One correlation id connects a request, its log entries, the calls to MaldoPay and Salesforce, and the record.

use serde_json::{Value, json};

use crate::world::{World, shows};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_id_is_passed_on() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let call = world.tr.open(&order.body("charge", "149.90", "checkout"));
    let reply = call.with("x-correlation-id", "case-17.a:b_C").with("traceparent", TRACE).send().await?;
    let payment = reply.expect(201);
    assert_eq!(reply.header("x-correlation-id"), Some("case-17.a:b_C"));
    shows(&payment, json!({"correlationId": "case-17.a:b_C"}));
    world.idle().await?;

    let to_maldopay = &world.tr.maldopay.calls()[0].headers;
    assert_eq!(to_maldopay.get("x-correlation-id").map(String::as_str), Some("case-17.a:b_C"));
    assert_eq!(to_maldopay.get("traceparent").map(String::as_str), Some(TRACE));
    let to_salesforce = world.tr.salesforce.calls().pop().unwrap().headers;
    assert_eq!(to_salesforce.get("x-correlation-id").map(String::as_str), Some("case-17.a:b_C"));
    assert_eq!(to_salesforce.get("traceparent").map(String::as_str), Some(TRACE));
    shows(&world.tr.payment_record(&payment), json!({"Correlation_Id__c": "case-17.a:b_C"}));
    let log = world.log.text();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let about = lines.iter().filter(|line| line["correlationId"] == "case-17.a:b_C").count();
    assert!(about >= 3, "the request, the call to MaldoPay and the one to Salesforce are in {log}");

    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    shows(&world.tr.payment_record(&payment), json!({"Correlation_Id__c": "case-17.a:b_C", "Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_generated_where_the_callers_is_missing_or_invalid() -> anyhow::Result<()> {
    let world = World::start().await?;
    let mut generated = Vec::new();
    let long = "x".repeat(65);
    for given in ["", "two words", "<script>", "é", long.as_str()] {
        let reply = world.tr.call("GET", "/v1/journal").with("x-correlation-id", given).send().await?;
        reply.expect(200);
        generated.push(reply.header("x-correlation-id").unwrap().to_owned());
    }
    let none = world.tr.call("GET", "/v1/payments/none").send().await?;
    none.problem(404, "payment_not_found");
    generated.push(none.header("x-correlation-id").unwrap().to_owned());
    let log = world.log.text();
    for id in &generated {
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id:?} in {generated:?}");
        assert_eq!(log.matches(id.as_str()).count(), 1, "{id} is in one log entry of {log}");
    }
    let count = generated.len();
    generated.sort();
    generated.dedup();
    assert_eq!(generated.len(), count, "no id was generated twice");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_trace_is_not_passed_on() -> anyhow::Result<()> {
    let world = World::start().await?;
    let body = world.tr.seed_order().body("charge", "149.90", "checkout");
    world.tr.open(&body).with("traceparent", "00-what-ever-01").send().await?.expect(201);
    let to_maldopay = &world.tr.maldopay.calls()[0].headers;
    assert_eq!(to_maldopay.get("traceparent"), None);
    assert_eq!(to_maldopay.get("x-correlation-id").map(String::len), Some(32));
    world.stop().await
}
