//! `tollbridge map preview`: shows what a document would write for each entry of a recorded history.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::value::RawValue;
use tollbridge_connector::types::{RecordKey, WriteMode};
use tollbridge_replay::{RecordChange, RecordedHistory, replay, whole};
use tollbridge_rules::CompiledMapping;

use super::{read, refuse};

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
}

/// Maps the history and prints the result.
pub fn preview(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let document = read(&arguments.file)?;
    let mapping = match CompiledMapping::read(&document) {
        Ok(mapping) => mapping,
        Err(problems) => return Ok(refuse(&arguments.file, &problems)),
    };
    let history = RecordedHistory::read(&read(&arguments.history)?)
        .with_context(|| format!("{} cannot be replayed", arguments.history.display()))?;
    print!("{}", previewed(&mapping, &history)?);
    Ok(ExitCode::SUCCESS)
}

fn previewed(mapping: &CompiledMapping, history: &RecordedHistory) -> anyhow::Result<String> {
    let mapper = |payment: &_, events: &[_], site: &_| mapping.records(payment, events, site);
    let mut text = format!("payment {}\n", history.reference);
    for step in replay(history, &mapper)? {
        text.push_str(&format!("\nentry {}\n", step.sequence));
        if step.changes.is_empty() {
            text.push_str("  nothing changes\n");
        }
        step.changes.iter().for_each(|change| text.push_str(&shown(change)));
    }
    text.push_str("\nin the end\n");
    whole(history, &mapper)?.iter().for_each(|change| text.push_str(&shown(change)));
    Ok(text)
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
        let text = previewed(&mapping, &RecordedHistory::read(history).unwrap()).unwrap();
        let (steps, end) = text.split_once("\nin the end\n").unwrap();
        assert!(steps.contains("\nentry 1\n  upsert MaldoPay_Payment__c Reference__c "), "{text}");
        assert_eq!(end.matches("    MaldoPay_Status__c ").count(), 1, "{end}");
        let settled = steps.rsplit("\nentry ").next().unwrap();
        assert!(!settled.contains("Legal_Entity__c"), "only what changed: {settled}");
    }
}
