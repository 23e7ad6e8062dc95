//! The tables of the documentation have every reason for review and every status, each with what to do.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use tollbridge_domain::{PaymentStatus, RecordReason, ReviewReason};

/// The names of an enum's variants, from the message for an unknown one.
fn variants<T: DeserializeOwned>() -> BTreeSet<String> {
    let Err(error) = serde_json::from_str::<T>("\"?\"") else { panic!("`?` is a variant") };
    let message = error.to_string();
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).filter(|name| *name != "?").collect();
    assert!(names.len() > 5, "{message}");
    names.into_iter().map(ToOwned::to_owned).collect()
}

/// The names in the first column of a table in `docs/http.md`.
fn documented(table: &str) -> BTreeSet<String> {
    let page = include_str!("../../../../docs/http.md");
    let (_, rest) = page.split_once(&format!("<!-- begin {table} -->\n")).unwrap();
    let (rows, _) = rest.split_once(&format!("<!-- end {table} -->")).unwrap();
    let mut names = BTreeSet::new();
    for row in rows.lines().skip(2).filter(|row| !row.is_empty()) {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let ["", first, meaning, what_to_do, ""] = columns[..] else { panic!("not three columns: {row}") };
        assert!(!meaning.is_empty() && !what_to_do.is_empty(), "{row}");
        for name in first.split('`').skip(1).step_by(2) {
            assert!(names.insert(name.to_owned()), "{name} is there twice");
        }
    }
    names
}

#[test]
fn every_reason_for_review_is_documented_with_what_to_do() {
    let mut expected = variants::<ReviewReason>();
    for name in &expected {
        let reason: ReviewReason = serde_json::from_str(&format!("\"{name}\"")).unwrap();
        assert_eq!(reason.as_str(), name, "it has one name");
    }
    expected.extend([RecordReason::SeveralCurrencies, RecordReason::TooManyPayments].map(|reason| reason.to_string()));
    // A refusal has Salesforce's code, or one of ours.
    let ours = ["<code>", "mapping_error", "mapping_inactive", "telling_died", "unreadable_answer", "version_conflict"];
    expected.extend(ours.map(|code| RecordReason::Refused(code.to_owned()).to_string()));
    assert_eq!(documented("review-reasons"), expected);
}

#[test]
fn every_status_is_documented_with_what_to_do() {
    assert_eq!(documented("statuses"), variants::<PaymentStatus>());
}
