//! Identifiers are deterministic, and fit into keys and URLs.

use super::*;

#[test]
fn references_are_deterministic_and_fit_every_use() {
    let site = SiteName::parse("tr").unwrap();
    let order = SourceRecord::parse("Order".into(), "801Hs00000abcdeIAA".into(), None).unwrap();
    let key = IdempotencyKey::parse("order-1").unwrap();
    let reference = PaymentReference::derive(&site, &order, &key);
    assert_eq!(reference, PaymentReference::derive(&site, &order, &key));
    assert_ne!(reference, PaymentReference::derive(&site, &order, &IdempotencyKey::parse("order-2").unwrap()));
    assert_eq!(reference.as_str().len(), 28);
    let operation = OperationReference { payment: reference, operation: Some(u64::from(u32::MAX)) };
    assert!(PaymentReference::parse(operation.to_string()).is_ok(), "an operation's reference is at most 40 long");
    assert_eq!(OperationReference::parse(&operation.to_string()).unwrap(), operation);
}

#[test]
fn a_foreign_reference_is_read_whole() {
    let read = OperationReference::parse("INV-2026-x").unwrap();
    assert_eq!((read.payment.as_str(), read.operation), ("INV-2026-x", None));
    for hostile in ["", "a/b", "a b", "../x", "a\n", &"a".repeat(41)] {
        assert!(OperationReference::parse(hostile).is_err(), "{hostile:?}");
    }
}

fn source(object: &str, id: &str) -> SourceRecord {
    SourceRecord::parse(object.to_owned(), id.to_owned(), None).unwrap()
}

#[test]
fn all_spellings_of_a_record_are_one_record() {
    let reference = |source: &SourceRecord| {
        let site = SiteName::parse("tr").unwrap();
        PaymentReference::derive(&site, source, &IdempotencyKey::parse("k").unwrap())
    };
    for (objects, shown) in [(["Order", "order", "ORDER"], "Order"), (["ns__Foo__c", "NS__FOO__C", "ns__foo__c"], "")] {
        let first = source(objects[0], "801Hs00000abcdeIAA");
        for object in objects {
            for id in ["801Hs00000abcde", "801hs00000abcdeiaa", "801HS00000ABCDEIAA"] {
                let other = source(object, id);
                assert!(other.is_same_record(&first), "{object} {id}");
                assert_eq!(reference(&other), reference(&first), "{object} {id}");
                assert_eq!(other.id(), "801Hs00000abcdeIAA");
                assert!(shown.is_empty() || other.object() == shown);
            }
        }
    }
    assert!(!source("Order", "801Hs00000abcde").is_same_record(&source("Invoice", "801Hs00000abcde")));
    assert!(!source("Order", "801Hs00000abcde").is_same_record(&source("Order", "801Hs00000abcdE")));
    assert_eq!(source("My_Order__C", "801Hs00000abcde").object(), "My_Order__c");
}

#[test]
fn records_of_older_versions_keep_their_spelling() {
    for (stored, object_identity, identity) in [
        (r#"{"object":"Order","id":"801Hs00000abcde"}"#, "Order", "801Hs00000abcde"),
        (r#"{"object":"order","id":"801hs00000abcdeiaa"}"#, "order", "801hs00000abcde"),
        (r#"{"object":"Foo__c","id":"801Hs00000abcdeAAA"}"#, "Foo__c", "801Hs00000abcde"),
    ] {
        let read: SourceRecord = serde_json::from_str(stored).unwrap();
        assert_eq!((read.object_identity(), read.identity()), (object_identity, identity));
        assert_eq!(serde_json::to_string(&read).unwrap(), stored);
    }
    let stored = r#"{"object":"Foo__c","objectIdentity":"foo__c","id":"801Hs00000abcdeIAA"}"#;
    let new = source("Foo__c", "801Hs00000abcde");
    assert_eq!(serde_json::to_string(&new).unwrap(), stored);
    assert_eq!(serde_json::from_str::<SourceRecord>(stored).unwrap(), new);
}

#[test]
fn a_site_name_cannot_leave_its_part_of_a_key() {
    for hostile in ["tr/x", "TR", "", "tr#", "t r", "ü"] {
        assert!(SiteName::parse(hostile).is_err(), "{hostile:?}");
    }
}
