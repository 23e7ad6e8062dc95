//! Parses a document's TOML.

use tollbridge_toml::Arena;

use super::layout;
use super::names::own_name;
use super::table::{DocumentTable, ProblemCollector};
use super::{Document, Each};
use crate::limits::{DOCUMENT_BYTES, DOCUMENT_RECORDS, OUTPUT_RECORDS};
use crate::problem::DocumentProblem;

/// Returns the document and every problem in its layout. The document contains all that could be parsed in spite of the
/// problems, so that its expressions can be checked too.
pub fn read(document: &str) -> (Document, Vec<DocumentProblem>) {
    let mut found = ProblemCollector::default();
    let mut read = Document { name: String::new(), records: Vec::new() };
    if document.len() > DOCUMENT_BYTES {
        found.add(1, "", format!("the document has more than {DOCUMENT_BYTES} bytes: shorten it"));
        return (read, found.problems);
    }
    let arena = Arena::new();
    let toml = match tollbridge_toml::TomlDocument::parse(document, &arena) {
        Ok(toml) => toml,
        Err(errors) => {
            for error in errors {
                found.add(error.line, "", format!("not TOML: {}", error.message));
            }
            return (read, found.problems);
        }
    };
    let mut table = DocumentTable::new(toml.root(), String::new());
    if let Some(name) = table.need_text("name", "\"orders\"", &mut found) {
        if let Err(problem) = own_name(&name.text) {
            found.problems.push(DocumentProblem { line: name.line, place: "name".to_owned(), problem });
        }
        read.name = name.text;
    }
    table.take_text("description", &mut found);
    match table.take("record") {
        Some(records) => match records.list() {
            Some(records) => {
                for record in records {
                    if let Some(table) = record.table() {
                        let table = DocumentTable::new(table, "a record".to_owned());
                        read.records.push(layout::record(table, &mut found));
                    } else {
                        found.add(record.line(), "record", "each record begins with [[record]]");
                    }
                }
            }
            None => {
                found.add(records.line(), "record", "each record begins with [[record]], in two pairs of brackets");
            }
        },
        None => found.add(1, "", "the document has no record: add one, beginning with [[record]]"),
    }
    table.finish(&mut found);
    together(&read, &mut found);
    (read, found.problems)
}

/// Checks the records together.
fn together(document: &Document, found: &mut ProblemCollector) {
    let records = &document.records;
    for (index, record) in records.iter().enumerate() {
        let has_name = !record.name.is_empty();
        if has_name && records.iter().take(index).any(|before| before.name == record.name) {
            found.add(1, &format!("record {}", record.name), "another record has the same name: rename one");
        }
    }
    if records.len() > DOCUMENT_RECORDS {
        found.add(1, "", format!("has more than {DOCUMENT_RECORDS} records: Salesforce takes so many in one call"));
    }
    let unconditional = records.iter().filter(|record| record.each == Each::Event && record.when.is_none()).count();
    if unconditional > 1 {
        let problem = format!(
            "{unconditional} records are written for every event: with several events at once they are more than the \
             {OUTPUT_RECORDS} that Salesforce takes in one call; give all but one a `when`"
        );
        found.add(1, "", problem);
    }
}
