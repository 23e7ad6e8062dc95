//! `GET /v1/mappings/{name}/differences`: the fields that a shadow document maps differently from the active mapping.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tollbridge_connector::types::RecordWrite;
use tollbridge_domain::{MappingName, PaymentReference};
use tollbridge_ledger::Ledger;

use super::notice;
use crate::config::Site;
use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::http::routes::mapping_not_found;
use crate::ports::MappingProblem;
use crate::queries::MAX_JOURNAL_ENTRIES;

/// The differences that are stored for one payment.
const MAX_DIFFERENCES: usize = 50;

/// The maximum size of a stored value, in bytes of JSON.
const MAX_VALUE_BYTES: usize = 200;

/// How a shadow document's result for one payment differs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowReport {
    /// The payment's version.
    pub payment_version: u64,
    /// The shadow's version.
    pub shadow_version: u64,
    /// The first [`MAX_DIFFERENCES`] fields that differ.
    pub differences: Vec<Difference>,
    /// Why the shadow could not map the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A field that the two map differently. An absent value means that the field is not written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The object and key of the record.
    pub record: String,
    /// The field.
    pub field: String,
    /// The value of the active mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<Value>,
    /// The value of the shadow document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Value>,
}

/// The fields of all records, by record and name.
fn fields(records: &[RecordWrite]) -> BTreeMap<(String, String), Value> {
    let mut fields = BTreeMap::new();
    for record in records {
        let name = record.key.record_name(&record.object);
        for field in &record.fields {
            // A value that is not JSON is an error of its mapper, and is shown as it is.
            let value = serde_json::from_str(&field.value).unwrap_or_else(|_| Value::String(field.value.clone()));
            fields.insert((name.clone(), field.name.clone()), value);
        }
    }
    fields
}

fn shortened(value: &Value) -> Value {
    let text = value.to_string();
    if text.len() <= MAX_VALUE_BYTES {
        return value.clone();
    }
    Value::String(format!("{}…", text.get(..text.floor_char_boundary(MAX_VALUE_BYTES)).unwrap_or_default()))
}

/// Compares the active mapping's records with the shadow's.
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
    let differences = differing.take(MAX_DIFFERENCES).map(|name| {
        let (record, field) = name.clone();
        Difference { record, field, active: active.get(name).map(shortened), shadow: shadow.get(name).map(shortened) }
    });
    ShadowReport { differences: differences.collect(), ..ShadowReport::default() }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DifferencesView {
    name: String,
    /// The payments of these journal entries that the shadow mapped.
    payments: u64,
    /// How many of them have differences.
    differing: u64,
    /// How often each field differs, by object.
    counts: Vec<DifferenceCount>,
    differences: Vec<PaymentDifferences>,
    /// The `after` of the next request.
    next: u64,
    /// The journal's last number.
    last: u64,
    /// Why nothing is compared, if the document is not the shadow.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
}

#[derive(Serialize)]
struct DifferenceCount {
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

/// Reads the journal after `after`, and shows the latest shadow report of each payment in it.
///
/// # Errors
/// There is no document of this name, a parameter is invalid, or the store does not answer.
pub fn differences(
    site: &Site,
    ledger: &Ledger<'_>,
    request: &Request,
    name: &MappingName,
) -> Result<Response, Problem> {
    let after = request.whole_number("after", 0, 0..=u64::MAX)?;
    let limit = request.whole_number("limit", 100, 1..=MAX_JOURNAL_ENTRIES)?;
    ledger.latest_mapping(name)?.ok_or_else(mapping_not_found)?;
    let entries = ledger.journal_after(after, limit)?;
    let next = entries.last().map_or(after, |entry| entry.number);
    let mut references: BTreeSet<PaymentReference> = BTreeSet::new();
    references.extend(entries.into_iter().filter_map(|entry| entry.entry?.reference));
    let references: Vec<PaymentReference> = references.into_iter().collect();
    let reports: Vec<(PaymentReference, ShadowReport)> = ledger.shadows(name, &references)?;
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
        counts: counts.into_iter().map(|((object, field), count)| DifferenceCount { object, field, count }).collect(),
        differences: differing
            .into_iter()
            .map(|(reference, report)| PaymentDifferences { reference: reference.to_string(), report })
            .collect(),
        next,
        last: ledger.last_journal_number()?,
        notice: notice::of_differences(site, name),
    };
    Ok(Response::json(200, &view))
}
