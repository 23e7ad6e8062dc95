//! That the table of the event kinds is whole, and says the same as the WIT package.

use std::collections::BTreeSet;

use super::*;

const WIT: &str = include_str!("../../../../wit/deps/types.wit");

/// The cases of a variant or an enum of the WIT package, each with its payload's type.
fn cases(declaration: &str) -> Vec<(&'static str, Option<&'static str>)> {
    let (_, body) = WIT.split_once(&format!("  {declaration} {{\n")).unwrap();
    let (body, _) = body.split_once("\n  }").unwrap();
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with("///"));
    lines
        .map(|line| {
            let case = line.trim_end_matches(',');
            let (name, payload) = case.split_once('(').map_or((case, None), |(name, payload)| (name, Some(payload)));
            (name, payload.map(|payload| payload.trim_end_matches(')')))
        })
        .collect()
}

/// The cases of the WIT package, written as a stored event has them.
fn stored_forms() -> BTreeSet<String> {
    let stored = |case: &str| format!("\"{}\"", case.replace('-', "_"));
    let mut forms = BTreeSet::new();
    for (case, payload) in cases("variant event-kind") {
        match payload {
            None => forms.extend([stored(case)]),
            Some(payload) => {
                let payloads = cases(&format!("enum {payload}"));
                forms.extend(payloads.iter().map(|(of, _)| format!("{{{}:{}}}", stored(case), stored(of))));
            }
        }
    }
    forms
}

#[test]
fn the_table_has_every_kind_of_the_wit_package_and_no_other() {
    let known: BTreeSet<String> = EventKind::ALL.iter().map(|kind| serde_json::to_string(kind).unwrap()).collect();
    assert_eq!(known, stored_forms());
    assert_eq!(known.len(), EventKind::ALL.len(), "a kind is listed twice");
}

#[test]
fn each_kind_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), EventKind::ALL.len());
    for name in names {
        assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
    }
}

#[test]
fn one_kind_makes_each_movement_and_another_can_take_it_back() {
    for movement in [
        MovementKind::Authorization,
        MovementKind::Capture,
        MovementKind::Refund,
        MovementKind::Settlement,
        MovementKind::Payout,
        MovementKind::Release,
        MovementKind::Chargeback,
    ] {
        let makes = EventKind::ALL.iter().filter(|kind| kind.moves() == Some(movement)).count();
        assert_eq!(makes, 1, "{movement:?}");
        let is_taken_back = EventKind::ALL.iter().any(|kind| kind.takes_back().contains(&movement));
        assert_eq!(is_taken_back, movement != MovementKind::Chargeback, "{movement:?}");
    }
}

#[test]
fn pending_and_reported_speak_of_any_operation_and_the_others_of_their_own_movement() {
    let decides = |kind: EventKind| {
        [MovementKind::Capture, MovementKind::Refund, MovementKind::Release].map(|movement| kind.decides(movement))
    };
    for kind in EventKind::ALL {
        let expected = match kind {
            EventKind::Pending | EventKind::Reported(_) => [true; 3],
            EventKind::Captured | EventKind::Failed(FailedStage::Authorization | FailedStage::Capture) => {
                [true, false, false]
            }
            EventKind::Refunded | EventKind::Failed(FailedStage::Refund) => [false, true, false],
            EventKind::Canceled | EventKind::Failed(FailedStage::Void) => [false, false, true],
            EventKind::Authorized
            | EventKind::Settled
            | EventKind::Failed(FailedStage::Settlement | FailedStage::Payout)
            | EventKind::Disputed
            | EventKind::DisputeWon
            | EventKind::ChargedBack
            | EventKind::PaidOut => [false; 3],
        };
        assert_eq!(decides(kind), expected, "{kind:?}");
    }
}
