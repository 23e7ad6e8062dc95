//! The form in which a sync state is stored. Versions of this code before wrote it so, and later ones read it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tollbridge_domain::Timestamp;

use super::{Delivered, Failure, QueuePosition, RecordName, Retry, SyncState};
use crate::InquirySlot;

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    noted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record_as_of: Option<Timestamp>,
    #[serde(default, rename = "question", skip_serializing_if = "Option::is_none")]
    inquiry: Option<InquirySlot>,
}

/// Of the serialiser's own making: it hands over a reference.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl From<StoredSyncState> for SyncState {
    fn from(stored: StoredSyncState) -> Self {
        let StoredSyncState { version, reported, sequences, records, inserted, record_as_of, .. } = stored;
        let StoredSyncState { attempts, next_attempt, failure, crash_count, review, inquiry, noted_at, .. } = stored;
        Self {
            delivered: Delivered { version, reported, sequences, records, inserted, record_as_of },
            retry: Retry { attempts, next_attempt, failure, crash_count },
            review,
            inquiry,
            noted_at,
        }
    }
}

impl From<SyncState> for StoredSyncState {
    fn from(state: SyncState) -> Self {
        let SyncState { delivered, retry, review, inquiry, noted_at } = state;
        let Delivered { version, reported, sequences, records, inserted, record_as_of } = delivered;
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
            noted_at,
            record_as_of,
            inquiry,
        }
    }
}
