//! What an attacker can build from one genuine callback under `values-pipe`: other names, positions, types and
//! encodings. None of it may say anything that MaldoPay did not say.

use proptest::prelude::*;
use serde_json::Value;
use tollbridge_connector::types::{EventKind, PaymentEvent, SignatureScheme, Site};
use tollbridge_maldopay::{DecodeError, Rejection, SignedNumbers, Signing, verify};

use crate::{KEY, NOW, form, hex_hmac, json, keys, money, site, with_checksum};

type TextFields = Vec<(String, String)>;

const OF_VALUES: Signing<'static> =
    Signing { scheme: SignatureScheme::ValuesPipe, orders: &[], numbers: SignedNumbers::AsWritten };

const REFERENCE: &str = "tb0123456789abcdef0123456789";

fn fields(pairs: &[(&str, &str)]) -> TextFields {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A payment of 3.00 by a transaction whose number could be an amount.
fn genuine() -> TextFields {
    fields(&[
        ("result", "CONFIRMED"),
        ("type", "DEPOSIT"),
        ("codeId", "200"),
        ("serviceId", "2031"),
        ("dateUpdated", "2026-11-20 10:15:30"),
        ("referenceOrderId", REFERENCE),
        ("maldoTransactionId", "4065"),
        ("amount", "3.00"),
        ("currencyCode", "TRY"),
        ("bankName", "Ziraat"),
    ])
}

/// A settlement, which has the most values.
fn settlement() -> TextFields {
    let mut fields = genuine();
    set(&mut fields, "type", "SETTLEMENT");
    fields.extend(self::fields(&[("originalTransactionId", "4001"), ("fee", "0.09"), ("reasonCode", "77")]));
    fields
}

fn set(fields: &mut TextFields, name: &str, value: &str) {
    fields.iter_mut().find(|(field, _)| field == name).unwrap().1 = value.to_owned();
}

fn rename(fields: &mut TextFields, from: &str, to: &str) {
    fields.iter_mut().find(|(field, _)| field == from).unwrap().0 = to.to_owned();
}

/// The genuine callback with some names replaced.
fn renamed(pairs: &[(&str, &str)]) -> TextFields {
    let mut fields = genuine();
    for (from, to) in pairs {
        rename(&mut fields, from, &format!("?{to}"));
    }
    for (name, _) in &mut fields {
        *name = name.trim_start_matches('?').to_owned();
    }
    fields
}

/// As JSON with these values as strings, with MaldoPay's signature.
fn signed(fields: &TextFields) -> String {
    let values: Vec<&str> = fields.iter().map(|(_, value)| value.as_str()).collect();
    let written =
        |(name, value): &(String, String)| format!("{}:{}", Value::from(name.as_str()), Value::from(value.as_str()));
    let object = format!("{{{}}}", fields.iter().map(written).collect::<Vec<_>>().join(","));
    with_checksum(&object, &hex_hmac(KEY, &values.join("|")))
}

fn of_values() -> Site {
    let mut site = site();
    site.provider.signature = SignatureScheme::ValuesPipe;
    site
}

/// The result of reading an authentic body.
fn read_as(body: &str, signing: Signing<'_>) -> Result<PaymentEvent, DecodeError> {
    assert_eq!(verify(&json(body), signing, &keys(&[KEY]), NOW), Ok(()), "{body}");
    tollbridge_maldopay::decode(&json(body), &of_values(), signing, crate::ARRIVAL)
}

fn read(fields: &TextFields) -> Result<PaymentEvent, DecodeError> {
    read_as(&signed(fields), OF_VALUES)
}

/// The field that the refusal names.
#[track_caller]
fn refused(fields: &TextFields) -> &'static str {
    match read(fields) {
        Err(DecodeError::Invalid { field, .. } | DecodeError::Missing(field)) => field,
        other @ (Ok(_) | Err(DecodeError::Malformed(_))) => panic!("{fields:?} was read as {other:?}"),
    }
}

#[test]
fn a_genuine_callback_is_read_completely() {
    let event = read(&genuine()).unwrap();
    assert_eq!((event.kind, event.amount), (EventKind::Captured, Some(money(300, "TRY"))));
    assert_eq!((event.reference.as_str(), event.transaction_id.as_deref()), (REFERENCE, Some("4065")));
    assert_eq!(event.method.as_deref(), Some("checkout"));
    let event = read(&settlement()).unwrap();
    assert_eq!((event.fee, event.original_transaction_id.as_deref()), (Some(money(9, "TRY")), Some("4001")));
}

