//! A payment's entries: reading all that are there, and finding the payment that news is about.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tollbridge_domain::{
    CorrelationId, Currency, Entry, EventId, Fact, OperationReference, OperationRequest, Payment, PaymentReference,
    Timestamp, TransactionId,
};

use crate::personal::{Sealed, SealedPart};
use crate::record::Records;
use crate::slots::Reach;
use crate::{Ledger, StoreError, SyncState, keys, stored};

/// What the store has under keys, in their order.
type Values = Vec<Option<Vec<u8>>>;

/// How far is read beyond the last entry that is there. Numbers that were allocated and not written yet stand between
/// entries, so one absent entry says nothing.
pub(crate) const REACH: Reach = Reach { look_ahead: 16, block: 16 };

/// How many entries are read at once, so that no question to the store is without bound.
const MOST_AT_ONCE: u64 = 1024;

/// More entries than any payment has: a counter above it is not one of ours.
pub(crate) const MOST_ENTRIES: u64 = 1 << 20;

/// The stored form of an entry: its content as it was written, and the MAC over exactly that.
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
    /// What the provider sent, as it came, where it is text. Written by versions that sealed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) raw: Option<String>,
    /// What is personal, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sealed: Option<String>,
    /// The number of its journal entry. Older versions did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) journal: Option<u64>,
}

/// A payment's entries and what Salesforce was told of them.
#[derive(Clone, Debug)]
pub struct History {
    /// The payment.
    pub reference: PaymentReference,
    /// The entries that are there, by sequence number.
    pub entries: Vec<Entry>,
    /// What Salesforce was last told.
    pub sync_state: SyncState,
    /// The later attempt for the same record that has taken this one's place.
    pub superseded_by: Option<PaymentReference>,
    /// The records that it is for, with their other payments.
    pub records: Records,
    /// The entries that are not as they were written.
    pub changed: Vec<u64>,
    /// What the provider sent, as it came, by the entry that was made of it; where it is sealed, not before it is opened.
    pub raw: BTreeMap<u64, String>,
    /// The entries with the numbers of their journal entries.
    pub(crate) journal: Vec<(u64, u64)>,
    /// When it began to be read, by the clock that never steps.
    pub(crate) read_at: i64,
    /// What is sealed, until it is opened.
    pub(crate) sealed: Sealed,
}

impl History {
    /// The payment that the entries make; none when there are none.
    #[must_use]
    pub fn payment(&self, fallback: Currency) -> Option<Payment> {
        self.payment_of(&self.entries, fallback)
    }

    /// The payment that these entries make in the place of those that were read.
    pub(crate) fn payment_of(&self, entries: &[Entry], fallback: Currency) -> Option<Payment> {
        let payment = Payment::fold(&self.reference, entries, fallback)?;
        let payment = if self.superseded_by.is_some() { payment.superseded() } else { payment };
        Some(payment.tampered_with(&self.changed))
    }

    /// Whether this news is here already.
    #[must_use]
    pub fn knows(&self, event: &EventId) -> bool {
        self.entries.iter().any(|entry| matches!(&entry.fact, Fact::Event(known) if known.id == *event))
    }

    /// The first entry that says this event, where Salesforce shows none that does.
    #[must_use]
    pub fn unshown(&self, event: &EventId) -> Option<u64> {
        let says_it = |entry: &&Entry| entry.fact.event().is_some_and(|known| known.id == *event);
        let mut entries = self.entries.iter().filter(says_it).map(|entry| entry.sequence);
        let first = entries.next()?;
        let is_shown = self.sync_state.reflects(first) || entries.any(|sequence| self.sync_state.reflects(sequence));
        (!is_shown).then_some(first)
    }

    /// The request that this command made, if it made one and did not withdraw it. A command is named by its digest.
    #[must_use]
    pub fn request_of(&self, digest: &str) -> Option<(&Entry, &OperationRequest)> {
        let is_withdrawn = |number: u64| {
            self.entries.iter().any(|entry| matches!(entry.fact, Fact::Withdrawn { operation } if operation == number))
        };
        let mut requests = self.entries.iter().filter_map(|entry| Some((entry, entry.fact.request()?)));
        requests.find(|(entry, request)| request.digest == digest && !is_withdrawn(entry.sequence))
    }

    /// The entries that ask for an operation; none stands for the one that opened the payment, which may be asked for more
    /// than once where its command was taken over.
    #[must_use]
    pub fn requests_of(&self, operation: Option<u64>) -> Vec<u64> {
        let opens = |entry: &&Entry| entry.fact.request().is_some_and(|request| request.operation.opens().is_some());
        match operation {
            Some(number) => vec![number],
            None => self.entries.iter().filter(opens).map(|entry| entry.sequence).collect(),
        }
    }

    /// The number of the last entry that is there; 0 for none.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.sequence)
    }
}

