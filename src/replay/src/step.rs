//! What each entry of a history changes in Salesforce.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use tollbridge_connector::types::{Payment, PaymentEvent, RecordKey, RecordWrite, Site, WriteMode};
use tollbridge_ledger::RecordName;

use crate::History;

/// A mapper, as it is called.
pub type Mapper<'a, E> = dyn Fn(&Payment, &[PaymentEvent], &Site) -> Result<Vec<RecordWrite>, E> + 'a;

/// A record, and what of it is sent.
#[derive(Clone, Debug)]
pub struct Change {
    /// The object's API name.
    pub object: String,
    /// How it is found.
    pub key: RecordKey,
    /// What is done with it.
    pub mode: WriteMode,
    /// The fields that are sent: those whose value is not what was sent before.
    pub fields: Vec<(String, Box<RawValue>)>,
}

/// One entry of a history.
#[derive(Clone, Debug)]
pub struct Step {
    /// The entry's sequence number.
    pub sequence: u64,
    /// What is sent for it.
    pub changes: Vec<Change>,
}

/// Why a history could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError<E> {
    /// The mapper refused the payment at this entry.
    #[error("at entry {sequence}: {error}")]
    Mapping {
        /// The entry.
        sequence: u64,
        /// What the mapper said.
        error: E,
    },
    /// A field's value is no JSON.
    #[error("at entry {sequence}: the mapper's value of {field} is not JSON")]
    Value {
        /// The entry.
        sequence: u64,
        /// The field.
        field: String,
    },
}

/// What each entry sends, one after the other, as the gateway does it.
///
/// # Errors
/// The mapper refuses the payment as it is at some entry.
pub fn replay<E>(history: &History, mapper: &Mapper<'_, E>) -> Result<Vec<Step>, ReplayError<E>> {
    let mut told: BTreeMap<RecordName, BTreeMap<String, Box<RawValue>>> = BTreeMap::new();
    let mut inserted: BTreeSet<RecordName> = BTreeSet::new();
    let mut steps = Vec::new();
    for (index, entry) in history.entries.iter().enumerate() {
        let mut changes = records(history, mapper, index..index.saturating_add(1))?;
        changes.retain_mut(|change| {
            let name = change.name();
            if change.mode == WriteMode::InsertOnce {
                return inserted.insert(name);
            }
            let before = told.entry(name).or_default();
            let fields = change.fields.clone();
            change.fields.retain(|(name, value)| before.get(name).is_none_or(|told| told.get() != value.get()));
            before.extend(fields);
            !change.fields.is_empty()
        });
        steps.push(Step { sequence: entry.sequence, changes });
    }
    Ok(steps)
}

/// The records as the whole history leaves them, written at once.
///
/// # Errors
/// The mapper refuses the payment.
pub fn whole<E>(history: &History, mapper: &Mapper<'_, E>) -> Result<Vec<Change>, ReplayError<E>> {
    records(history, mapper, 0..history.entries.len())
}

/// The records after these entries and all before them; the entries are those that Salesforce was not told of.
fn records<E>(
    history: &History,
    mapper: &Mapper<'_, E>,
    entries: core::ops::Range<usize>,
) -> Result<Vec<Change>, ReplayError<E>> {
    let last = entries.end.checked_sub(1).and_then(|last| history.entries.get(last));
    let sequence = last.map_or(0, |entry| entry.sequence);
    let Some(payment) = history.payment(entries.end) else { return Ok(Vec::new()) };
    let records = mapper(&payment, &history.events(entries), &history.site)
        .map_err(|error| ReplayError::Mapping { sequence, error })?;
    records.into_iter().map(|record| change(record, sequence)).collect()
}

fn change<E>(record: RecordWrite, sequence: u64) -> Result<Change, ReplayError<E>> {
    let fields = record.fields.into_iter().map(|field| match RawValue::from_string(field.value) {
        Ok(value) => Ok((field.name, value)),
        Err(_) => Err(ReplayError::Value { sequence, field: field.name }),
    });
    let fields = fields.collect::<Result<_, _>>()?;
    Ok(Change { object: record.object, key: record.key, mode: record.mode, fields })
}

impl Change {
    /// What tells the record from every other.
    #[must_use]
    pub fn name(&self) -> RecordName {
        match &self.key {
            RecordKey::Id(id) => format!("{}/{id}", self.object),
            RecordKey::ExternalId(key) => format!("{}/{}/{}", self.object, key.field, key.value),
        }
    }
}
