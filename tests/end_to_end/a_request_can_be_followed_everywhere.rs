//! One correlation id ties together a request, its log lines, what was asked of MaldoPay and Salesforce, and the record.

use serde_json::{Value, json};

use crate::world::{World, shows};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_id_travels_along() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let call = world.tr.open(&order.body("charge", "149.90", "checkout"));
    let reply = call.with("x-correlation-id", "case-17.a:b_C").with("traceparent", TRACE).send().await?;
    let payment = reply.expect(201);
    assert_eq!(reply.header("x-correlation-id"), Some("case-17.a:b_C"));
    shows(&payment, json!({"correlationId": "case-17.a:b_C"}));
    world.settled().await?;

    let asked = &world.tr.maldopay.calls()[0].headers;
    assert_eq!(asked.get("x-correlation-id").map(String::as_str), Some("case-17.a:b_C"));
    assert_eq!(asked.get("traceparent").map(String::as_str), Some(TRACE));
    let told = world.tr.salesforce.calls().pop().unwrap().headers;
    assert_eq!(told.get("x-correlation-id").map(String::as_str), Some("case-17.a:b_C"));
    assert_eq!(told.get("traceparent").map(String::as_str), Some(TRACE));
    shows(&world.tr.payment_record(&payment), json!({"Correlation_Id__c": "case-17.a:b_C"}));
    let log = world.log.text();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let about = lines.iter().filter(|line| line["correlationId"] == "case-17.a:b_C").count();
    assert!(about >= 3, "the request, the call to MaldoPay and the one to Salesforce are in {log}");

    world.tr.payer_confirms(&payment).await?;
    world.settled().await?;
    shows(&world.tr.payment_record(&payment), json!({"Correlation_Id__c": "case-17.a:b_C", "Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_made_where_none_can_be_used() -> anyhow::Result<()> {
    let world = World::start().await?;
    let mut made = Vec::new();
    let long = "x".repeat(65);
    for given in ["", "two words", "<script>", "é", long.as_str()] {
        let reply = world.tr.call("GET", "/v1/journal").with("x-correlation-id", given).send().await?;
        reply.expect(200);
        made.push(reply.header("x-correlation-id").unwrap().to_owned());
    }
    let none = world.tr.call("GET", "/v1/payments/none").send().await?;
    none.problem(404, "payment_not_found");
    made.push(none.header("x-correlation-id").unwrap().to_owned());
    let log = world.log.text();
    for id in &made {
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id:?} in {made:?}");
        assert_eq!(log.matches(id.as_str()).count(), 1, "one line about {id} in {log}");
    }
    let count = made.len();
    made.sort();
    made.dedup();
    assert_eq!(made.len(), count, "no id was made twice");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_that_is_none_is_not_passed_on() -> anyhow::Result<()> {
    let world = World::start().await?;
    let body = world.tr.seed_order().body("charge", "149.90", "checkout");
    world.tr.open(&body).with("traceparent", "00-what-ever-01").send().await?.expect(201);
    let asked = &world.tr.maldopay.calls()[0].headers;
    assert_eq!(asked.get("traceparent"), None);
    assert_eq!(asked.get("x-correlation-id").map(String::len), Some(32));
    world.stop().await
}
