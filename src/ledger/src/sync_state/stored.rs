//! The stored form of a sync state. Older versions wrote it, and later ones must read it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tollbridge_domain::Timestamp;

use super::{ConfirmedState, Failure, InquirySlot, QueuePosition, RecordName, Retry, SyncState};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoredSyncState {
    version: u64,
    reported: u64,
    sequences: BTreeSet<u64>,
    records: BTreeMap<RecordName, BTreeMap<String, Box<RawValue>>>,
    inserted: BTreeSet<RecordName>,
    #[serde(default)]
    attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_attempt: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    #[serde(default, rename = "begun", skip_serializing_if = "is_zero")]
    crash_count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    review: Option<QueuePosition>,
    #[serde(default, rename = "notedAt", skip_serializing_if = "Option::is_none")]
    written_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record_as_of: Option<Timestamp>,
    #[serde(default, rename = "question", skip_serializing_if = "Option::is_none")]
    inquiry: Option<InquirySlot>,
}

/// Serde passes a reference to `skip_serializing_if`.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl From<StoredSyncState> for SyncState {
    fn from(stored: StoredSyncState) -> Self {
        let StoredSyncState { version, reported, sequences, records, inserted, record_as_of, .. } = stored;
        let StoredSyncState { attempts, next_attempt, failure, crash_count, review, inquiry, written_at, .. } = stored;
        Self {
            confirmed: ConfirmedState { version, reported, sequences, records, inserted, record_as_of },
            retry: Retry { attempts, next_attempt, failure, crash_count },
            review,
            inquiry,
            written_at,
        }
    }
}

impl From<SyncState> for StoredSyncState {
    fn from(state: SyncState) -> Self {
        let SyncState { confirmed, retry, review, inquiry, written_at } = state;
        let ConfirmedState { version, reported, sequences, records, inserted, record_as_of } = confirmed;
        let Retry { attempts, next_attempt, failure, crash_count } = retry;
        Self {
            version,
            reported,
            sequences,
            records,
            inserted,
            attempts,
            next_attempt,
            failure,
            crash_count,
            review,
            written_at,
            record_as_of,
            inquiry,
        }
    }
}
