//! Under `values-pipe` MaldoPay signs the values and not the field names. A sender that has one genuine callback can
//! repeat it under other names. That moves no money that MaldoPay did not move, and what exceeds the requested amount
//! is refunded only after a person looked at it.

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tollbridge_sandbox::{CallbackEncoding, Signature, signed_callback};

use crate::world::{GatewayResponse, Setup, TR, World, shows, text};

type JsonFields = Vec<(String, Box<RawValue>)>;

/// The fields of MaldoPay's callback for a payment of 3.00.
fn genuine(payment: &Value) -> anyhow::Result<JsonFields> {
    let fields = [
        ("result", "\"CONFIRMED\"".to_owned()),
        ("type", "\"DEPOSIT\"".to_owned()),
        ("codeId", "200".to_owned()),
        ("serviceId", "\"2031\"".to_owned()),
        ("dateUpdated", "\"2026-11-20 10:15:30\"".to_owned()),
        ("referenceOrderId", format!("{:?}", text(payment, "reference"))),
        ("maldoTransactionId", text(payment, "transactionId").to_owned()),
        ("amount", "3.00".to_owned()),
        ("currencyCode", "\"TRY\"".to_owned()),
    ];
    fields.into_iter().map(|(name, json)| Ok((name.to_owned(), RawValue::from_string(json)?))).collect()
}

/// The same values and their signature under other names.
fn renamed(fields: &JsonFields, names: &[(&str, &str)]) -> JsonFields {
    let name =
        |name: &String| names.iter().find(|(from, _)| from == name).map_or(name.as_str(), |(_, to)| *to).to_owned();
    fields.iter().map(|(from, value)| (name(from), value.clone())).collect()
}

