//! A payment's history: reads all of its entries, and finds the payment that an event is about.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tollbridge_domain::{
    CorrelationId, Currency, Entry, Event, EventId, Fact, OperationReference, OperationRequest, Payment,
    PaymentReference, Timestamp, TransactionId,
};

use crate::record_index::SharedRecords;
use crate::slots::{LookAhead, is_past_lease};
use crate::{Ledger, StoreError, SyncState, keys, stored};

/// Values of the store, in the order of their keys.
type StoredValues = Vec<Option<Vec<u8>>>;

/// How far a reader reads beyond the last entry that it found. Gaps may lie between entries, so one absent entry says
/// nothing.
pub(crate) const LOOK_AHEAD: LookAhead = LookAhead { slots: 16, block_length: 16 };

/// How many entries one read of the store asks for.
const MAX_ENTRIES_PER_READ: u64 = 1024;

/// More entries than any payment has. A higher counter is corrupt.
pub(crate) const MAX_ENTRIES: u64 = 1 << 20;

/// The stored form of an entry: its content as it was written, and the MAC over exactly those bytes.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredEntry {
    pub(crate) mac: String,
    pub(crate) content: Box<RawValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    #[serde(flatten)]
    pub(crate) fact: Fact,
    pub(crate) received_at: Timestamp,
    pub(crate) correlation_id: CorrelationId,
    /// The provider's message as received, if it is text. Only versions that sealed nothing wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) raw: Option<String>,
    /// The sealed personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sealed: Option<String>,
    /// The number of its journal entry. Older versions did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) journal: Option<u64>,
}

/// A payment's entries and its sync state.
#[derive(Clone, Debug)]
pub struct History {
    /// The payment's reference.
    pub reference: PaymentReference,
    /// The entries, by sequence number.
    pub entries: Vec<Entry>,
    /// What Salesforce confirmed of the payment.
    pub sync_state: SyncState,
    /// The later attempt for the same record that superseded this payment.
    pub superseded_by: Option<PaymentReference>,
    /// The records that the payment is for, with their other payments.
    pub records: SharedRecords,
    /// The sequence numbers of the entries whose MAC does not verify.
    pub changed: Vec<u64>,
    /// The provider's messages as received, by the sequence number of the entry. A sealed one is absent until it is
    /// opened.
    pub raw: BTreeMap<u64, String>,
    /// The sequence numbers of the entries with the numbers of their journal entries.
    pub(crate) journal: Vec<(u64, u64)>,
    /// When the read began, by the monotonic clock, in milliseconds.
    pub(crate) read_at: i64,
    /// The personal data that is still sealed.
    pub(crate) sealed: SealedData,
}

/// The sealed data of a history.
#[derive(Clone, Debug, Default)]
pub(crate) struct SealedData {
    /// Whether the data keys are read together with the entries.
    pub(crate) with_keys: bool,
    /// The parts that are not opened yet.
    pub(crate) parts: Vec<SealedPart>,
    /// Whether personal data is still stored although the payment's was erased.
    pub(crate) has_unerased_data: bool,
}

/// The sealed data of one entry.
#[derive(Clone, Debug)]
pub(crate) struct SealedPart {
    pub(crate) sequence: u64,
    pub(crate) text: String,
    /// The stored data key, if it was read.
    pub(crate) key: Option<Vec<u8>>,
}

impl History {
    /// Folds the entries into the payment; `None` if there are no entries. `fallback` is the currency of a payment
    /// whose entries name none.
    #[must_use]
    pub fn payment(&self, fallback: Currency) -> Option<Payment> {
        self.payment_of(&self.entries, fallback)
    }

    /// Folds these entries instead of those that were read.
    pub(crate) fn payment_of(&self, entries: &[Entry], fallback: Currency) -> Option<Payment> {
        let payment = Payment::fold(&self.reference, entries, fallback)?;
        let payment = if self.superseded_by.is_some() { payment.superseded() } else { payment };
        Some(payment.tampered_with(&self.changed))
    }

    /// Whether the history has this event, or this unreadable delivery, already.
    #[must_use]
    pub fn has_event(&self, event: &EventId) -> bool {
        self.entries.iter().any(|entry| entry.fact.report() == Some(event))
    }

    /// The first entry of this event, or of this unreadable delivery, unless Salesforce reflects it.
    #[must_use]
    pub fn unsynced_entry(&self, event: &EventId) -> Option<u64> {
        let is_about_it = |entry: &&Entry| entry.fact.report() == Some(event);
        let mut entries = self.entries.iter().filter(is_about_it).map(|entry| entry.sequence);
        let first = entries.next()?;
        let is_synced = self.sync_state.reflects(first) || entries.any(|sequence| self.sync_state.reflects(sequence));
        (!is_synced).then_some(first)
    }

