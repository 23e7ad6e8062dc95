//! A site's pause: while the whole organisation refuses or is silent, it is not asked for every payment anew. What is to be
//! told stays open in the journal, one record says so for the site, and the organisation is asked again after waits that
//! grow. The same record counts the calls that were not answered, as long as they are too few for a pause.

use serde::{Deserialize, Serialize};
use tollbridge_domain::Timestamp;
use tollbridge_ledger::StoreError;

use super::refusal::{Refusal, RetryPolicy, below};
use crate::config::Site;
use crate::ports::{Ports, Random};

const MINUTE: i64 = 60_000;

/// No wait is longer.
const LONGEST: i64 = 120 * MINUTE;

/// How many calls in a row are not answered before the site pauses. Each holds an instance for as long as the site's
/// `timeouts.salesforce` allows; one alone may be a slow trigger, or a connection that was lost.
const SILENCES: u32 = 3;

/// Why and how long a site's organisation is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CircuitBreaker {
    /// What the organisation refuses with.
    pub code: String,
    /// In words for a person, without values.
    pub message: String,
    /// When it first refused.
    pub since: Timestamp,
    /// How often in a row it refused or was silent.
    pub attempts: u32,
    /// Not to be asked before. As long as it does not pause this is when it was first silent.
    pub until: Timestamp,
}

impl CircuitBreaker {
    pub(super) fn key(site: &Site) -> String {
        format!("sf/{}@", site.name)
    }

    /// The pause that follows from a refusal, longer than the one before it.
    pub(super) fn after(before: Option<&Self>, refusal: &Refusal, now: Timestamp, random: &dyn Random) -> Self {
        let attempts = before.map_or(0, |pause| pause.attempts).saturating_add(1);
        let first = match refusal.retry_policy {
            // A limit of a day's calls is not over in a minute.
            RetryPolicy::Limit => 15 * MINUTE,
            RetryPolicy::Organisation
            | RetryPolicy::Paused
            | RetryPolicy::StaleWrite
            | RetryPolicy::Transient
            | RetryPolicy::Silent
            | RetryPolicy::FewTries
            | RetryPolicy::Late
            | RetryPolicy::Person => MINUTE,
        };
        let doubled = 1_i64.checked_shl(attempts.saturating_sub(1).min(20)).unwrap_or(1);
        let longest = first.saturating_mul(doubled).min(LONGEST);
        // Half of it is certain, so that the wait grows whatever is drawn.
        let wait = longest.div_euclid(2).saturating_add(below(longest.div_euclid(2), random));
        Self {
            code: refusal.code.clone(),
            message: refusal.message.clone(),
            since: before.map_or(now, |pause| pause.since),
            attempts,
            until: now.plus_milliseconds(wait),
        }
    }

    /// What follows from one more call that was not answered: a pause, where it is one of several in a row or the first
    /// after a pause; nothing, where the site pauses since another call.
    pub(super) fn after_silence(
        before: Option<&Self>,
        refusal: &Refusal,
        now: Timestamp,
        random: &dyn Random,
    ) -> Option<Self> {
        if before.is_some_and(|before| !before.lets_ask(now)) {
            return None;
        }
        let pause = before.filter(|before| before.is_pause());
        let silences = before.map_or(0, |before| before.attempts).saturating_add(1);
        if pause.is_some() || silences >= SILENCES {
            return Some(Self::after(pause, refusal, now, random));
        }
        let since = before.map_or(now, |before| before.since);
        Some(Self { since, attempts: silences, until: since, ..Self::after(None, refusal, now, random) })
    }

    /// Whether it is more than a count of what was not answered.
    pub(super) fn is_pause(&self) -> bool {
        self.until > self.since
    }

    /// Whether the organisation may be asked now.
    pub(super) fn lets_ask(&self, now: Timestamp) -> bool {
        !self.is_pause() || self.until <= now
    }

    /// The record that says so, or that it is over.
    pub(super) fn record(site: &Site, pause: Option<&Self>) -> (String, Vec<u8>) {
        // Plain fields always make JSON.
        (Self::key(site), serde_json::to_vec(&pause).unwrap_or_else(|_| b"null".to_vec()))
    }

    pub(super) fn read(key: &str, value: Option<Vec<u8>>) -> Result<Option<Self>, StoreError> {
        let Some(value) = value else { return Ok(None) };
        serde_json::from_slice(&value)
            .map_err(|error| StoreError::Unreadable { key: key.to_owned(), problem: error.to_string() })
    }

    /// The site's pause, if its organisation refuses or is silent.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn of(ports: Ports<'_>, site: &Site) -> Result<Option<Self>, StoreError> {
        let key = Self::key(site);
        let value = ports.store.get_many(core::slice::from_ref(&key))?.into_iter().next().flatten();
        Ok(Self::read(&key, value)?.filter(Self::is_pause))
    }

    /// The same, and what is kept under another key, in one question to the store.
    ///
    /// # Errors
    /// The store does not answer, or holds a pause that cannot be read.
    pub fn with(ports: Ports<'_>, site: &Site, other: String) -> Result<(Option<Self>, Option<Vec<u8>>), StoreError> {
        let keys = [Self::key(site), other];
        let mut values = ports.store.get_many(&keys)?.into_iter();
        let [key, _] = &keys;
        let pause = Self::read(key, values.next().flatten())?.filter(Self::is_pause);
        Ok((pause, values.next().flatten()))
    }
}