async fn deliver(world: &World, fields: &JsonFields, encoding: CallbackEncoding) -> anyhow::Result<GatewayResponse> {
    let request = signed_callback(fields, Signature::ValuesPipe, TR.encrypting_key, encoding, 0);
    world.client.deliver(&TR.webhook(), request).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_callback_of_3_00_makes_no_other_capture() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "3.00").await?.expect(201);
    world.idle().await?;
    let genuine = genuine(&payment)?;
    for names in [
        // The transaction's number becomes the amount.
        [("amount", "note"), ("maldoTransactionId", "amount"), ("serviceId", "maldoTransactionId")].as_slice(),
        &[("amount", "maldoTransactionId"), ("maldoTransactionId", "amount")],
        &[("amount", "serviceId"), ("serviceId", "amount")],
        &[("amount", "codeId"), ("codeId", "amount")],
        // Or it becomes a payment that nobody requested.
        &[("referenceOrderId", "note"), ("serviceId", "referenceOrderId")],
        &[("referenceOrderId", "note")],
        // Or it becomes another event, or the same event at another time or of another transaction.
        &[("type", "note")],
        &[("result", "note")],
        &[("dateUpdated", "note")],
        &[("serviceId", "maldoTransactionId"), ("maldoTransactionId", "serviceId")],
        &[("amount", "fee"), ("maldoTransactionId", "amount"), ("serviceId", "maldoTransactionId")],
    ] {
        for encoding in [CallbackEncoding::Json, CallbackEncoding::Form] {
            assert_eq!(deliver(&world, &renamed(&genuine, names), encoding).await?.body, "OK", "{names:?}");
        }
    }
    world.idle().await?;
    // One signed text is kept once, for a person, whatever its values are called.
    let kept = world.tr.get(&payment).await?;
    shows(&kept, json!({"status": "pending", "captured": "0.00", "reviewReasons": ["unreadable_delivery"]}));
    assert_eq!(kept["unreadable"].as_array().map(Vec::len), Some(1), "{kept:#}");

    assert_eq!(deliver(&world, &genuine, CallbackEncoding::Json).await?.body, "OK");
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": "3.00"}));
    let after = deliver(&world, &renamed(&genuine, &[("type", "memo")]), CallbackEncoding::Json).await?;
    assert!(after.body == "OK" || after.status == 401, "{after:#?}");
    assert_eq!(world.tr.get(&payment).await?["unreadable"].as_array().map(Vec::len), Some(1));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_signature_is_one_event() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    let fields: JsonFields = [
        ("result", "\"CONFIRMED\"".to_owned()),
        ("type", "\"REFUND\"".to_owned()),
        ("dateUpdated", "\"2026-11-20 10:15:30\"".to_owned()),
        ("referenceOrderId", format!("{:?}", text(&payment, "reference"))),
        ("maldoTransactionId", "999001".to_owned()),
        ("originalTransactionId", text(&payment, "transactionId").to_owned()),
        ("amount", "5.00".to_owned()),
        ("currencyCode", "\"TRY\"".to_owned()),
    ]
    .into_iter()
    .map(|(name, json)| Ok((name.to_owned(), RawValue::from_string(json)?)))
    .collect::<anyhow::Result<_>>()?;
    assert_eq!(deliver(&world, &fields, CallbackEncoding::Json).await?.body, "OK");
    let swapped = renamed(
        &fields,
        &[("maldoTransactionId", "originalTransactionId"), ("originalTransactionId", "maldoTransactionId")],
    );
    deliver(&world, &swapped, CallbackEncoding::Json).await?.problem(401, "signature_reused");
    assert_eq!(deliver(&world, &fields, CallbackEncoding::Form).await?.body, "OK", "a repetition is acknowledged");
    shows(&world.tr.get(&payment).await?, json!({"refunded": "5.00", "reviewRequired": false}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_fixed_order_every_other_order_is_refused() -> anyhow::Result<()> {
    let order = "callback_fields = [\"result\", \"type\", \"codeId\", \"serviceId\", \"dateUpdated\", \
                 \"referenceOrderId\", \"maldoTransactionId\", \"amount\", \"currencyCode\"]";
    let config = move |text: String| text.replacen("brand_id = 15", &format!("brand_id = 15, {order}"), 1);
    let world = World::with(Setup { config: Box::new(config), ..Setup::default() }).await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "3.00").await?.expect(201);
    let genuine = genuine(&payment)?;
    let mut other = genuine.clone();
    other.swap(0, 1);
    let longer = [genuine.clone(), renamed(&genuine[..1].to_vec(), &[("result", "note")])].concat();
    for fields in [other, longer, renamed(&genuine, &[("serviceId", "note")]), genuine[..8].to_vec()] {
        deliver(&world, &fields, CallbackEncoding::Json).await?.problem(401, "signature_malformed");
    }
    shows(&world.tr.get(&payment).await?, json!({"status": "pending"}));
    assert_eq!(deliver(&world, &genuine, CallbackEncoding::Json).await?.body, "OK");
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": "3.00"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_excess_capture_is_refunded_only_after_a_person_accepted_it() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "3.00").await?.expect(201);
    // It does not matter how this callback came to be accepted.
    let amount = RawValue::from_string("4065.00".to_owned())?;
    let more: JsonFields = genuine(&payment)?
        .into_iter()
        .map(|(name, value)| if name == "amount" { (name, amount.clone()) } else { (name, value) })
        .collect();
    assert_eq!(deliver(&world, &more, CallbackEncoding::Json).await?.body, "OK");
    shows(
        &world.tr.get(&payment).await?,
        json!({"captured": "4065.00", "reviewReasons": ["captured_other_than_asked"]}),
    );
    world.idle().await?;
    let calls = world.tr.maldopay.calls().len();
    world.tr.refund(&payment, Some("4065.00")).await?.problem_with(422, "amount_exceeds_remaining", "amount");
    world.tr.refund(&payment, Some("3.01")).await?.problem_with(422, "amount_exceeds_remaining", "amount");
    assert_eq!(world.tr.maldopay.calls().len(), calls, "MaldoPay is not called");

    let resolve = format!("/v1/reviews/{}/resolve", text(&payment, "reference"));
    let decision = json!({"action": "accept", "reasons": ["captured_other_than_asked"], "note": "paid twice over"});
    world.tr.call("POST", &resolve).json(&decision).send().await?.expect(200);
    world.tr.refund(&payment, Some("4065.00")).await?.expect(201);
    assert_eq!(world.tr.maldopay.calls().len(), calls + 1);
    assert_eq!(world.tr.maldopay.calls().last().unwrap().amount, "4065.00");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmatched_payment_is_refunded_only_after_a_person_accepted_it() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "3.00").await?.expect(201);
    let unasked = json!({"reference": "OtherShop-A", "transactionId": "999001"});
    assert_eq!(deliver(&world, &genuine(&unasked)?, CallbackEncoding::Json).await?.body, "OK");
    world.idle().await?;
    let calls = world.tr.maldopay.calls().len();
    for amount in [None, Some("1.00")] {
        world.tr.refund(&unasked, amount).await?.problem(409, "not_accepted");
    }
    assert_eq!(world.tr.maldopay.calls().len(), calls, "MaldoPay is not called");
    let resolve = "/v1/reviews/OtherShop-A/resolve";
    let decision = json!({"action": "accept", "reasons": ["unmatched_payment"], "note": "looked up at MaldoPay"});
    world.tr.call("POST", resolve).json(&decision).send().await?.expect(200);
    world.tr.refund(&unasked, None).await?.expect(201);
    assert_eq!(world.tr.maldopay.calls().len(), calls + 1);
    shows(&world.tr.get(&payment).await?, json!({"status": "pending"}));
    world.stop().await
}
