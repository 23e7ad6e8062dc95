//! How much a mapper may answer. It may be anybody's, and what it answers is held in memory, sent, and partly kept.

use tollbridge_connector::types::{RecordKey, RecordWrite};

use crate::ports::MappingProblem;

/// Bytes of all records of an answer, names and values together. The mapper of documents holds its own to the same.
const ANSWER_BYTES: usize = 512 * 1024;

/// Bytes of a mapper's words about what is wrong; they are kept with the payment.
const PROBLEM_BYTES: usize = 500;

/// The records, or that they are more than a mapper may answer.
pub fn bounded(records: Vec<RecordWrite>) -> Result<Vec<RecordWrite>, MappingProblem> {
    let mut bytes = 0_usize;
    for record in &records {
        // An empty record still takes its place in memory and in the call.
        bytes = bytes.saturating_add(size_of::<RecordWrite>()).saturating_add(record.object.len());
        bytes = bytes.saturating_add(match &record.key {
            RecordKey::Id(id) => id.len(),
            RecordKey::ExternalId(key) => key.field.len().saturating_add(key.value.len()),
        });
        for field in &record.fields {
            bytes = bytes.saturating_add(field.name.len()).saturating_add(field.value.len());
            if bytes > ANSWER_BYTES {
                // What it names may be the very thing that is too long.
                let field = shortened(&format!("{}: {}", record.object, field.name));
                let detail = format!("the records of this payment have more than {ANSWER_BYTES} bytes up to here");
                return Err(MappingProblem { field, detail });
            }
        }
    }
    if bytes > ANSWER_BYTES {
        let detail = format!("they have more than {ANSWER_BYTES} bytes together");
        return Err(MappingProblem { field: "the records of this payment".to_owned(), detail });
    }
    Ok(records)
}

/// The beginning of a mapper's own words.
pub fn shortened(text: &str) -> String {
    if text.len() <= PROBLEM_BYTES {
        return text.to_owned();
    }
    let end = (0..=PROBLEM_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}
