//! The tables in `docs/maldopay.md` match the code. `TOLLBRIDGE_BLESS=1` rewrites them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use tollbridge_connector::types::{EventKind, Operation, ReportedOutcome};
use tollbridge_maldopay::assumed;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/maldopay.md");

fn named(kind: EventKind) -> String {
    if matches!(kind, EventKind::Reported(_)) {
        return "as its operation ends".to_owned();
    }
    format!("`{}`", tollbridge_domain::EventKind::from(kind).as_str())
}

fn callbacks() -> String {
    let ended = |kind, outcome| assumed::meaning(kind, outcome).map_or("refused".to_owned(), named);
    let mut table = "| type | CONFIRMED | CANCELED | DECLINED | PENDING |\n|---|---|---|---|---|\n".to_owned();
    let known = assumed::CALLBACK_TYPES.map(|kind| (format!("`{kind}`"), Some(kind)));
    for (name, kind) in known.into_iter().chain([("none".to_owned(), None), ("any other".to_owned(), Some("?"))]) {
        writeln!(
            table,
            "| {name} | {} | {} | {} | {} |",
            ended(kind, ReportedOutcome::Confirmed),
            ended(kind, ReportedOutcome::Canceled),
            ended(kind, ReportedOutcome::Declined),
            named(assumed::meaning_while_pending(kind)),
        )
        .unwrap();
    }
    table
}

fn requests() -> String {
    let mut table = "| operation | `request.type` | needs `originalTransactionId` |\n|---|---|---|\n".to_owned();
    for (name, operation) in [
        ("charge", Operation::Charge),
        ("authorize", Operation::Authorize),
        ("capture", Operation::Capture),
        ("refund", Operation::Refund),
        ("void", Operation::Void),
        ("payout", Operation::Payout),
        ("status", Operation::Status),
    ] {
        let needs = if assumed::acts_on_a_transaction(operation) { "yes" } else { "no" };
        writeln!(table, "| {name} | `{}` | {needs} |", assumed::request_type(operation)).unwrap();
    }
    table
}

/// The page with this table between its two marker comments.
fn with_table(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("docs/maldopay.md has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("docs/maldopay.md has no {end}"));
    format!("{before}{begin}{table}{end}{after}")
}

#[test]
fn the_tables_on_the_page_match_the_code() {
    let page = fs::read_to_string(PAGE).unwrap();
    let expected = with_table(&with_table(&page, "requests", &requests()), "callbacks", &callbacks());
    if std::env::var_os("TOLLBRIDGE_BLESS").is_some() {
        fs::write(PAGE, &expected).unwrap();
    } else {
        assert!(page == expected, "docs/maldopay.md differs; TOLLBRIDGE_BLESS=1 rewrites its tables:\n{expected}");
    }
}

#[test]
fn every_kind_of_event_is_the_meaning_of_a_callback() {
    let types = || assumed::CALLBACK_TYPES.into_iter().map(Some).chain([None]);
    let outcomes = [ReportedOutcome::Confirmed, ReportedOutcome::Canceled, ReportedOutcome::Declined];
    let ended = types().flat_map(|kind| outcomes.map(|outcome| assumed::meaning(kind, outcome))).flatten();
    let meant: BTreeSet<_> = ended.chain(types().map(assumed::meaning_while_pending)).map(Into::into).collect();
    assert_eq!(meant, tollbridge_domain::EventKind::ALL.into_iter().collect());
}

#[test]
fn the_page_names_the_signature_header() {
    let page = fs::read_to_string(PAGE).unwrap().to_ascii_lowercase();
    assert!(page.contains(assumed::BODY_SIGNATURE_HEADER));
}