    /// The request of this command, unless it was withdrawn. The digest names the command.
    #[must_use]
    pub fn request_of(&self, digest: &str) -> Option<(&Entry, &OperationRequest)> {
        let is_withdrawn = |number: u64| {
            self.entries.iter().any(|entry| matches!(entry.fact, Fact::Withdrawn { operation } if operation == number))
        };
        let mut requests = self.entries.iter().filter_map(|entry| Some((entry, entry.fact.request()?)));
        requests.find(|(entry, request)| request.digest == digest && !is_withdrawn(entry.sequence))
    }

    /// The entries that request an operation. `None` means the operation that opened the payment: it may have several
    /// requests, if its command was taken over.
    #[must_use]
    pub fn requests_of(&self, operation: Option<u64>) -> Vec<u64> {
        let opens = |entry: &&Entry| entry.fact.request().is_some_and(|request| request.operation.opens().is_some());
        match operation {
            Some(number) => vec![number],
            None => self.entries.iter().filter(opens).map(|entry| entry.sequence).collect(),
        }
    }

    /// Whether a number before this entry is a gap whose writer may still be at work.
    #[must_use]
    pub fn has_recent_gap_before(&self, own: &Entry) -> bool {
        let mut expected = own.sequence;
        let mut later_at = own.received_at;
        for entry in self.entries.iter().rev().filter(|entry| entry.sequence <= own.sequence) {
            if entry.sequence != expected && !is_past_lease(later_at, own.received_at) {
                return true;
            }
            expected = entry.sequence.saturating_sub(1);
            later_at = entry.received_at;
        }
        expected != 0 && !is_past_lease(later_at, own.received_at)
    }

    /// The number of the last entry; 0 for none.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.sequence)
    }

    /// The events that Salesforce does not reflect, oldest first, each with all of its entries. A repetition of a
    /// reflected event is not pending.
    #[must_use]
    pub fn pending_events(&self) -> Vec<(&Event, Vec<u64>)> {
        let mut synced = BTreeSet::new();
        for entry in &self.entries {
            if let Fact::Event(event) = &entry.fact
                && self.sync_state.reflects(entry.sequence)
            {
                synced.insert(&event.id);
            }
        }
        let mut pending: Vec<(&Event, Vec<u64>)> = Vec::new();
        for entry in &self.entries {
            let Fact::Event(event) = &entry.fact else { continue };
            if synced.contains(&event.id) {
                continue;
            }
            match pending.iter_mut().find(|(listed, _)| listed.id == event.id) {
                Some((_, sequences)) => sequences.push(entry.sequence),
                None => pending.push((event, vec![entry.sequence])),
            }
        }
        pending
    }
}

