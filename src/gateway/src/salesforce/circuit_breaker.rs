//! A site's circuit breaker. While the whole organisation refuses calls or times out, it is not called again for every
//! payment. Entries stay open in the journal, one record for the site holds the open circuit breaker, and calls are
//! tried again after growing intervals. While it is closed, the same record counts timed-out calls in a row.

use serde::{Deserialize, Serialize};
use tollbridge_domain::Timestamp;
use tollbridge_domain::durations::{MINUTE, backoff};
use tollbridge_ledger::StoreError;

use super::refusal::{Refusal, RetryPolicy, random_below};
use crate::config::Site;
use crate::ports::{Ports, Random};

/// The longest interval between two calls to an organisation that refuses them.
const MAX_INTERVAL: i64 = 120 * MINUTE;

/// How many timed-out calls in a row open the circuit breaker. Each holds an instance for as long as the site's
/// `timeouts.salesforce` allows. A single one may be a slow trigger, or a lost connection.
const MAX_TIMEOUTS: u32 = 3;

/// Why and until when a site's organisation is not called, or a count of timeouts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CircuitBreaker {
    /// The error code with which the organisation refuses.
    pub code: String,
    /// In words, without values of fields.
    pub message: String,
    /// When it first refused or timed out.
    pub since: Timestamp,
    /// How often in a row it refused or timed out.
    pub attempts: u32,
    /// No call before this time. While the circuit breaker is closed, this equals `since`.
    pub until: Timestamp,
}

impl CircuitBreaker {
    pub(super) fn key(site: &Site) -> String {
        format!("sf/{}@", site.name)
    }

    /// The circuit breaker opened by a refusal, for longer than the one `before` it.
    pub(super) fn opened_by(before: Option<&Self>, refusal: &Refusal, now: Timestamp, random: &dyn Random) -> Self {
        let attempts = before.map_or(0, |breaker| breaker.attempts).saturating_add(1);
        let first = match refusal.retry_policy {
            // A daily limit does not end within a minute.
            RetryPolicy::QuotaExceeded => 15 * MINUTE,
            RetryPolicy::OrganisationFault
            | RetryPolicy::CircuitOpen
            | RetryPolicy::StaleWrite
            | RetryPolicy::Transient
            | RetryPolicy::TimedOut
            | RetryPolicy::FewRetries
            | RetryPolicy::RetrySlowly
            | RetryPolicy::Review => MINUTE,
        };
        let longest = backoff(first, attempts.saturating_sub(1), MAX_INTERVAL);
        // Half of the interval is fixed, so that it grows in spite of the jitter.
        let wait = longest.div_euclid(2).saturating_add(random_below(longest.div_euclid(2), random));
        let until = match refusal.not_before {
            // Salesforce is only busy, and says for how long.
            Some(not_before) if !refusal.retry_policy.is_organisation_wide() => not_before,
            not_before => not_before.max(Some(now.plus_milliseconds(wait))).unwrap_or(now),
        };
        Self {
            code: refusal.code.clone(),
            message: refusal.message.clone(),
            since: before.map_or(now, |breaker| breaker.since),
            attempts,
            until,
        }
    }

    /// The circuit breaker after one more timed-out call. It opens after several in a row, or where it was open before.
    /// None where another call has opened it meanwhile.
    pub(super) fn after_timeout(
        before: Option<&Self>,
        refusal: &Refusal,
        now: Timestamp,
        random: &dyn Random,
    ) -> Option<Self> {
        if before.is_some_and(|before| !before.allows_call(now)) {
            return None;
        }
        let breaker = before.filter(|before| before.is_open());
        let timeouts = before.map_or(0, |before| before.attempts).saturating_add(1);
        if breaker.is_some() || timeouts >= MAX_TIMEOUTS {
            return Some(Self::opened_by(breaker, refusal, now, random));
        }
        let since = before.map_or(now, |before| before.since);
        Some(Self { since, attempts: timeouts, until: since, ..Self::opened_by(None, refusal, now, random) })
    }

    /// Whether it is more than a count of timeouts.
    pub(super) fn is_open(&self) -> bool {
        self.until > self.since
    }

    /// Whether the organisation may be called now.
    pub(super) fn allows_call(&self, now: Timestamp) -> bool {
        !self.is_open() || self.until <= now
    }

    /// The record of the circuit breaker; none writes that it is closed.
    pub(super) fn record(site: &Site, breaker: Option<&Self>) -> (String, Vec<u8>) {
        // Plain fields always make JSON.
        (Self::key(site), serde_json::to_vec(&breaker).unwrap_or_else(|_| b"null".to_vec()))
    }

    pub(super) fn read(key: &str, value: Option<Vec<u8>>) -> Result<Option<Self>, StoreError> {
        let Some(value) = value else { return Ok(None) };
        serde_json::from_slice(&value)
            .map_err(|error| StoreError::Unreadable { key: key.to_owned(), problem: error.to_string() })
    }

    /// The site's circuit breaker, if it is open.
    ///
    /// # Errors
    /// The store does not answer, or the record is unreadable.
    pub fn of(ports: Ports<'_>, site: &Site) -> Result<Option<Self>, StoreError> {
        let key = Self::key(site);
        let value = ports.store.get_many(core::slice::from_ref(&key))?.into_iter().next().flatten();
        Ok(Self::read(&key, value)?.filter(Self::is_open))
    }

    /// The same, and the value of another key, in one store call.
    ///
    /// # Errors
    /// The store does not answer, or the circuit breaker's record is unreadable.
    pub fn of_with(
        ports: Ports<'_>,
        site: &Site,
        other: String,
    ) -> Result<(Option<Self>, Option<Vec<u8>>), StoreError> {
        let keys = [Self::key(site), other];
        let mut values = ports.store.get_many(&keys)?.into_iter();
        let [key, _] = &keys;
        let breaker = Self::read(key, values.next().flatten())?.filter(Self::is_open);
        Ok((breaker, values.next().flatten()))
    }
}
