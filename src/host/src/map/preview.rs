//! `tollbridge map preview`: shows what a document would write for each entry of a recorded history.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;
use serde_json::value::RawValue;
use tollbridge_connector::types::{RecordKey, WriteMode};
use tollbridge_replay::{RecordChange, RecordedHistory, replay, whole};
use tollbridge_rules::CompiledMapping;

use super::{read, refuse};
use crate::output::OutputOptions;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  curl -H \"Authorization: Bearer $KEY\" https://pay.example.com/v1/payments/REF/events > history.json
  tollbridge map preview my-mapping.toml --history history.json

Exit status: 0 it maps the whole history; 1 it does not, or the document is invalid.";

#[derive(clap::Args)]
pub struct Arguments {
    /// The mapping document.
    file: PathBuf,
    /// A history: the response of GET /v1/payments/REF/events.
    #[arg(long, value_name = "EVENTS.json")]
    history: PathBuf,
    #[command(flatten)]
    output: OutputOptions,
}

/// Maps the history and prints the result.
pub fn preview(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let document = read(&arguments.file)?;
    let mapping = match CompiledMapping::read(&document) {
        Ok(mapping) => mapping,
        Err(problems) => return refuse(&arguments.file, &problems, arguments.output),
    };
    let history = RecordedHistory::read(&read(&arguments.history)?)
        .with_context(|| format!("{} cannot be replayed", arguments.history.display()))?;
    let preview = Preview::of(&mapping, &history)?;
    arguments.output.print_value(&preview.view(), || preview.text())?;
    Ok(ExitCode::SUCCESS)
}

/// What a document writes for a history.
struct Preview {
    reference: String,
    /// For each entry, its number and what is written then.
    entries: Vec<(u64, Vec<RecordChange>)>,
    /// The records at the end.
    end: Vec<RecordChange>,
}

impl Preview {
    fn of(mapping: &CompiledMapping, history: &RecordedHistory) -> anyhow::Result<Self> {
        let mapper = |payment: &_, events: &[_], site: &_| mapping.records(payment, events, site);
        let entries = replay(history, &mapper)?.into_iter().map(|step| (step.sequence, step.changes)).collect();
        Ok(Self { reference: history.reference.to_string(), entries, end: whole(history, &mapper)? })
    }

    fn text(&self) -> String {
        let mut text = format!("payment {}\n", self.reference);
        for (sequence, changes) in &self.entries {
            text.push_str(&format!("\nentry {sequence}\n"));
            if changes.is_empty() {
                text.push_str("  nothing changes\n");
            }
            changes.iter().for_each(|change| text.push_str(&shown(change)));
        }
        text.push_str("\nin the end\n");
        self.end.iter().for_each(|change| text.push_str(&shown(change)));
        text
    }

    fn view(&self) -> PreviewView<'_> {
        let mut entries = Vec::new();
        for (sequence, changes) in &self.entries {
            entries.push(EntryView { sequence: *sequence, changes: changes.iter().map(ChangeView::from).collect() });
        }
        PreviewView { reference: &self.reference, entries, end: self.end.iter().map(ChangeView::from).collect() }
    }
}

/// The preview as JSON.
#[derive(Serialize)]
struct PreviewView<'p> {
    reference: &'p str,
    entries: Vec<EntryView<'p>>,
    end: Vec<ChangeView<'p>>,
}

#[derive(Serialize)]
struct EntryView<'p> {
    sequence: u64,
    changes: Vec<ChangeView<'p>>,
}

#[derive(Serialize)]
struct ChangeView<'p> {
    object: &'p str,
    mode: &'static str,
    key: KeyView<'p>,
    /// The values as they would be sent, with every digit.
    fields: BTreeMap<&'p str, &'p RawValue>,
}

/// How the record is found: by its id, or by an external id.
#[derive(Serialize)]
#[serde(untagged)]
enum KeyView<'p> {
    Id { id: &'p str },
    ExternalId { field: &'p str, value: &'p str },
}

impl<'p> From<&'p RecordChange> for ChangeView<'p> {
    fn from(change: &'p RecordChange) -> Self {
        let key = match &change.key {
            RecordKey::Id(id) => KeyView::Id { id },
            RecordKey::ExternalId(key) => KeyView::ExternalId { field: &key.field, value: &key.value },
        };
        let mode = match change.mode {
            WriteMode::Upsert => "upsert",
            WriteMode::Update => "update",
            WriteMode::InsertOnce => "insert-once",
        };
        let fields = change.fields.iter().map(|(name, value)| (name.as_str(), value.as_ref())).collect();
        Self { object: &change.object, mode, key, fields }
    }
}

fn shown(change: &RecordChange) -> String {
    let key = match &change.key {
        RecordKey::Id(id) => id.clone(),
        RecordKey::ExternalId(key) => format!("{} {}", key.field, key.value),
    };
    let mode = match change.mode {
        WriteMode::Upsert => "upsert",
        WriteMode::Update => "update",
        WriteMode::InsertOnce => "insert once",
    };
    let widest = change.fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let field = |(name, value): &(String, Box<RawValue>)| format!("    {name:widest$}  {}\n", value.get());
    let fields: String = change.fields.iter().map(field).collect();
    format!("  {mode} {} {key}\n{fields}", change.object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_shows_its_changes_and_the_end_shows_everything() {
        let mapping = CompiledMapping::read(tollbridge_rules::DEFAULT_DOCUMENT).unwrap();
        let history = include_str!("../../../../profiles/order/charged-settled-and-partly-refunded.json");
        let preview = Preview::of(&mapping, &RecordedHistory::read(history).unwrap()).unwrap();
        let text = preview.text();
        let (steps, end) = text.split_once("\nin the end\n").unwrap();
        assert!(steps.contains("\nentry 1\n  upsert MaldoPay_Payment__c Reference__c "), "{text}");
        assert_eq!(end.matches("    MaldoPay_Status__c ").count(), 1, "{end}");
        let settled = steps.rsplit("\nentry ").next().unwrap();
        assert!(!settled.contains("Legal_Entity__c"), "only what changed: {settled}");
    }
}
