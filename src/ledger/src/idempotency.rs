//! One command, one effect: the answer to an idempotency key is kept and given again, and only one request at a time
//! works on a key. A request that died is taken over by a repetition of it, once its lease is over.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tollbridge_domain::{IdempotencyKey, SiteName, Timestamp};

use crate::slots::write;
use crate::{LEASE_MILLISECONDS, Ledger, StoreError, Writes, keys, stored};

/// What a command was answered, to be given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredResponse {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// Where the payment is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The body.
    pub body: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    digest: String,
    pub(crate) at: Timestamp,
    /// Which attempt at the command wrote this, from 1.
    pub(crate) attempt: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<StoredResponse>,
}

/// The right to carry out the command of one idempotency key.
#[derive(Clone, Debug)]
pub struct Claim {
    hash: String,
    digest: String,
    attempt: u32,
}

impl Claim {
    /// What stands for its key in the store.
    pub(crate) fn hash(&self) -> String {
        self.hash.clone()
    }

    /// Where it is written that the claim was taken over.
    pub(crate) fn fence(&self, site: &SiteName) -> String {
        keys::idempotency_fence(site, &self.hash, self.attempt)
    }
}

/// How many attempts before the own one are fenced. Each took over from the one before and fenced that, unless it died first.
const MOST_FENCED: u32 = 16;

/// What is known of a command's idempotency key.
#[derive(Debug)]
pub enum Known {
    /// The command was carried out: give this answer again.
    Replay(StoredResponse),
    /// The key was used for another request.
    OtherRequest,
    /// Another request is working on it, for at most this many milliseconds more.
    Running {
        /// At most this long.
        milliseconds: i64,
    },
    /// The request that worked on it died: the attempt after this one may take it over.
    Abandoned {
        /// The attempt that died.
        attempt: u32,
    },
}

/// What stands for a key in the store. Callers choose keys, so a key may itself say something of a customer.
fn hash(key: &IdempotencyKey) -> String {
    base16ct::lower::encode_string(&Sha256::digest(key.as_str().as_bytes()))
}

impl Ledger<'_> {
    /// What is known of this key, without claiming it: none when it is new.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn known(&self, key: &IdempotencyKey, digest: &str) -> Result<Option<Known>, StoreError> {
        let key = keys::idempotency(&self.site, &hash(key));
        let Some(value) = self.store.get_many(core::slice::from_ref(&key))?.into_iter().next().flatten() else {
            return Ok(None);
        };
        let record: Record = stored::read(&key, &value)?;
        Ok(Some(match record.answer {
            _ if record.digest != digest => Known::OtherRequest,
            Some(answer) => Known::Replay(answer),
            None => self.running_since(record.at, record.attempt),
        }))
    }

    fn running_since(&self, at: Timestamp, attempt: u32) -> Known {
        let passed = self.clock.now().milliseconds().saturating_sub(at.milliseconds());
        match LEASE_MILLISECONDS.saturating_sub(passed) {
            left @ 1.. => Known::Running { milliseconds: left.clamp(1_000, LEASE_MILLISECONDS) },
            _ => Known::Abandoned { attempt },
        }
    }

    /// Claims an attempt at a command: the first where [`Ledger::known`] said nothing, and the one after an abandoned
    /// one. Of any number of requests, one gets it; the others are told what is known by then.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn claim(&self, key: &IdempotencyKey, digest: &str, attempt: u32) -> Result<Result<Claim, Known>, StoreError> {
        let hash = hash(key);
        if self.allocate(&keys::idempotency_claim(&self.site, &hash, attempt))? == 1 {
            let claim = Claim { hash, digest: digest.to_owned(), attempt };
            if attempt > 1 {
                // The lease begins anew before anything is done on it. Whoever held the claim before, and is only slow, must
                // not send anything any more: from now on, either the command is in the ledger, or it is not sent.
                let mut writes = self.running(&claim)?;
                for before in attempt.saturating_sub(MOST_FENCED).max(1)..attempt {
                    writes.push(write(&keys::idempotency_fence(&self.site, &claim.hash, before), &true)?);
                }
                self.store.set_many(&writes)?;
            }
            return Ok(Ok(claim));
        }
        Ok(Err(match self.known(key, digest)? {
            Some(Known::Abandoned { attempt: written }) if written < attempt => {
                self.drawn_without_record(&hash, attempt)?
            }
            None => self.drawn_without_record(&hash, attempt)?,
            Some(known) => known,
        }))
    }

    /// Whoever drew this attempt has not written its record: it is about to, or it died. Nothing says when it drew, so
    /// the lease is counted from when that was first seen.
    fn drawn_without_record(&self, hash: &str, attempt: u32) -> Result<Known, StoreError> {
        let key = keys::idempotency_claim_seen(&self.site, hash, attempt);
        if let Some(seen) = self.store.get_many(core::slice::from_ref(&key))?.into_iter().next().flatten() {
            return Ok(self.running_since(stored::read(&key, &seen)?, attempt));
        }
        let now = stored::write(&key, &self.clock.now())?;
        self.store.set_many(&[(key, now)])?;
        Ok(Known::Running { milliseconds: LEASE_MILLISECONDS })
    }

    /// The record that a claim is being worked on, to be written with the first thing that it does.
    ///
    /// # Errors
    /// It cannot be written as text.
    pub fn running(&self, claim: &Claim) -> Result<Writes, StoreError> {
        self.record(claim, None)
    }

    /// The record of the answer, to be written with the outcome that it tells of.
    ///
    /// # Errors
    /// It cannot be written as text.
    pub fn answered(&self, claim: &Claim, answer: StoredResponse) -> Result<Writes, StoreError> {
        self.record(claim, Some(answer))
    }

    /// Writes the answer by itself, where what it tells of is durable already.
    ///
    /// # Errors
    /// The store did not take it.
    pub fn settle(&self, claim: &Claim, answer: StoredResponse) -> Result<(), StoreError> {
        self.store.set_many(&self.answered(claim, answer)?)
    }

    fn record(&self, claim: &Claim, answer: Option<StoredResponse>) -> Result<Writes, StoreError> {
        let key = keys::idempotency(&self.site, &claim.hash);
        let record = Record { digest: claim.digest.clone(), at: self.clock.now(), attempt: claim.attempt, answer };
        let value = stored::write(&key, &record)?;
        Ok(vec![(key, value)])
    }
}
