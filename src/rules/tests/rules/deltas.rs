//! The changes of a history's entries, sent one by one, produce the same records as the last state written at once.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tollbridge_connector::types::{Payment, PaymentEvent, RecordWrite, Site, WriteMode};
use tollbridge_replay::{RecordChange, RecordedHistory, replay, whole};
use tollbridge_rules::{CompiledMapping, DEFAULT_DOCUMENT};

use crate::compiled;
use crate::histories::{all_recorded, any_history};

/// Salesforce's records: the changes, applied in order.
type RecordContents = BTreeMap<String, BTreeMap<String, String>>;

fn write(records: &mut RecordContents, changes: &[RecordChange]) {
    for change in changes {
        if change.mode == WriteMode::InsertOnce && records.contains_key(&change.name()) {
            continue;
        }
        let record = records.entry(change.name()).or_default();
        record.extend(change.fields.iter().map(|(name, value)| (name.clone(), value.get().to_owned())));
    }
}

type Mapped = Result<Vec<RecordWrite>, String>;

fn assert_same(
    history: &RecordedHistory,
    mapper: impl Fn(&Payment, &[PaymentEvent], &Site) -> Mapped,
) -> Result<(), TestCaseError> {
    let mut one_by_one = RecordContents::new();
    let mut sent = 0;
    for step in replay(history, &mapper).unwrap() {
        sent += step.changes.iter().map(|change| change.fields.len()).sum::<usize>();
        write(&mut one_by_one, &step.changes);
    }
    let mut at_once = RecordContents::new();
    let whole = whole(history, &mapper).unwrap();
    write(&mut at_once, &whole);
    // An event is written in its state on arrival, and its payment is the same then and at the end. A record that the
    // last state does not write, such as an order that another attempt has taken over, is left unchanged.
    one_by_one.retain(|name, _| at_once.contains_key(name));
    prop_assert_eq!(&one_by_one, &at_once);
    let all: usize = whole.iter().map(|change| change.fields.len()).sum();
    prop_assert!(history.entries.len() < 3 || sent < all * history.entries.len(), "only changes are sent");
    Ok(())
}

fn by_rules(document: &str) -> impl Fn(&Payment, &[PaymentEvent], &Site) -> Mapped {
    let mapping = CompiledMapping::read(document).unwrap();
    move |payment, events, site| mapping.records(payment, events, site).map_err(|error| error.to_string())
}

#[test]
fn over_every_recorded_history() {
    for history in all_recorded() {
        assert_same(&history, compiled).unwrap();
        assert_same(&history, by_rules(DEFAULT_DOCUMENT)).unwrap();
        assert_same(&history, by_rules(include_str!("../../../../profiles/customer-and-method.toml"))).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn over_any_history_by_the_compiled_mapper(history in any_history()) {
        assert_same(&history, compiled)?;
    }

    #[test]
    fn over_any_history_by_rules(history in any_history()) {
        assert_same(&history, by_rules(DEFAULT_DOCUMENT))?;
        assert_same(&history, by_rules(include_str!("../../../../profiles/invoice.toml")))?;
    }
}
