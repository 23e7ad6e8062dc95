//! Compares an object as Salesforce describes it with what the mapping writes there.

use serde::Deserialize;
use tollbridge_connector::types::WriteMode;
use tollbridge_records::FieldType;

use super::expectation::{ExpectedField, ExpectedObject};
use super::findings::Level;

/// The answer to `sobjects/{object}/describe`, as far as it matters.
#[derive(Debug, Deserialize)]
pub struct Description {
    createable: bool,
    updateable: bool,
    fields: Vec<FieldDescription>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FieldDescription {
    name: String,
    r#type: String,
    createable: bool,
    updateable: bool,
    #[serde(default)]
    length: usize,
    #[serde(default)]
    precision: usize,
    #[serde(default)]
    scale: usize,
    #[serde(default)]
    external_id: bool,
    #[serde(default)]
    unique: bool,
    #[serde(default)]
    reference_to: Vec<String>,
    #[serde(default)]
    relationship_name: Option<String>,
    #[serde(default)]
    restricted_picklist: bool,
}

/// Where an object is not as the mapping needs it.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    pub level: Level,
    pub what: String,
    pub advice: String,
}

const TEXTS: [&str; 7] = ["string", "textarea", "picklist", "combobox", "email", "phone", "url"];
const NUMBERS: [&str; 4] = ["double", "currency", "percent", "int"];

/// The maximum length of Salesforce's long text that the mapping may use.
const LONG_TEXT: usize = 32_768;

/// Digits before the point for any amount that is likely: with fewer, a large one is refused.
const DIGITS: usize = 12;

/// Salesforce's own field of an organisation with several currencies.
const CURRENCY_ISO_CODE: &str = "CurrencyIsoCode";

/// Every difference that matters. `multi_currency` is the site's setting.
pub fn compare(expected: &ExpectedObject, described: &Description, multi_currency: bool) -> Vec<Difference> {
    let object = &expected.name;
    let mut differences = Vec::new();
    let creates = expected.mode != WriteMode::Update;
    let lacks = [(creates && !described.createable, "create"), (!described.updateable, "edit")];
    for (_, right) in lacks.into_iter().filter(|(lacks, _)| *lacks) {
        differences.push(problem(
            format!("the run-as user may not {right} records of {object}"),
            format!("give the user's permission set the right to {right} {object}"),
        ));
    }
    if let Some(name) = &expected.external_id {
        match described.fields.iter().find(|field| &field.name == name) {
            None => differences.push(missing(object, name, None, "an External ID that is unique")),
            Some(field) if !(field.external_id && field.unique) => differences.push(problem(
                format!("{object}.{name} is not both an External ID and unique"),
                format!("set External ID and Unique on {object}.{name}: records are found by it"),
            )),
            Some(_) => {}
        }
    }
    for field in &expected.fields {
        if field.name == CURRENCY_ISO_CODE && !multi_currency {
            continue;
        }
        let is_it = |other: &&FieldDescription| {
            other.name == field.name || other.relationship_name.as_ref() == Some(&field.name)
        };
        match described.fields.iter().find(is_it) {
            None if field.name == CURRENCY_ISO_CODE => differences.push(problem(
                format!("{object} has no {CURRENCY_ISO_CODE}: the organisation has one currency"),
                "set multi_currency = false in the site's salesforce".to_owned(),
            )),
            None => {
                let form = field.holds.map_or_else(|| "as the mapping needs it".to_owned(), form);
                differences.push(missing(object, &field.name, field.condition(), &form));
            }
            Some(found) => differences.extend(of_field(expected, field, found)),
        }
    }
    if !multi_currency && described.fields.iter().any(|field| field.name == CURRENCY_ISO_CODE) && creates {
        differences.push(Difference {
            level: Level::Note,
            what: format!("{object} has {CURRENCY_ISO_CODE}, and the site has multi_currency = false"),
            advice: "set multi_currency = true, or new records get the run-as user's currency".to_owned(),
        });
    }
    differences
}

