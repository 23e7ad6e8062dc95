//! Parses the layout of one record: its keys, and which of them exclude each other.

use super::names::{api_name, own_name};
use super::table::{DocumentTable, ProblemCollector};
use super::{Each, Key, Mode, RecordTemplate, Text};
use crate::limits::RECORD_FIELDS;
use crate::problem::DocumentProblem;

/// Parses one record. What is missing or wrong is added to `found` and replaced, so that the record's expressions are
/// checked all the same, and nothing else is said of what was replaced.
pub fn record(mut table: DocumentTable<'_>, found: &mut ProblemCollector) -> RecordTemplate {
    let name = table.need_text("name", "\"payment\"", found);
    if let Some(name) = &name {
        if let Err(problem) = own_name(&name.text) {
            found.add(table.line(), &table.place_of("name"), problem);
        }
        table.place = format!("record {}", name.text);
    }
    let object = table.need_text("object", "\"MaldoPay_Payment__c\"", found);
    if let Some(object) = &object {
        named(&table, "object", object, found);
    }
    let each = choice(&mut table, "each", [("payment", Each::Payment), ("event", Each::Event)], found);
    let modes = [("upsert", Mode::Upsert), ("update", Mode::Update), ("insert-once", Mode::InsertOnce)];
    let mode = choice(&mut table, "mode", modes, found);
    let key = key(&mut table, found);
    if let (Some(key), Some(mode)) = (&key, mode) {
        let problem = match (key, mode) {
            (Key::Id(_), Mode::Upsert) => "a record that is found by its id exists: set mode = \"update\"",
            (Key::Id(_), Mode::InsertOnce) => {
                "a record that is made once has no id yet: give external_id instead of id"
            }
            (Key::Id(_), Mode::Update) | (Key::ExternalId { .. }, _) => "",
        };
        if !problem.is_empty() {
            found.add(table.line(), &table.place, problem);
        }
    }
    let when = table.take_text("when", found);
    let fields = fields(&mut table, key.as_ref(), found);
    let line = table.line();
    table.finish(found);
    let written = |text: &str| Text { text: text.to_owned(), line };
    RecordTemplate {
        name: name.map_or_else(String::new, |name| name.text),
        object: object.map_or_else(String::new, |object| object.text),
        mode: mode.filter(|_| each.is_some() && key.is_some()).unwrap_or(Mode::Update),
        when: when.or_else(|| each.is_none().then(|| written("true"))),
        // An expression can read most there.
        each: each.unwrap_or(Each::Event),
        key: key.unwrap_or_else(|| Key::Id(written(".payment.reference"))),
        fields: fields.unwrap_or_default(),
    }
}

fn named(table: &DocumentTable<'_>, key: &str, name: &Text, found: &mut ProblemCollector) {
    if let Err(problem) = api_name(&name.text) {
        found.problems.push(DocumentProblem { line: name.line, place: table.place_of(key), problem });
    }
}

/// Parses one of a few words.
fn choice<T: Copy, const N: usize>(
    table: &mut DocumentTable<'_>,
    key: &'static str,
    choices: [(&str, T); N],
    found: &mut ProblemCollector,
) -> Option<T> {
    let words = choices.map(|(word, _)| format!("\"{word}\"")).join(", ");
    let written = table.need_text(key, choices.first().map_or("", |(word, _)| word), found)?;
    let chosen = choices.iter().find(|(word, _)| *word == written.text).map(|(_, choice)| *choice);
    if chosen.is_none() {
        let problem = format!("`{}` is none of {words}", written.text);
        found.problems.push(DocumentProblem { line: written.line, place: table.place_of(key), problem });
    }
    chosen
}

fn key(table: &mut DocumentTable<'_>, found: &mut ProblemCollector) -> Option<Key> {
    let id = table.take_text("id", found);
    let external = table.take_table("external_id", found);
    match (id, external) {
        (Some(id), None) => Some(Key::Id(id)),
        (None, Some(mut external)) => {
            let field = external.need_text("field", "\"Reference__c\"", found);
            let value = external.need_text("value", "'.payment.reference'", found);
            if let Some(field) = &field {
                named(&external, "field", field, found);
            }
            external.finish(found);
            Some(Key::ExternalId { field: field?.text, value: value? })
        }
        (None, None) => {
            let problem =
                "nothing says which record it is: add `id`, or `external_id = { field = \"…\", value = '…' }`";
            found.add(table.line(), &table.place, problem);
            None
        }
        (Some(_), Some(_)) => {
            found.add(table.line(), &table.place, "has `id` and `external_id`: a record is found by one of them");
            None
        }
    }
}

fn fields(
    table: &mut DocumentTable<'_>,
    key: Option<&Key>,
    found: &mut ProblemCollector,
) -> Option<Vec<(String, Text)>> {
    let place = table.place.clone();
    let Some(mut written) = table.take_table("fields", found) else {
        found.add(table.line(), &table.place, "has no fields: add [record.fields] below it, with a field on each line");
        return None;
    };
    written.place = place;
    let place_of = |name: &str| format!("{}: {name}", table.place);
    let mut fields = Vec::new();
    for (name, line, value) in written.take_texts(found) {
        let problem = match key {
            _ if name.eq_ignore_ascii_case("id") => {
                Err("Salesforce takes no id among the fields: it is the record's `id`".to_owned())
            }
            Some(Key::ExternalId { field, .. }) if field.eq_ignore_ascii_case(&name) => {
                Err("the record is found by this field, and Salesforce does not take it among the others".to_owned())
            }
            Some(Key::Id(_) | Key::ExternalId { .. }) | None => api_name(&name),
        };
        if let Err(problem) = problem {
            found.add(line, &place_of(&name), problem);
        }
        fields.push((name, value));
    }
    if fields.is_empty() {
        found.add(table.line(), &table.place, "has no fields: add at least one");
    }
    if fields.len() > RECORD_FIELDS {
        found.add(table.line(), &table.place, format!("has more than {RECORD_FIELDS} fields"));
    }
    Some(fields)
}
