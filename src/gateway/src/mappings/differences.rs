//! `GET /v1/mappings/{name}/differences`: what a document in the shadow would have written otherwise than the one in force.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tollbridge_connector::types::{RecordKey, RecordWrite};
use tollbridge_domain::{MappingName, PaymentReference};
use tollbridge_ledger::Ledger;

use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::http::routes::mapping_not_found;
use crate::ports::MappingProblem;
use crate::queries::whole_number;

/// The differences of one payment that are kept.
const MOST_DIFFERENCES: usize = 50;

/// The longest value that is kept, in bytes of JSON.
const LONGEST_VALUE: usize = 200;

/// The most journal entries that one answer looks at.
const MOST_ENTRIES: u64 = 500;

/// What a shadow would have written of one payment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowReport {
    /// The payment's version.
    pub payment_version: u64,
    /// The shadow's version.
    pub shadow_version: u64,
    /// Where the two differ; the first ones, where there are many.
    pub differences: Vec<Difference>,
    /// Why the shadow could not map the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One field that the two would write differently. A value that is not there is one that is not written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The record: its object and key.
    pub record: String,
    /// The field.
    pub field: String,
    /// What the document in force wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<Value>,
    /// What the shadow would have written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Value>,
}

/// The records of a mapping, field by field.
fn fields(records: &[RecordWrite]) -> BTreeMap<(String, String), Value> {
    let mut fields = BTreeMap::new();
    for record in records {
        let name = match &record.key {
            RecordKey::Id(id) => format!("{}/{id}", record.object),
            RecordKey::ExternalId(key) => format!("{}/{}/{}", record.object, key.field, key.value),
        };
        for field in &record.fields {
            // What is no JSON is a fault of either mapper, and is shown as it came.
            let value = serde_json::from_str(&field.value).unwrap_or_else(|_| Value::String(field.value.clone()));
            fields.insert((name.clone(), field.name.clone()), value);
        }
    }
    fields
}

fn shortened(value: &Value) -> Value {
    let text = value.to_string();
    if text.len() <= LONGEST_VALUE {
        return value.clone();
    }
    let end = (0..=LONGEST_VALUE).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    Value::String(format!("{}…", text.get(..end).unwrap_or_default()))
}

/// Compares what the two would write.
pub fn compare(active: &[RecordWrite], shadow: Result<Vec<RecordWrite>, MappingProblem>) -> ShadowReport {
    let shadow = match shadow {
        Ok(shadow) => fields(&shadow),
        Err(problem) => {
            let error = Some(format!("{}: {}", problem.field, problem.detail));
            return ShadowReport { error, ..ShadowReport::default() };
        }
    };
    let active = fields(active);
    let mut names = BTreeSet::new();
    names.extend(active.keys().chain(shadow.keys()));
    let differing = names.into_iter().filter(|name| active.get(*name) != shadow.get(*name));
    let differences = differing.take(MOST_DIFFERENCES).map(|name| {
        let (record, field) = name.clone();
        Difference { record, field, active: active.get(name).map(shortened), shadow: shadow.get(name).map(shortened) }
    });
    ShadowReport { differences: differences.collect(), ..ShadowReport::default() }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DifferencesView {
    name: String,
    /// Payments among these journal entries that the shadow looked at.
    payments: u64,
    /// Those of them on which the two differ.
    differing: u64,
    /// How often each field differs, by object.
    counts: Vec<Count>,
    differences: Vec<PaymentDifferences>,
    /// Where to go on.
    next: u64,
    /// The journal's last number.
    last: u64,
}

#[derive(Serialize)]
struct Count {
    object: String,
    field: String,
    count: u64,
}

#[derive(Serialize)]
struct PaymentDifferences {
    reference: String,
    #[serde(flatten)]
    report: ShadowReport,
}

/// Walks the journal from `after` on, and shows what the shadow last said of each payment that is named there.
///
/// # Errors
/// There is no document of this name, a parameter is no number, or the store does not answer.
pub fn differences(ledger: &Ledger<'_>, request: &Request, name: &MappingName) -> Result<Response, Problem> {
    let after = whole_number(request, "after", 0)?;
    let limit = whole_number(request, "limit", 100)?.clamp(1, MOST_ENTRIES);
    ledger.latest_mapping(name)?.ok_or_else(mapping_not_found)?;
    let entries = ledger.journal_after(after, limit)?;
    let next = entries.last().map_or(after, |entry| entry.number);
    let mut named: BTreeSet<PaymentReference> = BTreeSet::new();
    named.extend(entries.into_iter().filter_map(|entry| entry.entry?.reference));
    let named: Vec<PaymentReference> = named.into_iter().collect();
    let reports: Vec<(PaymentReference, ShadowReport)> = ledger.shadows(name, &named)?;
    let payments = u64::try_from(reports.len()).unwrap_or(u64::MAX);
    let differing: Vec<(PaymentReference, ShadowReport)> =
        reports.into_iter().filter(|(_, report)| !report.differences.is_empty() || report.error.is_some()).collect();
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for difference in differing.iter().flat_map(|(_, report)| &report.differences) {
        let object = difference.record.split('/').next().unwrap_or_default().to_owned();
        let count = counts.entry((object, difference.field.clone())).or_default();
        *count = count.saturating_add(1);
    }
    let view = DifferencesView {
        name: name.to_string(),
        payments,
        differing: u64::try_from(differing.len()).unwrap_or(u64::MAX),
        counts: counts.into_iter().map(|((object, field), count)| Count { object, field, count }).collect(),
        differences: differing
            .into_iter()
            .map(|(reference, report)| PaymentDifferences { reference: reference.to_string(), report })
            .collect(),
        next,
        last: ledger.last_journal_number()?,
    };
    Ok(Response::json(200, &view))
}