fn of_field(object: &ExpectedObject, expected: &ExpectedField, found: &FieldDescription) -> Vec<Difference> {
    let (name, mut differences) = (format!("{}.{}", object.name, found.name), Vec::new());
    let may_write = match object.mode {
        WriteMode::Upsert => found.createable && found.updateable,
        WriteMode::Update => found.updateable,
        // A master-detail parent can be set only when the record is created.
        WriteMode::InsertOnce => found.createable,
    };
    if !may_write {
        differences.push(problem(
            format!("the run-as user may not write {name}"),
            format!("give the user's permission set Edit Access to {name}; a formula cannot be written at all"),
        ));
    }
    let Some(holds) = expected.holds else { return differences };
    let is_of = |types: &[&str]| types.contains(&found.r#type.as_str());
    let is_kind = match holds {
        FieldType::ExternalId(_) | FieldType::Text(_) | FieldType::Picklist(_) | FieldType::LongText => is_of(&TEXTS),
        FieldType::Number(_) => is_of(&NUMBERS),
        FieldType::Checkbox => is_of(&["boolean"]),
        FieldType::DateTime => is_of(&["datetime"]),
        FieldType::Lookup(parent) => is_of(&["reference"]) && found.reference_to.iter().any(|to| to == parent),
    };
    if !is_kind {
        differences.push(problem(
            format!("{name} has the type {}, and must be {}", found.r#type, form(holds)),
            format!("create {name} again as {}", form(holds)),
        ));
        return differences;
    }
    let longest = match holds {
        FieldType::ExternalId(longest) | FieldType::Text(longest) => longest,
        FieldType::LongText => LONG_TEXT,
        FieldType::Picklist(_)
        | FieldType::Number(_)
        | FieldType::Checkbox
        | FieldType::DateTime
        | FieldType::Lookup(_) => 0,
    };
    if found.length < longest && found.r#type != "picklist" {
        differences.push(problem(
            format!("{name} takes {} characters, and up to {longest} are written", found.length),
            format!("set the length of {name} to {longest}: Salesforce refuses longer text (STRING_TOO_LONG)"),
        ));
    }
    if found.restricted_picklist {
        differences.push(Difference {
            level: Level::Note,
            what: format!("{name} is a restricted picklist: a value that is not in it is refused"),
            advice: format!("make {name} a text field, or take the restriction away"),
        });
    }
    if let FieldType::Number(decimals) = holds {
        let decimals = usize::from(decimals);
        if found.scale < decimals {
            differences.push(problem(
                format!("{name} has {} decimals, and {decimals} are written: Salesforce rounds", found.scale),
                format!("set the decimal places of {name} to {decimals}"),
            ));
        }
        let digits = found.precision.saturating_sub(found.scale);
        if found.r#type != "int" && digits < DIGITS {
            differences.push(Difference {
                level: Level::Note,
                what: format!("{name} takes {digits} digits before the point: a larger number is refused"),
                advice: format!("set the length of {name} to {}", 18_usize.saturating_sub(decimals)),
            });
        }
    }
    differences
}

fn problem(what: String, advice: String) -> Difference {
    Difference { level: Level::Problem, what, advice }
}

fn missing(object: &str, field: &str, condition: Option<&str>, form: &str) -> Difference {
    let (level, used) = match condition {
        Some(condition) => (Level::Note, format!(", which only {condition} need")),
        None => (Level::Problem, String::new()),
    };
    Difference {
        level,
        what: format!("{object}.{field} does not exist, or the run-as user may not see it{used}"),
        advice: format!("create it as {form}, and give the user's permission set Edit Access to it"),
    }
}

/// A type in the words of `docs/salesforce.md`.
fn form(holds: FieldType) -> String {
    match holds {
        FieldType::ExternalId(longest) => format!("text {longest}, External ID, unique"),
        FieldType::Text(longest) => format!("text {longest}"),
        FieldType::Picklist(_) => "picklist, not restricted, or text 255".to_owned(),
        FieldType::LongText => format!("long text {LONG_TEXT}"),
        FieldType::Number(0) => "number, no decimals".to_owned(),
        FieldType::Number(decimals) => format!("number, {decimals} decimals"),
        FieldType::Checkbox => "checkbox".to_owned(),
        FieldType::DateTime => "date and time".to_owned(),
        FieldType::Lookup(parent) => format!("lookup to {parent}"),
    }
}
