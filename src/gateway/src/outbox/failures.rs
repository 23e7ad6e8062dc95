//! What happens when a sync fails: what is recorded of it, and when to retry.

use tollbridge_connector::VERSION_FIELD;
use tollbridge_connector::types::{ExternalId, RecordKey};
use tollbridge_domain::durations::MINUTE;
use tollbridge_domain::{Fact, Invoice, Payment, PaymentReference};
use tollbridge_ledger::{Failure, History, SyncState, Writes};

use super::salesforce_sync::{SalesforceSync, SyncOutcome, SyncRound};
use crate::http::problem::Problem;
use crate::salesforce::{Refusal, RetryPolicy, SalesforceClient};

/// Whether Salesforce may have fields that no sync state confirms. [`SalesforceSync::show_review`] writes such fields
/// after a terminal refusal.
pub fn may_have_unconfirmed_fields(sync_state: &SyncState) -> bool {
    sync_state.retry.failure.as_ref().is_some_and(|failure| failure.terminal)
}

/// After this many crashes of its sync, a payment goes to review.
const MAX_CRASHES: u32 = 5;

impl SalesforceSync<'_> {
    /// Increments the payment's crash count before a drain syncs it. A mapper may trap or never return, which ends the
    /// whole invocation. The count then tells later drains which payment caused that. After too many crashes the
    /// payment goes to review instead, and the drain continues with the others.
    pub fn begin(&self, history: &History) -> Result<Option<SyncOutcome>, Problem> {
        let begun = history.sync_state.crash_counted();
        if begun.retry.crash_count <= MAX_CRASHES {
            self.write(history, &begun, Writes::new())?;
            return Ok(None);
        }
        let message = "each attempt to map or sync this payment crashed: check the mapping";
        let refusal = Refusal::new(RetryPolicy::Review, "telling_died", message.to_owned());
        let Some(payment) = history.payment(self.context.site.main_currency) else { return Ok(None) };
        // Salesforce does not show this review, because that would take the mapper.
        match self.record_failure(history, &payment, &refusal, None)? {
            SyncRound::Ended(outcome) => Ok(Some(outcome)),
            SyncRound::Synced | SyncRound::Overtaken => Ok(None),
        }
    }

    /// Decrements the crash count again where the sync returned an error of the store. Such an error says nothing
    /// against the payment.
    pub fn clear_crash(&self, reference: &PaymentReference) -> Result<(), Problem> {
        let history = self.context.ledger.history_reaching(reference, 0)?;
        match history.sync_state.crash_cleared() {
            Some(cleared) => self.write(&history, &cleared, Writes::new()),
            None => Ok(()),
        }
    }

    /// Puts the payment in review where Salesforce has a higher version of it than the ledger ever produced: Salesforce
    /// would refuse every update until the ledger reaches that version. None where the ledger has a newer version by
    /// now: the process that wrote it to Salesforce had read it here.
    pub(super) fn check_version(&self, sent: &History) -> Result<Option<SyncOutcome>, Problem> {
        let Some(payment) = sent.payment(self.context.site.main_currency) else { return Ok(None) };
        // Reads up to the counter, so that no newer entry is missed behind a long gap.
        let now = self.context.ledger.history(&sent.reference)?;
        if now.payment(self.context.site.main_currency).is_some_and(|now| now.version > payment.version) {
            return Ok(None);
        }
        let message = format!(
            "Salesforce has a higher {VERSION_FIELD} than {}, the highest in the ledger, so it refuses every update of \
             this payment: find out who wrote it, set it to {} or lower, then resolve the review with retry",
            payment.version, payment.version
        );
        let refusal = Refusal::new(RetryPolicy::Review, "version_conflict", message);
        // Salesforce does not show this review: its version rule would refuse that too.
        match self.record_failure(&now, &payment, &refusal, None)? {
            SyncRound::Ended(outcome) => Ok(Some(outcome)),
            SyncRound::Synced | SyncRound::Overtaken => Ok(None),
        }
    }

    /// Records a failed sync and when to retry it, and shows in Salesforce that the payment needs a person.
    pub(super) fn failed(
        &self,
        history: &History,
        payment: &Payment,
        refusal: &Refusal,
        salesforce: Option<SalesforceClient<'_>>,
    ) -> Result<SyncRound, Problem> {
        let round = self.record_failure(history, payment, refusal, salesforce)?;
        if matches!(round, SyncRound::Ended(SyncOutcome::Review)) {
            self.show_review(history, payment, Some(refusal))?;
        }
        Ok(round)
    }

    fn record_failure(
        &self,
        history: &History,
        payment: &Payment,
        refusal: &Refusal,
        salesforce: Option<SalesforceClient<'_>>,
    ) -> Result<SyncRound, Problem> {
        let now = self.context.ports.clock.now();
        let record = refusal.record.as_ref();
        let failure = Failure {
            at: now,
            code: refusal.code.clone(),
            message: refusal.message.clone(),
            object: record.map(|record| record.object.clone()),
            record: record
                .filter(|record| may_be_named(&record.key, history, payment))
                .map(|record| record.key.record_name(&record.object)),
            fields: refusal.fields.clone(),
            terminal: refusal.retry_policy == RetryPolicy::Review,
            needs_person: refusal.retry_policy.needs_person(),
        };
        self.log(history, Some(&failure));
        if refusal.retry_policy == RetryPolicy::CircuitOpen {
            // No call was made, so nothing failed. The payment may be newly in review all the same.
            let next = history.sync_state.clone().in_review(!payment.review.is_empty());
            if next.review != history.sync_state.review {
                self.write(history, &next, Writes::new())?;
            }
            return Ok(SyncRound::Ended(SyncOutcome::CircuitOpen));
        }
        let attempts = history.sync_state.retry.attempts.saturating_add(1);
        let delay = refusal.retry_policy.delay_milliseconds(attempts, self.context.ports.random);
        // When the circuit breaker lets calls through again, another payment goes first: this one may be the cause.
        let after_breaker =
            salesforce.as_ref().and_then(SalesforceClient::open_until).map(|until| until.plus_milliseconds(MINUTE));
        let failure = Failure { terminal: delay.is_none(), ..failure };
        let next_attempt = delay.map(|delay| now.plus_milliseconds(delay)).max(after_breaker);
        let needs_person = delay.is_none() || refusal.retry_policy.needs_person() || !payment.review.is_empty();
        let next = history.sync_state.failed(failure, next_attempt).in_review(needs_person);
        self.write(history, &next, salesforce.map(SalesforceClient::into_writes).unwrap_or_default())?;
        if refusal.retry_policy.is_organisation_wide() || after_breaker.is_some() {
            return Ok(SyncRound::Ended(SyncOutcome::CircuitOpen));
        }
        Ok(SyncRound::Ended(if delay.is_none() { SyncOutcome::Review } else { SyncOutcome::Deferred }))
    }
}

/// Whether the record's name may be shown and logged: it is the payment's own, that of one of its events, or what the
/// payment is for. Any other record, such as a Contact, may be found by what identifies a person.
fn may_be_named(key: &RecordKey, history: &History, payment: &Payment) -> bool {
    match key {
        RecordKey::Id(id) => {
            let invoice = payment.invoice.as_ref().and_then(Invoice::id);
            payment.source.as_ref().is_some_and(|source| source.id() == id) || invoice == Some(id.as_str())
        }
        RecordKey::ExternalId(ExternalId { value, .. }) => {
            let names = |fact: &Fact| matches!(fact, Fact::Event(event) if event.id.as_str() == value);
            value == history.reference.as_str() || history.entries.iter().any(|entry| names(&entry.fact))
        }
    }
}
