//! From the records as they should be to what is sent: only what is not known to be there.

use serde_json::value::RawValue;
use tollbridge_connector::types;
use tollbridge_ledger::{ConfirmedState, History, Ledger};

use crate::salesforce::{Refusal, RetryPolicy, Write};

/// What to write of the records as they should be, and what will have been told by it. Of the records of which nobody
/// knows what is there, every field is sent.
pub fn changes(
    ledger: &Ledger<'_>,
    history: &History,
    delivered: &mut ConfirmedState,
    records: Vec<types::RecordWrite>,
    is_sent_whole: impl Fn(&types::RecordWrite) -> bool,
) -> Result<Vec<Write>, Refusal> {
    let mut writes = Vec::new();
    for record in records {
        let name = record_name(&record);
        if record.mode == types::WriteMode::InsertOnce && !delivered.inserted.insert(name.clone()) {
            continue;
        }
        let all = is_sent_whole(&record);
        let fields = json_fields(record.fields)?;
        let sent = match record.mode {
            types::WriteMode::InsertOnce => fields,
            types::WriteMode::Upsert | types::WriteMode::Update => {
                let fingerprints = ledger.fingerprints(&history.reference, &name, &fields);
                let both = fields.into_iter().zip(&fingerprints);
                let is_new = |field: &str, value: &RawValue| all || !history.sync_state.has(&name, field, value);
                let new = both.filter(|(_, (field, value))| is_new(field, value)).map(|(field, _)| field);
                let sent = new.collect();
                delivered.records.entry(name).or_default().extend(fingerprints);
                sent
            }
        };
        if !sent.is_empty() {
            writes.push(Write { object: record.object, key: record.key, fields: sent });
        }
    }
    Ok(writes)
}

/// A new version alone is no news: it changes with every fact, and some change no other field.
pub fn is_nothing(writes: &[Write]) -> bool {
    writes.iter().all(|write| write.fields.iter().all(|(name, _)| name == "Version__c"))
}

fn json_fields(fields: Vec<types::Field>) -> Result<Vec<(String, Box<RawValue>)>, Refusal> {
    fields.into_iter().map(|field| Ok((field.name.clone(), json_value(&field.name, field.value)?))).collect()
}

/// A mapper may be anybody's, so its values are checked to be JSON before they are put into a request.
fn json_value(field: &str, value: String) -> Result<Box<RawValue>, Refusal> {
    RawValue::from_string(value).map_err(|_| Refusal {
        retry_policy: RetryPolicy::Person,
        code: "mapping_error".to_owned(),
        message: format!("{field}: the mapper's value is not JSON"),
    })
}

fn record_name(record: &types::RecordWrite) -> String {
    match &record.key {
        types::RecordKey::Id(id) => format!("{}/{id}", record.object),
        types::RecordKey::ExternalId(key) => format!("{}/{}/{}", record.object, key.field, key.value),
    }
}

/// Every field of a record, whatever was told.
pub fn whole(record: types::RecordWrite) -> Result<Write, Refusal> {
    Ok(Write { object: record.object, key: record.key, fields: json_fields(record.fields)? })
}
