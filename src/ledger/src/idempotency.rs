//! One command, one effect: the answer to an idempotency key is kept and given again, and only one request at a time
//! works on a key.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tollbridge_domain::{IdempotencyKey, Timestamp};

use crate::{LEASE_MILLISECONDS, Ledger, StoreError, Writes, keys, stored};

/// What a command was answered, to be given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
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
struct Record {
    digest: String,
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
}

/// The right to carry out the command of one idempotency key.
#[derive(Clone, Debug)]
pub struct Claim {
    hash: String,
    digest: String,
}

/// What is known of a command's idempotency key.
#[derive(Debug)]
pub enum Known {
    /// The command was carried out: give this answer again.
    Replay(Answer),
    /// The key was used for another request.
    OtherRequest,
    /// Another request is working on it, for at most this many milliseconds more.
    Running {
        /// At most this long.
        milliseconds: i64,
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
            None => {
                let passed = self.clock.now().milliseconds().saturating_sub(record.at.milliseconds());
                Known::Running {
                    milliseconds: LEASE_MILLISECONDS.saturating_sub(passed).clamp(1_000, LEASE_MILLISECONDS),
                }
            }
        }))
    }

    /// Claims a key that [`Ledger::known`] said nothing of. Of any number of requests, one gets it; the others are told
    /// what is known by then.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn claim(&self, key: &IdempotencyKey, digest: &str) -> Result<Result<Claim, Known>, StoreError> {
        let hash = hash(key);
        if self.draw(&keys::idempotency_claim(&self.site, &hash, 1))? == 1 {
            return Ok(Ok(Claim { hash, digest: digest.to_owned() }));
        }
        // Whoever drew 1 has written its record by now, or is about to.
        Ok(Err(self.known(key, digest)?.unwrap_or(Known::Running { milliseconds: 1_000 })))
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
    pub fn answered(&self, claim: &Claim, answer: Answer) -> Result<Writes, StoreError> {
        self.record(claim, Some(answer))
    }

    fn record(&self, claim: &Claim, answer: Option<Answer>) -> Result<Writes, StoreError> {
        let key = keys::idempotency(&self.site, &claim.hash);
        let record = Record { digest: claim.digest.clone(), at: self.clock.now(), answer };
        let value = stored::write(&key, &record)?;
        Ok(vec![(key, value)])
    }
}
