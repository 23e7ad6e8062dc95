//! `docs/salesforce.md` and the profile `order` have the fields of the table, all of them and no others.
//!
//! `TOLLBRIDGE_BLESS=1 cargo test --workspace --test fields` writes the tables of the page.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test with wrong data should stop")]

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;

use tollbridge_records::{Field, FieldType, OBJECTS, ValueSet, fields};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/salesforce.md");
const WIT: &str = include_str!("../../../wit/deps/types.wit");
const PROFILE: &str = include_str!("../../../profiles/order.toml");

fn holds(field: &Field) -> String {
    match field.holds {
        FieldType::ExternalId(longest) => format!("text {longest}, External ID, **unique**"),
        FieldType::Text(255) => "text".to_owned(),
        FieldType::Text(longest) => format!("text {longest}"),
        FieldType::Picklist(_) => "picklist".to_owned(),
        FieldType::LongText => "long text".to_owned(),
        FieldType::Number(0) => "number, no decimals".to_owned(),
        FieldType::Number(decimals) => format!("number, {decimals} decimals"),
        FieldType::Checkbox => "checkbox".to_owned(),
        FieldType::DateTime => "date and time".to_owned(),
        FieldType::Lookup(object) if object.ends_with("__c") => format!("lookup to `{object}`"),
        FieldType::Lookup(object) => format!("lookup to {object}"),
    }
}

fn table(object: &str) -> String {
    let row = |field: &Field| format!("| `{}` | {} | {} |\n", field.name, holds(field), field.purpose);
    let rows: String = fields(object).iter().map(row).collect();
    format!("| field | type | what it is |\n|---|---|---|\n{rows}")
}

/// Where the first table below a heading of the page begins and ends.
fn table_below(page: &str, heading: &str) -> Range<usize> {
    let section = page.find(&format!("\n## {heading}\n")).unwrap();
    let begin = section + page[section..].find("\n|").unwrap() + 1;
    let lines = page[begin..].split_inclusive('\n').take_while(|line| line.starts_with('|'));
    begin..begin + lines.map(str::len).sum::<usize>()
}

#[test]
fn the_page_lists_the_fields_of_every_object() {
    let stored = fs::read_to_string(PAGE).unwrap();
    let mut page = stored.clone();
    assert_eq!(table("Order"), table("Invoice"), "the page has one table for both");
    for (heading, object) in [
        ("`MaldoPay_Payment__c`", "MaldoPay_Payment__c"),
        ("`MaldoPay_Event__c`", "MaldoPay_Event__c"),
        ("Order and Invoice", "Order"),
    ] {
        let place = table_below(&page, heading);
        page.replace_range(place, &table(object));
    }
    if std::env::var_os("TOLLBRIDGE_BLESS").is_some() {
        fs::write(PAGE, page).unwrap();
        return;
    }
    assert!(stored == page, "docs/salesforce.md differs from src/records/src/fields.rs; it should be:\n\n{page}");
}

#[test]
fn the_profile_order_writes_every_field_and_no_other() {
    for object in OBJECTS {
        let records = PROFILE.split("[[record]]").filter(|record| record.contains(&format!("object = \"{object}\"")));
        let mut written = BTreeSet::new();
        for record in records {
            let (keys, values) = record.split_once("[record.fields]").unwrap();
            let external_id = keys.split_once("external_id = { field = \"").map(|(_, rest)| rest.split('"').next());
            written.extend(external_id.flatten().map(ToOwned::to_owned));
            let names = values.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
            // A parent is written by the relationship of its lookup.
            written.extend(
                names.map(|(name, _)| name.strip_suffix("__r").map_or(name.to_owned(), |stem| format!("{stem}__c"))),
            );
        }
        let table: BTreeSet<String> = fields(object).iter().map(|field| field.name.to_owned()).collect();
        assert_eq!(written, table, "{object}");
    }
}

#[test]
fn a_picklist_has_every_case_of_the_wit_package_and_no_other() {
    for (declaration, values) in [("payment-status", ValueSet::Status), ("intent", ValueSet::Intent)] {
        let (_, body) = WIT.split_once(&format!("  enum {declaration} {{\n")).unwrap();
        let (body, _) = body.split_once("\n  }").unwrap();
        let cases = body.lines().map(str::trim).filter(|line| !line.starts_with("///"));
        let cases: BTreeSet<String> = cases.map(|case| case.trim_end_matches(',').replace('-', "_")).collect();
        let values: BTreeSet<String> = values.values().into_iter().map(ToOwned::to_owned).collect();
        assert_eq!(values, cases, "{declaration}");
    }
}
