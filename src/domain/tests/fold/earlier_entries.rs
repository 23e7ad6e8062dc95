//! Entries of earlier versions are read with their original meaning.

use tollbridge_domain::{Conversion, Fact, Money};

use crate::histories::{currency, entries, fold, lira};

/// An opening without tax, and an event with a conversion without its original amount.
const EARLIER: [&str; 2] = [
    r#"{"fact":"requested","operation":"charge","amount":{"minorUnits":14990,"currency":"TRY"},"method":"checkout","attempt":1,"digest":""}"#,
    r#"{"fact":"event","id":"ev1","kind":"captured","amount":{"minorUnits":14990,"currency":"TRY"},"conversion":{"amount":{"minorUnits":435,"currency":"EUR"},"rate":"0.029"},"transaction":"700001","digest":""}"#,
];

fn read(json: &str) -> Fact {
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_conversion_without_its_original_is_of_the_event_s_amount() {
    let payment = fold(&entries(EARLIER.map(read).to_vec()));
    let euro = tollbridge_domain::Currency::parse("EUR").unwrap();
    let expected = Conversion {
        original: Some(lira(14_990)),
        amount: Money::from_minor_units(435, euro).unwrap(),
        rate: Some("0.029".to_owned()),
    };
    assert_eq!(payment.conversion, Some(expected));
    assert_eq!((payment.tax, payment.amount.currency()), (None, currency()));
}

#[test]
fn earlier_entries_are_written_unchanged() {
    for earlier in EARLIER {
        assert_eq!(serde_json::to_string(&read(earlier)).unwrap(), earlier);
    }
}

#[test]
fn tax_is_stored_with_the_opening() {
    let taxed = EARLIER[0].replace(
        r#""attempt""#,
        r#""tax":{"amount":{"minorUnits":2498,"currency":"TRY"},"rate":"20","country":"TR","inclusive":true},"attempt""#,
    );
    let payment = fold(&entries(vec![read(&taxed), read(EARLIER[1])]));
    let tax = payment.tax.unwrap();
    assert_eq!((tax.amount(), tax.inclusive()), (lira(2_498), true));
    assert_eq!((tax.rate().unwrap().to_string(), tax.country().unwrap().code()), ("20".to_owned(), "TR"));
    assert_eq!(serde_json::to_string(&read(&taxed)).unwrap(), taxed);
}
