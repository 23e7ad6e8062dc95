//! Limits the size of a mapper's result. A mapper can be third-party code, and its result is held in memory, sent, and
//! partly stored.

use tollbridge_connector::MAX_RECORDS_BYTES;
use tollbridge_connector::types::{RecordKey, RecordWrite};

use crate::ports::MappingProblem;

/// A mapper's error message. It is stored with the payment.
const MAX_PROBLEM_BYTES: usize = 500;

/// The records, or the problem that they exceed [`MAX_RECORDS_BYTES`].
pub fn check_size(records: Vec<RecordWrite>) -> Result<Vec<RecordWrite>, MappingProblem> {
    let mut bytes = 0_usize;
    for record in &records {
        // An empty record still takes memory and a part of the call.
        bytes = bytes.saturating_add(size_of::<RecordWrite>()).saturating_add(record.object.len());
        bytes = bytes.saturating_add(match &record.key {
            RecordKey::Id(id) => id.len(),
            RecordKey::ExternalId(key) => key.field.len().saturating_add(key.value.len()),
        });
        for field in &record.fields {
            bytes = bytes.saturating_add(field.name.len()).saturating_add(field.value.len());
            if bytes > MAX_RECORDS_BYTES {
                // The name itself may be what is too long.
                let field = truncated(&format!("{}: {}", record.object, field.name));
                let detail = format!("the records of this payment have more than {MAX_RECORDS_BYTES} bytes up to here");
                return Err(MappingProblem { field, detail });
            }
        }
    }
    if bytes > MAX_RECORDS_BYTES {
        let detail = format!("they have more than {MAX_RECORDS_BYTES} bytes together");
        return Err(MappingProblem { field: "the records of this payment".to_owned(), detail });
    }
    Ok(records)
}

/// The beginning of a mapper's error message.
pub fn truncated(text: &str) -> String {
    match text.get(..text.floor_char_boundary(MAX_PROBLEM_BYTES)) {
        Some(beginning) if beginning.len() < text.len() => format!("{beginning}…"),
        Some(_) | None => text.to_owned(),
    }
}
