//! Idempotency: one command has one effect. The response to an idempotency key is stored and repeated, and only one
//! request at a time works on a key. When a request dies, a repetition takes its command over once the lease is over.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tollbridge_domain::{IdempotencyKey, SiteName, Timestamp};

use crate::slots::write;
use crate::{LEASE_MILLISECONDS, Ledger, StoreError, Writes, keys, stored};

/// The response to a command, as every repetition gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredResponse {
    /// The HTTP status.
    pub status: u16,
    /// The value of `Content-Type`.
    pub content_type: String,
    /// The value of `Location`: the path of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The body as text.
    pub body: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IdempotencyRecord {
    digest: String,
    pub(crate) at: Timestamp,
    /// The attempt at the command that wrote this, from 1.
    pub(crate) attempt: u32,
    #[serde(default, rename = "answer", skip_serializing_if = "Option::is_none")]
    pub(crate) response: Option<StoredResponse>,
}

/// The right to carry out the command of one idempotency key.
#[derive(Clone, Debug)]
pub struct Claim {
    hash: String,
    digest: String,
    attempt: u32,
}

impl Claim {
    /// The hash that stands for the key in the store.
    pub(crate) fn hash(&self) -> String {
        self.hash.clone()
    }

    /// The key of the fence that says that another request took the claim over.
    pub(crate) fn fence(&self, site: &SiteName) -> String {
        keys::idempotency_fence(site, &self.hash, self.attempt)
    }
}

/// How many earlier attempts a claim fences. Each one took over from the one before it and fenced that, unless it died
/// first.
const MAX_FENCED: u32 = 16;

/// The state of an idempotency key.
#[derive(Debug)]
pub enum KeyState {
    /// The command was carried out: repeat this response.
    Replay(StoredResponse),
    /// The key was used for another request.
    OtherRequest,
    /// Another request is working on the command.
    Running {
        /// How long at most its lease lasts from now.
        milliseconds: i64,
    },
    /// The request that worked on the command died: the next attempt may take it over.
    Abandoned {
        /// The attempt that died.
        attempt: u32,
    },
}

/// The outcome of claiming a command.
#[derive(Debug)]
pub enum ClaimOutcome {
    /// The caller has the claim.
    Claimed(Claim),
    /// Another request has it. This is the state of the key.
    Known(KeyState),
}

impl ClaimOutcome {
    /// The claim, or the state of the key.
    ///
    /// # Errors
    /// Another request has the claim.
    pub fn into_result(self) -> Result<Claim, KeyState> {
        match self {
            Self::Claimed(claim) => Ok(claim),
            Self::Known(state) => Err(state),
        }
    }
}

/// The hash of a key in the store. Callers choose keys, so a key may itself contain data of a customer.
fn hash(key: &IdempotencyKey) -> String {
    base16ct::lower::encode_string(&Sha256::digest(key.as_str().as_bytes()))
}

impl Ledger<'_> {
    /// Reads the state of this key without claiming it; `None` if the key is new.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn key_state(&self, key: &IdempotencyKey, digest: &str) -> Result<Option<KeyState>, StoreError> {
        let key = keys::idempotency(&self.site, &hash(key));
        let Some(value) = self.store.get_many(core::slice::from_ref(&key))?.into_iter().next().flatten() else {
            return Ok(None);
        };
        let record: IdempotencyRecord = stored::read(&key, &value)?;
        Ok(Some(match record.response {
            _ if record.digest != digest => KeyState::OtherRequest,
            Some(response) => KeyState::Replay(response),
            None => self.running_since(record.at, record.attempt),
        }))
    }

    fn running_since(&self, at: Timestamp, attempt: u32) -> KeyState {
        let passed = self.clock.now().milliseconds().saturating_sub(at.milliseconds());
        match LEASE_MILLISECONDS.saturating_sub(passed) {
            left @ 1.. => KeyState::Running { milliseconds: left.clamp(1_000, LEASE_MILLISECONDS) },
            _ => KeyState::Abandoned { attempt },
        }
    }

    /// Claims an attempt at a command: the first if [`Ledger::key_state`] is `None`, or the one after an abandoned
    /// attempt. Of several requests, one gets the claim; the others get the state of the key.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn claim(&self, key: &IdempotencyKey, digest: &str, attempt: u32) -> Result<ClaimOutcome, StoreError> {
        let hash = hash(key);
        if self.allocate(&keys::idempotency_claim(&self.site, &hash, attempt))? == 1 {
            let claim = Claim { hash, digest: digest.to_owned(), attempt };
            if attempt > 1 {
                // The lease begins again before the command does anything. The previous holder may only be slow, and
                // must not send anything any more: from now on, either its operation is in the ledger, or it is not
                // sent.
                let mut writes = self.running(&claim)?;
                for before in attempt.saturating_sub(MAX_FENCED).max(1)..attempt {
                    writes.push(write(&keys::idempotency_fence(&self.site, &claim.hash, before), &true)?);
                }
                self.store.set_many(&writes)?;
            }
            return Ok(ClaimOutcome::Claimed(claim));
        }
        Ok(ClaimOutcome::Known(match self.key_state(key, digest)? {
            Some(KeyState::Abandoned { attempt: written }) if written < attempt => {
                self.unrecorded_claim(&hash, attempt)?
            }
            None => self.unrecorded_claim(&hash, attempt)?,
            Some(known) => known,
        }))
    }

    /// The state of an attempt that was claimed and has no record: its request is about to write it, or died. Nothing
    /// says when it was claimed, so its lease begins when a request first sees it.
    fn unrecorded_claim(&self, hash: &str, attempt: u32) -> Result<KeyState, StoreError> {
        let key = keys::idempotency_claim_seen(&self.site, hash, attempt);
        if let Some(seen) = self.store.get_many(core::slice::from_ref(&key))?.into_iter().next().flatten() {
            return Ok(self.running_since(stored::read(&key, &seen)?, attempt));
        }
        let now = stored::write(&key, &self.clock.now())?;
        self.store.set_many(&[(key, now)])?;
        Ok(KeyState::Running { milliseconds: LEASE_MILLISECONDS })
    }

    /// The record that a request is working on the command, to be written with the first effect of the command.
    ///
    /// # Errors
    /// The record cannot be serialized.
    pub fn running(&self, claim: &Claim) -> Result<Writes, StoreError> {
        self.claim_record(claim, None)
    }

    /// The record of the response, to be written with the outcome that it reports.
    ///
    /// # Errors
    /// The record cannot be serialized.
    pub fn completed(&self, claim: &Claim, response: StoredResponse) -> Result<Writes, StoreError> {
        self.claim_record(claim, Some(response))
    }

    /// Writes the response on its own, for an outcome that is durable already.
    ///
    /// # Errors
    /// The store did not confirm the write.
    pub fn store_response(&self, claim: &Claim, response: StoredResponse) -> Result<(), StoreError> {
        self.store.set_many(&self.completed(claim, response)?)
    }

    fn claim_record(&self, claim: &Claim, response: Option<StoredResponse>) -> Result<Writes, StoreError> {
        let key = keys::idempotency(&self.site, &claim.hash);
        let record =
            IdempotencyRecord { digest: claim.digest.clone(), at: self.clock.now(), attempt: claim.attempt, response };
        let value = stored::write(&key, &record)?;
        Ok(vec![(key, value)])
    }
}
