//! The profile `order` writes exactly what the compiled mapper writes.

use proptest::prelude::*;
use tollbridge_connector::types::Payment;
use tollbridge_replay::RecordedHistory;
use tollbridge_rules::{CompiledMapping, DEFAULT_DOCUMENT};

use crate::compiled;
use crate::histories::{all_recorded, any_history};

fn assert_same(mapping: &CompiledMapping, history: &RecordedHistory) -> Result<(), TestCaseError> {
    for end in 1..=history.entries.len() {
        // The events of the last entry, and all events at once.
        for start in [0, end - 1] {
            let payment: Payment = history.payment(end).unwrap();
            let events = history.events(start..end);
            let by_rules = mapping.records(&payment, &events, &history.site).unwrap();
            prop_assert_eq!(by_rules, compiled(&payment, &events, &history.site).unwrap());
        }
    }
    Ok(())
}

#[test]
fn over_every_recorded_history() {
    let mapping = CompiledMapping::read(DEFAULT_DOCUMENT).unwrap();
    for history in all_recorded() {
        assert_same(&mapping, &history).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn over_any_history(history in any_history()) {
        assert_same(&CompiledMapping::read(DEFAULT_DOCUMENT).unwrap(), &history)?;
    }
}
