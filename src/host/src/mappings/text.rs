//! Mapping documents as text.

use serde::Deserialize;
use serde_json::Value;

use crate::output::{cleaned, table};

#[derive(Debug, Deserialize)]
pub struct DocumentsView {
    mappings: Vec<DocumentView>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DocumentView {
    name: String,
    latest: u64,
    active: Option<u64>,
    #[serde(default)]
    active_since: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct VersionsView {
    active: Option<u64>,
    versions: Vec<VersionView>,
}

/// A stored version.
#[derive(Debug, Deserialize)]
pub struct VersionView {
    name: String,
    version: u64,
    digest: String,
    at: String,
    /// What follows from storing it, in words.
    notice: Option<String>,
}

/// The version in force.
#[derive(Debug, Deserialize)]
pub struct ActiveView {
    name: String,
    version: u64,
    previous: Option<u64>,
    /// What follows from it, in words.
    notice: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct DifferencesView {
    payments: u64,
    differing: u64,
    counts: Vec<CountView>,
    differences: Vec<PaymentDifferencesView>,
    next: u64,
    last: u64,
    /// Why nothing is compared, in words.
    notice: Option<String>,
}

#[derive(Debug, Deserialize)]
struct CountView {
    object: String,
    field: String,
    count: u64,
}

#[derive(Debug, Deserialize)]
struct PaymentDifferencesView {
    reference: String,
    differences: Vec<DifferenceView>,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct DifferenceView {
    record: String,
    field: String,
    #[serde(default)]
    active: Option<Value>,
    #[serde(default)]
    shadow: Option<Value>,
}

/// All documents.
pub fn documents(view: &DocumentsView) -> String {
    if view.mappings.is_empty() {
        return "no mapping documents\n".to_owned();
    }
    let row = |document: &DocumentView| {
        [
            document.name.clone(),
            document.latest.to_string(),
            document.active.map_or("none".to_owned(), |version| version.to_string()),
            document.active_since.clone().unwrap_or_default(),
        ]
    };
    table(["NAME", "LATEST", "ACTIVE", "SINCE"], &view.mappings.iter().map(row).collect::<Vec<_>>())
}

/// The versions of one document.
pub fn versions(view: &VersionsView) -> String {
    let row = |version: &VersionView| {
        let is_active = view.active == Some(version.version);
        let in_force = if is_active { "active" } else { "" };
        [version.version.to_string(), version.at.clone(), version.digest.clone(), in_force.to_owned()]
    };
    table(["VERSION", "STORED", "DIGEST", ""], &view.versions.iter().map(row).collect::<Vec<_>>())
}

/// What storing did, and what follows from it.
pub fn stored(version: &VersionView) -> String {
    let notice = version.notice.as_deref().unwrap_or("stored");
    format!("{}: version {}: {}\n", version.name, version.version, cleaned(notice))
}

/// What activating or rolling back did, and what follows from it.
pub fn in_force(active: &ActiveView) -> String {
    let notice = active.notice.as_deref().unwrap_or("activated");
    let before = active.previous.map_or(String::new(), |version| format!(" (before: version {version})"));
    format!("{}: version {}{before}: {}\n", active.name, active.version, cleaned(notice))
}

/// The differences: how often each field differs, then each payment.
pub fn differences(view: &DifferencesView) -> String {
    if let Some(notice) = &view.notice {
        return format!("{}\n", cleaned(notice));
    }
    let mut text = format!("{} of {} payments differ\n", view.differing, view.payments);
    for CountView { object, field, count } in &view.counts {
        text.push_str(&format!("  {count} times {}\n", cleaned(&format!("{object}.{field}"))));
    }
    for payment in &view.differences {
        text.push_str(&format!("{}\n", payment.reference));
        for DifferenceView { record, field, active, shadow } in &payment.differences {
            let value = |value: &Option<Value>| value.as_ref().map_or("not written".to_owned(), Value::to_string);
            let line = format!("  {record} {field}: {} -> {}", value(active), value(shadow));
            text.push_str(&format!("{}\n", cleaned(&line)));
        }
        if let Some(error) = &payment.error {
            text.push_str(&format!("  cannot be mapped: {}\n", cleaned(error)));
        }
    }
    if view.next < view.last {
        text.push_str(&format!("There are more: --after {}\n", view.next));
    }
    text
}