impl Ledger<'_> {
    /// All entries of a payment.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn history(&self, reference: &PaymentReference) -> Result<History, StoreError> {
        self.history_reaching(reference, self.last_allocated(reference)?)
    }

    pub(crate) fn last_allocated(&self, reference: &PaymentReference) -> Result<u64, StoreError> {
        let counter = keys::payment_counter(&self.site, reference);
        let last = u64::try_from(self.store.increment(&counter, 0)?).unwrap_or(0);
        if last > MOST_ENTRIES {
            let problem = format!("a counter above {MOST_ENTRIES}");
            return Err(StoreError::Unreadable { key: counter, problem });
        }
        Ok(last)
    }

    /// The entries of a payment, all of those up to this sequence number, and those that follow closely; without asking
    /// the counter, which costs a write on some stores.
    ///
    /// # Errors
    /// As [`Ledger::history`].
    pub fn history_reaching(&self, reference: &PaymentReference, sequence: u64) -> Result<History, StoreError> {
        self.history_with(reference, sequence, &[], Sealed::default()).map(|(history, _)| history)
    }

    /// The payment that a reference and transactions of the provider belong to. Its history is empty when nobody here
    /// asked for it and nothing was heard of it.
    ///
    /// # Errors
    /// As [`Ledger::history`].
    pub fn find(
        &self,
        reference: Option<&OperationReference>,
        transactions: &[&TransactionId],
    ) -> Result<Option<History>, StoreError> {
        let keys: Vec<String> = transactions.iter().map(|id| keys::transaction(&self.site, id)).collect();
        let owners = match reference {
            Some(reference) => {
                let (history, owners) = self.history_with(&reference.payment, 0, &keys, Sealed::default())?;
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
        sealed: Sealed,
    ) -> Result<(History, Values), StoreError> {
        let sync_state_key = keys::sync_state(&self.site, reference);
        let mut history = History {
            reference: reference.clone(),
            entries: Vec::new(),
            sync_state: SyncState::default(),
            superseded_by: None,
            records: Records::default(),
            changed: Vec::new(),
            raw: BTreeMap::new(),
            journal: Vec::new(),
            read_at: self.clock.elapsed_milliseconds(),
            sealed,
        };
        let end = |last_sequence: u64| at_least.max(last_sequence).saturating_add(REACH.look_ahead);
        let mut first = 1;
        let mut found_others = Vec::new();
        let mut is_bridged = false;
        while is_bridged || first <= end(history.last_sequence()) {
            let growing = first.saturating_mul(2).max(2 * REACH.look_ahead);
            let last = end(history.last_sequence()).max(growing).min(first.saturating_add(MOST_AT_ONCE));
            let last = REACH.end_of_block(last);
            let mut asked = vec![keys::payment_block(&self.site, reference, REACH.block_of(last.saturating_add(1)))];
            if first == 1 {
                asked.push(sync_state_key.clone());
                asked.extend_from_slice(others);
            }
            let mut rest = self.read_entries(&mut history, (first..=last).collect(), &asked)?.into_iter();
            is_bridged = rest.next().flatten().is_some() && last < MOST_ENTRIES;
            if first == 1 {
                if let Some(sync_state) = rest.next().flatten() {
                    history.sync_state = self.read_sync_state(reference, &sync_state_key, &sync_state)?;
                }
                found_others = rest.collect();
            }
            first = last.saturating_add(1);
        }
        self.read_until_settled(&mut history, at_least)?;
        self.read_records(&mut history)?;
        Ok((history, found_others))
    }

    /// Reads the entries of these numbers into a history, and what is under other keys beside them.
    fn read_entries(
        &self,
        history: &mut History,
        sequences: Vec<u64>,
        beside: &[String],
    ) -> Result<Values, StoreError> {
        let entry_key = |sequence: &u64| keys::payment_entry(&self.site, &history.reference, *sequence);
        let mut keys: Vec<String> = sequences.iter().map(entry_key).collect();
        if history.sealed.with_keys {
            // After the entries: where a store reads one key after another, the key of every entry found is there.
            keys.extend(sequences.iter().map(|sequence| keys::data_key(&self.site, &history.reference, *sequence)));
        }
        let own = keys.len();
        keys.extend_from_slice(beside);
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

    /// Reads what is missing again, until nothing new is found. A store may read keys one after another, and pages are read
    /// so: two readers could each see an entry that the other does not, with one version for two states. Entries never
    /// change, so what two readings agree on was there at one moment (a double collect), and of any two such histories
    /// one is part of the other. Without a hole one reading is enough.
    fn read_until_settled(&self, history: &mut History, at_least: u64) -> Result<(), StoreError> {
        loop {
            let mut known = history.entries.iter().map(|entry| entry.sequence).peekable();
            let missing: Vec<u64> = (1..=at_least.max(history.last_sequence()).saturating_add(REACH.look_ahead))
                .filter(|sequence| known.next_if_eq(sequence).is_none())
                .collect();
            if missing.first().is_none_or(|first| *first > history.last_sequence()) {
                return Ok(());
            }
            let before = history.entries.len();
            for some in missing.chunks(usize::try_from(MOST_AT_ONCE).unwrap_or(usize::MAX)) {
                self.read_entries(history, some.to_vec(), &[])?;
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

    /// Draws the next number of a counter.
    pub(crate) fn allocate(&self, counter: &str) -> Result<u64, StoreError> {
        let drawn = self.store.increment(counter, 1)?;
        u64::try_from(drawn).ok().filter(|number| *number > 0).ok_or_else(|| StoreError::Unreadable {
            key: counter.to_owned(),
            problem: "a counter that is not above zero".to_owned(),
        })
    }
}