#[test]
fn no_other_value_becomes_the_amount() {
    let both = |other: &str| renamed(&[(other, "amount"), ("amount", other)]);
    for other in ["maldoTransactionId", "serviceId", "codeId", "bankName", "referenceOrderId", "dateUpdated"] {
        refused(&both(other));
        refused(&renamed(&[(other, "amount"), ("amount", "unknown")]));
    }
    // The actual attack: the transaction's number becomes the amount, and another number the transaction.
    assert_eq!(
        refused(&renamed(&[
            ("amount", "unknown"),
            ("maldoTransactionId", "amount"),
            ("serviceId", "maldoTransactionId")
        ])),
        "amount"
    );
    // A number without decimals is ambiguous.
    let mut whole = genuine();
    set(&mut whole, "amount", "3");
    assert_eq!(refused(&whole), "amount");
    let mut fee = settlement();
    rename(&mut fee, "amount", "x");
    rename(&mut fee, "fee", "amount");
    rename(&mut fee, "x", "fee");
    refused(&fee);
    let mut fee = settlement();
    set(&mut fee, "type", "DEPOSIT");
    assert_eq!(refused(&fee), "fee");
}

#[test]
fn a_missing_required_field_is_refused() {
    for name in ["result", "referenceOrderId", "maldoTransactionId", "amount", "currencyCode"] {
        assert_eq!(refused(&renamed(&[(name, "unknown")])), name, "under a name that is not known");
        let mut without = genuine();
        without.retain(|(field, _)| field != name);
        assert_eq!(refused(&without), name);
        let mut empty = genuine();
        set(&mut empty, name, "");
        assert_eq!(refused(&empty), name);
    }
    for none in ["0", "null"] {
        let mut without = genuine();
        set(&mut without, "maldoTransactionId", none);
        assert_eq!(refused(&without), "maldoTransactionId");
    }
}

#[test]
fn a_value_with_the_form_of_a_fact_must_have_its_name() {
    for (name, value) in [("type", "REFUND"), ("type", "CHARGEBACK"), ("dateUpdated", "2026-11-21 08:00:00")] {
        let mut hidden = genuine();
        set(&mut hidden, name, value);
        rename(&mut hidden, name, "unknown");
        assert_eq!(refused(&hidden), name);
    }
    for (value, fact) in [
        ("DECLINED", "result"),
        ("REFUND", "type"),
        ("2026-11-20 10:15:31", "dateUpdated"),
        ("EUR", "currencyCode"),
        ("tbffffffffffffffffffffffffff", "referenceOrderId"),
        ("tbffffffffffffffffffffffffff-4", "referenceOrderId"),
        ("4.00", "amount"),
    ] {
        let mut other = genuine();
        set(&mut other, "bankName", value);
        assert_eq!(refused(&other), fact, "{value}");
    }
    // An equal value changes nothing, whichever of the two is read.
    let mut twice = genuine();
    set(&mut twice, "bankName", "3.00");
    assert!(read(&twice).is_ok());
}

#[test]
fn a_known_name_holds_only_values_of_its_form() {
    for (name, value) in [
        ("codeId", "500"),
        ("codeId", "4065"),
        ("codeId", "Ziraat"),
        ("serviceId", "checkout"),
        ("maldoTransactionId", "2031"),
        ("maldoTransactionId", "T.5"),
        ("maldoTransactionId", "a b"),
        ("currencyCode", "Ziraat"),
        ("dateUpdated", "4065"),
        ("type", "4065"),
        ("result", "4065"),
    ] {
        let mut wrong = genuine();
        set(&mut wrong, name, value);
        assert_eq!(refused(&wrong), name, "{value}");
    }
    let mut long = settlement();
    set(&mut long, "reasonCode", &"7".repeat(65));
    assert_eq!(refused(&long), "reasonCode");
    let mut both = genuine();
    rename(&mut both, "bankName", "currency");
    set(&mut both, "currency", "EUR");
    assert_eq!(refused(&both), "currencyCode", "two currencies");
}

