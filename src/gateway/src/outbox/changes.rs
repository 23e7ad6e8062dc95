//! Reduces the records that a mapper produced to the fields that Salesforce has not confirmed.

use serde_json::value::RawValue;
use tollbridge_connector::{VERSION_FIELD, types};
use tollbridge_ledger::{ConfirmedState, History, Ledger};

use crate::salesforce::{Refusal, RetryPolicy, Write};

/// The writes for these records, and in `confirmed` what Salesforce will have confirmed once it accepts them. All
/// fields of a record are sent where `send_all_fields` says that its state in Salesforce is not known.
pub fn changes(
    ledger: &Ledger<'_>,
    history: &History,
    confirmed: &mut ConfirmedState,
    records: Vec<types::RecordWrite>,
    send_all_fields: impl Fn(&types::RecordWrite) -> bool,
) -> Result<Vec<Write>, Refusal> {
    let mut writes = Vec::new();
    for (position, record) in records.into_iter().enumerate() {
        let name = record.key.record_name(&record.object);
        if record.mode == types::WriteMode::InsertOnce && !confirmed.inserted.insert(name.clone()) {
            continue;
        }
        let send_all = send_all_fields(&record);
        let fields = json_fields(record.fields)?;
        let sent = match record.mode {
            types::WriteMode::InsertOnce => fields,
            types::WriteMode::Upsert | types::WriteMode::Update => {
                let fingerprints = ledger.fingerprints(&history.reference, &name, &fields);
                let fingerprinted = fields.into_iter().zip(&fingerprints);
                let is_new = |field: &str, value: &RawValue| send_all || !history.sync_state.has(&name, field, value);
                let new = fingerprinted.filter(|(_, (field, value))| is_new(field, value)).map(|(field, _)| field);
                let sent = new.collect();
                confirmed.records.entry(name).or_default().extend(fingerprints);
                sent
            }
        };
        if !sent.is_empty() {
            writes.push(Write { position, object: record.object, key: record.key, fields: sent });
        }
    }
    Ok(writes)
}

/// Whether the writes change nothing but the version, which grows with every entry. Such a call is not worth making.
pub fn is_only_version(writes: &[Write]) -> bool {
    writes.iter().all(|write| write.fields.iter().all(|(name, _)| name == VERSION_FIELD))
}

fn json_fields(fields: Vec<types::Field>) -> Result<Vec<(String, Box<RawValue>)>, Refusal> {
    fields.into_iter().map(|field| Ok((field.name.clone(), json_value(&field.name, field.value)?))).collect()
}

/// Mappers can be third-party code, so each value is checked to be JSON before it becomes part of a request.
fn json_value(field: &str, value: String) -> Result<Box<RawValue>, Refusal> {
    RawValue::from_string(value).map_err(|_| {
        Refusal::new(RetryPolicy::Review, "mapping_error", format!("{field}: the mapper's value is not JSON"))
    })
}

/// A write of every field of the record at this position of the mapper's result, confirmed or not.
pub fn write_of_all_fields((position, record): (usize, types::RecordWrite)) -> Result<Write, Refusal> {
    Ok(Write { position, object: record.object, key: record.key, fields: json_fields(record.fields)? })
}