impl Ledger<'_> {
    /// Reads all entries of a payment.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn history(&self, reference: &PaymentReference) -> Result<History, StoreError> {
        self.history_reaching(reference, self.last_allocated(reference)?)
    }

    pub(crate) fn last_allocated(&self, reference: &PaymentReference) -> Result<u64, StoreError> {
        let counter = keys::payment_counter(&self.site, reference);
        let last = u64::try_from(self.store.increment(&counter, 0)?).unwrap_or(0);
        if last > MAX_ENTRIES {
            let problem = format!("a counter above {MAX_ENTRIES}");
            return Err(StoreError::Unreadable { key: counter, problem });
        }
        Ok(last)
    }

    /// Reads all entries of a payment up to this sequence number, and those that follow closely. It does not read the
    /// counter, which costs a write on some stores.
    ///
    /// # Errors
    /// As for [`Ledger::history`].
    pub fn history_reaching(&self, reference: &PaymentReference, sequence: u64) -> Result<History, StoreError> {
        self.history_with(reference, sequence, &[], SealedData::default()).map(|(history, _)| history)
    }

    /// Finds the payment that a reference or transactions of the provider belong to. The history of a referenced
    /// payment is empty if the ledger has no entry of it.
    ///
    /// # Errors
    /// As for [`Ledger::history`].
    pub fn find(
        &self,
        reference: Option<&OperationReference>,
        transactions: &[&TransactionId],
    ) -> Result<Option<History>, StoreError> {
        let keys: Vec<String> = transactions.iter().map(|id| keys::transaction(&self.site, id)).collect();
        let owners = match reference {
            Some(reference) => {
                let (history, owners) = self.history_with(&reference.payment, 0, &keys, SealedData::default())?;
                if !history.entries.is_empty() {
                    return Ok(Some(history));
                }
                owners
            }
            None => self.store.get_many(&keys)?,
        };
        for (key, owner) in keys.iter().zip(owners) {
            if let Some(owner) = owner {
                let owner: PaymentReference = stored::read(key, &owner)?;
                return self.history_reaching(&owner, 0).map(Some);
            }
        }
        Ok(None)
    }

    pub(crate) fn history_with(
        &self,
        reference: &PaymentReference,
        at_least: u64,
        others: &[String],
        sealed: SealedData,
    ) -> Result<(History, StoredValues), StoreError> {
        let sync_state_key = keys::sync_state(&self.site, reference);
        let mut history = History {
            reference: reference.clone(),
            entries: Vec::new(),
            sync_state: SyncState::default(),
            superseded_by: None,
            records: SharedRecords::default(),
            changed: Vec::new(),
            raw: BTreeMap::new(),
            journal: Vec::new(),
            read_at: self.clock.elapsed_milliseconds(),
            sealed,
        };
        let end = |last_sequence: u64| at_least.max(last_sequence).saturating_add(LOOK_AHEAD.slots);
        let mut first = 1;
        let mut found_others = Vec::new();
        let mut is_bridged = false;
        while is_bridged || first <= end(history.last_sequence()) {
            let growing = first.saturating_mul(2).max(2 * LOOK_AHEAD.slots);
            let last = end(history.last_sequence()).max(growing).min(first.saturating_add(MAX_ENTRIES_PER_READ));
            let last = LOOK_AHEAD.end_of_block(last);
            let mut other_keys =
                vec![keys::payment_block(&self.site, reference, LOOK_AHEAD.block_of(last.saturating_add(1)))];
            if first == 1 {
                other_keys.push(sync_state_key.clone());
                other_keys.extend_from_slice(others);
            }
            let mut rest = self.read_entries(&mut history, (first..=last).collect(), &other_keys)?.into_iter();
            is_bridged = rest.next().flatten().is_some() && last < MAX_ENTRIES;
            if first == 1 {
                if let Some(sync_state) = rest.next().flatten() {
                    history.sync_state = self.read_sync_state(reference, &sync_state_key, &sync_state)?;
                }
                found_others = rest.collect();
            }
            first = last.saturating_add(1);
        }
        self.read_until_stable(&mut history, at_least)?;
        self.read_records(&mut history)?;
        Ok((history, found_others))
    }

    /// Reads the entries of these numbers into a history. Returns the values of the other keys.
    fn read_entries(
        &self,
        history: &mut History,
        sequences: Vec<u64>,
        other_keys: &[String],
    ) -> Result<StoredValues, StoreError> {
        let entry_key = |sequence: &u64| keys::payment_entry(&self.site, &history.reference, *sequence);
        let mut keys: Vec<String> = sequences.iter().map(entry_key).collect();
        if history.sealed.with_keys {
            // After the entries: if a store reads one key after another, the key of every entry found is there.
            keys.extend(sequences.iter().map(|sequence| keys::data_key(&self.site, &history.reference, *sequence)));
        }
        let own = keys.len();
        keys.extend_from_slice(other_keys);
        let mut values = self.store.get_many(&keys)?;
        let rest = values.split_off(own.min(values.len()));
        let data_keys = values.split_off(sequences.len().min(values.len()));
        let mut data_keys = data_keys.into_iter();
        for ((sequence, key), value) in sequences.into_iter().zip(&keys).zip(values) {
            let data_key = data_keys.next().flatten();
            if let Some(value) = value {
                let read = self.read_entry(&history.reference, sequence, key, &value)?;
                if !read.intact {
                    history.changed.push(sequence);
                }
                history.raw.extend(read.raw.map(|raw| (sequence, raw)));
                history.journal.extend(read.journal.map(|number| (sequence, number)));
                let part = read.sealed.map(|text| SealedPart { sequence, text, key: data_key });
                history.sealed.parts.extend(part);
                history.entries.push(read.entry);
            }
        }
        Ok(rest)
    }

    /// Reads the gaps again until no new entry appears. A store may read keys one after another, and pages are read one
    /// after another: two readers could each see an entry that the other does not, and give two states one version.
    /// Entries never change, so the entries on which two reads agree existed at one moment (a double collect), and of
    /// any two such histories one contains the other. A history without a gap needs only one read.
    fn read_until_stable(&self, history: &mut History, at_least: u64) -> Result<(), StoreError> {
        loop {
            let mut known = history.entries.iter().map(|entry| entry.sequence).peekable();
            let missing: Vec<u64> = (1..=at_least.max(history.last_sequence()).saturating_add(LOOK_AHEAD.slots))
                .filter(|sequence| known.next_if_eq(sequence).is_none())
                .collect();
            if missing.first().is_none_or(|first| *first > history.last_sequence()) {
                return Ok(());
            }
            let before = history.entries.len();
            for chunk in missing.chunks(usize::try_from(MAX_ENTRIES_PER_READ).unwrap_or(usize::MAX)) {
                self.read_entries(history, chunk.to_vec(), &[])?;
            }
            if history.entries.len() == before {
                return Ok(());
            }
            let mut in_order: Vec<Entry> = Vec::with_capacity(history.entries.len());
            for entry in history.entries.drain(..) {
                in_order.insert(in_order.partition_point(|before| before.sequence < entry.sequence), entry);
            }
            history.entries = in_order;
            history.changed.sort_unstable();
        }
    }

    /// Allocates the next number of a counter.
    pub(crate) fn allocate(&self, counter: &str) -> Result<u64, StoreError> {
        let allocated = self.store.increment(counter, 1)?;
        u64::try_from(allocated).ok().filter(|number| *number > 0).ok_or_else(|| StoreError::Unreadable {
            key: counter.to_owned(),
            problem: "a counter that is not above zero".to_owned(),
        })
    }
}