#[test]
fn a_value_that_contains_the_separator_is_refused() {
    for separated in ["Zira|at", "|", "a|3.00"] {
        let mut fields = genuine();
        set(&mut fields, "bankName", separated);
        let body = signed(&fields);
        let verdict = verify(&json(body.clone()), OF_VALUES, &keys(&[KEY]), NOW);
        assert!(matches!(verdict, Err(Rejection::Malformed(_))), "{separated}: {verdict:?}");
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let checksum = body[body.len() - 66..body.len() - 2].to_owned();
        let pairs = [pairs.as_slice(), &[("checksum", checksum.as_str())]].concat();
        let verdict = verify(&form(&pairs), OF_VALUES, &keys(&[KEY]), NOW);
        assert!(matches!(verdict, Err(Rejection::Malformed(_))), "{separated}: {verdict:?}");
    }
    // Two values of a genuine callback must not merge into one.
    let genuine = signed(&genuine());
    let merged = genuine.replacen(r#""amount":"3.00","currencyCode":"TRY","#, r#""amount":"3.00|TRY","#, 1);
    assert_ne!(merged, genuine);
    assert!(matches!(verify(&json(merged), OF_VALUES, &keys(&[KEY]), NOW), Err(Rejection::Malformed(_))));
}

#[test]
fn a_split_value_does_not_become_the_amount() {
    // MaldoPay signed a text that contains a separator and an amount.
    let mut split = genuine();
    set(&mut split, "bankName", "paid");
    split.extend(fields(&[("unknown", "4065.00")]));
    assert_eq!(refused(&split), "amount");
    rename(&mut split, "amount", "fee");
    rename(&mut split, "unknown", "amount");
    assert_eq!(refused(&split), "fee");
}

#[test]
fn nested_values_are_ignored() {
    let nested =
        r#"{"conversion":{"converted_amount":999.00,"converted_rate":"9","converted_to":"EUR"},"amount[x]":{"a":1},"#;
    let body = signed(&genuine()).replacen('{', nested, 1);
    let event = read_as(&body, OF_VALUES).unwrap();
    assert_eq!(event, read(&genuine()).unwrap(), "without the conversion it is the same event");
    for name in ["amount", "type", "result"] {
        let twice = signed(&genuine()).replacen('{', &format!("{{\"{name}\":{{}},"), 1);
        assert!(matches!(verify(&json(twice), OF_VALUES, &keys(&[KEY]), NOW), Err(Rejection::Malformed(_))), "{name}");
    }
}

#[test]
fn the_digest_covers_the_values_only() {
    let digest = read(&genuine()).unwrap().digest;
    let other = renamed(&[("bankName", "reason")]);
    assert_eq!(read(&other).unwrap().digest, digest);
    let fields = genuine();
    let checksum = hex_hmac(KEY, &fields.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join("|"));
    let mut pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    pairs.push(("checksum", &checksum));
    let event = tollbridge_maldopay::decode(&form(&pairs), &of_values(), OF_VALUES, crate::ARRIVAL).unwrap();
    assert_eq!(event, read(&genuine()).unwrap(), "as a form it is the same event");
}

#[test]
fn with_a_fixed_order_no_other_order_is_accepted() {
    let order: Vec<String> = genuine().into_iter().map(|(name, _)| name).collect();
    let orders = [order.clone(), settlement().into_iter().map(|(name, _)| name).collect()];
    let fixed = Signing { orders: &orders, ..OF_VALUES };
    let verdict = |fields: &TextFields| verify(&json(signed(fields)), fixed, &keys(&[KEY]), NOW);
    for fields in [genuine(), settlement()] {
        assert!(read_as(&signed(&fields), fixed).is_ok());
    }
    let mut swapped = genuine();
    swapped.swap(6, 7);
    let mut longer = genuine();
    longer.extend(fields(&[("unknown", "")]));
    let mut shorter = genuine();
    shorter.pop();
    let others = [
        renamed(&[("amount", "maldoTransactionId"), ("maldoTransactionId", "amount")]),
        renamed(&[("bankName", "reason")]),
        swapped,
        longer,
        shorter,
    ];
    for other in others {
        let verdict = verdict(&other);
        assert!(
            matches!(&verdict, Err(Rejection::Malformed(problem)) if problem.contains("callback_fields")),
            "{verdict:?}"
        );
    }
    // A name outside the order may be the checksum's, at any position, or that of a nested value, which is not signed.
    let checksum_first = signed(&genuine());
    let (rest, checksum) = checksum_first.rsplit_once(",\"checksum\":").unwrap();
    let checksum_first =
        format!("{{\"checksum\":{},\"conversion\":{{}},{}}}", checksum.trim_end_matches('}'), &rest[1..]);
    assert!(read_as(&checksum_first, fixed).is_ok(), "{checksum_first}");
    // A value at its fixed position may have the form of another fact.
    let mut whole = genuine();
    set(&mut whole, "amount", "3");
    set(&mut whole, "bankName", "REFUND");
    assert_eq!(read_as(&signed(&whole), fixed).unwrap().amount, Some(money(300, "TRY")));
    // If two orders have the same length, positions identify nothing and forms must.
    let alike = [order.clone(), order.iter().map(|name| name.replace("bankName", "reason")).collect()];
    let alike = Signing { orders: &alike, ..OF_VALUES };
    assert!(read_as(&signed(&genuine()), alike).is_ok());
    assert!(matches!(read_as(&signed(&whole), alike), Err(DecodeError::Invalid { field: "type", .. })));
    // A stranger learns nothing about the order.
    let unsigned = signed(&genuine()).replacen("3.00", "4.00", 1).replacen("amount", "x", 1);
    assert_eq!(verify(&json(unsigned), fixed, &keys(&[KEY]), NOW), Err(Rejection::Mismatch));
    // The other schemes sign the names.
    let of_body = Signing { scheme: SignatureScheme::Body, ..fixed };
    assert_eq!(verify(&json("{}"), of_body, &keys(&[KEY]), NOW), Err(Rejection::Missing("x-maldo-signature")));
}

/// Every name that is read, and some that are not.
const NAMES: [&str; 17] = [
    "result",
    "type",
    "codeId",
    "serviceId",
    "dateUpdated",
    "referenceOrderId",
    "maldoTransactionId",
    "originalTransactionId",
    "amount",
    "currencyCode",
    "currency",
    "fee",
    "reason",
    "reasonCode",
    "bankName",
    "a",
    "b",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Whatever names its values get, the callback is refused or reports the same facts.
    #[test]
    fn renaming_the_fields_of_a_genuine_callback_never_changes_its_facts(
        is_settlement in any::<bool>(),
        kind in prop::sample::select(vec!["DEPOSIT", "REFUND", "CHARGEBACK", "CAPTURE"]),
        transaction in "[1-9][0-9]{0,9}",
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>()), 1..4),
    ) {
        let mut honest = if is_settlement { settlement() } else { genuine() };
        if !is_settlement {
            set(&mut honest, "type", kind);
        }
        prop_assume!(transaction != "2031" && transaction != "2012");
        set(&mut honest, "maldoTransactionId", &transaction);
        let said = read(&honest).unwrap();
        let mut forged = honest.clone();
        for (one, other, swap) in changes {
            let (one, name) = (one.index(forged.len()), NAMES[other.index(NAMES.len())]);
            let previous = core::mem::replace(&mut forged[one].0, name.to_owned());
            if swap && let Some(holder) = forged.iter().position(|(field, _)| field == name).filter(|at| *at != one) {
                forged[holder].0 = previous;
            }
        }
        let body = signed(&forged);
        let Ok(()) = verify(&json(body.clone()), OF_VALUES, &keys(&[KEY]), NOW) else { return Ok(()) };
        let Ok(read) = tollbridge_maldopay::decode(&json(body), &of_values(), OF_VALUES, crate::ARRIVAL) else { return Ok(()) };
        prop_assert_eq!(
            (read.kind, read.reference, read.amount, read.occurred_at, read.digest),
            (said.kind, said.reference, said.amount, said.occurred_at, said.digest)
        );
        prop_assert!(read.fee.is_none() || read.fee == said.fee);
    }
}

/// Words in small letters are no currencies, unless the callback writes its own currency so.
#[test]
fn a_currency_in_small_letters_is_believed_only_under_its_name() {
    let read = |currency: &str, reason: &str| {
        let body = format!(
            "{{\"result\":\"CONFIRMED\",\"referenceOrderId\":\"tb1\",\"maldoTransactionId\":\"987\",\
             \"amount\":\"50.00\",\"currencyCode\":\"{currency}\",\"reason\":\"{reason}\"}}"
        );
        tollbridge_maldopay::decode(&json(body), &of_values(), OF_VALUES, crate::ARRIVAL).map(|event| event.amount)
    };
    assert_eq!(read("try", ""), Ok(Some(money(5_000, "TRY"))));
    assert_eq!(read("TRY", "all"), Ok(Some(money(5_000, "TRY"))), "a word");
    for (currency, reason) in [("try", "eur"), ("eur", "try"), ("eur", "TRY"), ("TRY", "EUR")] {
        assert!(read(currency, reason).is_err(), "{currency} {reason}");
    }
}
