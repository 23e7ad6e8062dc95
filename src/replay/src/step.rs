//! Computes what each entry of a history changes in Salesforce.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use tollbridge_connector::types::{Payment, PaymentEvent, RecordKey, RecordWrite, Site, WriteMode};
use tollbridge_ledger::RecordName;

use crate::history::RecordedHistory;

/// The call of a mapper.
pub type MapperFunction<'a, E> = dyn Fn(&Payment, &[PaymentEvent], &Site) -> Result<Vec<RecordWrite>, E> + 'a;

/// The part of a record that is sent.
#[derive(Clone, Debug)]
pub struct RecordChange {
    /// The object's API name.
    pub object: String,
    /// The key that identifies the record.
    pub key: RecordKey,
    /// Whether the record is created, updated or upserted.
    pub mode: WriteMode,
    /// The fields that are sent: those whose value differs from the value sent before.
    pub fields: Vec<(String, Box<RawValue>)>,
}

/// One entry of a history and its changes.
#[derive(Clone, Debug)]
pub struct ReplayStep {
    /// The entry's sequence number.
    pub sequence: u64,
    /// The changes that the entry causes.
    pub changes: Vec<RecordChange>,
}

/// Why a history cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError<E> {
    /// The mapper refused the payment at this entry.
    #[error("at entry {sequence}: {error}")]
    Mapping {
        /// The entry's sequence number.
        sequence: u64,
        /// The mapper's error.
        error: E,
    },
    /// A field's value is not JSON.
    #[error("at entry {sequence}: the mapper's value of {field} is not JSON")]
    Value {
        /// The entry's sequence number.
        sequence: u64,
        /// The field's name.
        field: String,
    },
}

/// What each entry sends to Salesforce, one after the other, as in the gateway.
///
/// # Errors
/// The mapper refuses the payment after some entry.
///
/// ```
/// use tollbridge_connector::types::{Field, Payment, RecordKey, RecordWrite, WriteMode};
/// use tollbridge_replay::{RecordedHistory, replay};
///
/// let history = RecordedHistory::read(include_str!("../../../profiles/order/callback-for-an-unknown-payment.json"))?;
/// let mapper = |payment: &Payment, _: &[_], _: &_| {
///     let version = Field { name: "Version__c".to_owned(), value: payment.version.to_string() };
///     Ok::<_, String>(vec![RecordWrite {
///         object: "Order".to_owned(),
///         key: RecordKey::Id("801000000000001AAA".to_owned()),
///         mode: WriteMode::Update,
///         fields: vec![version],
///     }])
/// };
/// let steps = replay(&history, &mapper)?;
/// assert_eq!(steps.len(), 1);
/// assert_eq!(steps[0].changes[0].fields[0].0, "Version__c");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn replay<E>(history: &RecordedHistory, mapper: &MapperFunction<'_, E>) -> Result<Vec<ReplayStep>, ReplayError<E>> {
    let mut sent: BTreeMap<RecordName, BTreeMap<String, Box<RawValue>>> = BTreeMap::new();
    let mut inserted: BTreeSet<RecordName> = BTreeSet::new();
    let mut steps = Vec::new();
    for (index, entry) in history.entries.iter().enumerate() {
        let mut changes = records(history, mapper, index..index.saturating_add(1))?;
        changes.retain_mut(|change| {
            let name = change.name();
            if change.mode == WriteMode::InsertOnce {
                return inserted.insert(name);
            }
            let before = sent.entry(name).or_default();
            let fields = change.fields.clone();
            change.fields.retain(|(name, value)| before.get(name).is_none_or(|before| before.get() != value.get()));
            before.extend(fields);
            !change.fields.is_empty()
        });
        steps.push(ReplayStep { sequence: entry.sequence, changes });
    }
    Ok(steps)
}

/// The records after the whole history, mapped in one call.
///
/// # Errors
/// The mapper refuses the payment.
pub fn whole<E>(
    history: &RecordedHistory,
    mapper: &MapperFunction<'_, E>,
) -> Result<Vec<RecordChange>, ReplayError<E>> {
    records(history, mapper, 0..history.entries.len())
}

/// Maps the state after these entries; the entries are those that Salesforce has not received yet.
fn records<E>(
    history: &RecordedHistory,
    mapper: &MapperFunction<'_, E>,
    entries: core::ops::Range<usize>,
) -> Result<Vec<RecordChange>, ReplayError<E>> {
    let last = entries.end.checked_sub(1).and_then(|last| history.entries.get(last));
    let sequence = last.map_or(0, |entry| entry.sequence);
    let Some(payment) = history.payment(entries.end) else { return Ok(Vec::new()) };
    let records = mapper(&payment, &history.events(entries), &history.site)
        .map_err(|error| ReplayError::Mapping { sequence, error })?;
    records.into_iter().map(|record| change(record, sequence)).collect()
}

fn change<E>(record: RecordWrite, sequence: u64) -> Result<RecordChange, ReplayError<E>> {
    let fields = record.fields.into_iter().map(|field| match RawValue::from_string(field.value) {
        Ok(value) => Ok((field.name, value)),
        Err(_) => Err(ReplayError::Value { sequence, field: field.name }),
    });
    let fields = fields.collect::<Result<_, _>>()?;
    Ok(RecordChange { object: record.object, key: record.key, mode: record.mode, fields })
}

impl RecordChange {
    /// The name that identifies the record.
    #[must_use]
    pub fn name(&self) -> RecordName {
        self.key.record_name(&self.object)
    }
}
