//! What happens when a sync fails: when to retry, and how Salesforce shows that the payment needs a person.

use tollbridge_connector::VERSION_FIELD;
use tollbridge_domain::durations::MINUTE;
use tollbridge_domain::{Payment, PaymentReference};
use tollbridge_ledger::{Failure, History, SyncState, Writes};

use super::additional_data::mapper_events;
use super::changes::write_of_all_fields;
use super::mapping::mapper_payment;
use super::salesforce_sync::{MAX_EVENTS, SalesforceSync, SyncOutcome, SyncRound};
use super::shared_records::is_own_record;
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
        let refusal = Refusal {
            retry_policy: RetryPolicy::Review,
            code: "telling_died".to_owned(),
            message: "each attempt to map or sync this payment crashed: check the mapping".to_owned(),
        };
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
        let refusal = Refusal {
            retry_policy: RetryPolicy::Review,
            code: "version_conflict".to_owned(),
            message: format!(
                "Salesforce has a higher {VERSION_FIELD} than {}, the highest in the ledger, so it refuses every \
                 update of this payment: find out who wrote it, set it to {} or lower, then resolve the review with \
                 retry",
                payment.version, payment.version
            ),
        };
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
            self.show_review(history, payment, Some(&refusal.code))?;
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
        self.log(history, Some(&refusal.code));
        if refusal.retry_policy == RetryPolicy::CircuitOpen {
            // No call was made, so nothing failed. The payment may be newly in review all the same.
            let next = history.sync_state.clone().in_review(!payment.review.is_empty());
            if next.review != history.sync_state.review {
                self.write(history, &next, Writes::new())?;
            }
            return Ok(SyncRound::Ended(SyncOutcome::CircuitOpen));
        }
        let now = self.context.ports.clock.now();
        let attempts = history.sync_state.retry.attempts.saturating_add(1);
        let delay = refusal.retry_policy.delay_milliseconds(attempts, self.context.ports.random);
        // When the circuit breaker lets calls through again, another payment goes first: this one may be the cause.
        let after_breaker =
            salesforce.as_ref().and_then(SalesforceClient::open_until).map(|until| until.plus_milliseconds(MINUTE));
        let failure = Failure {
            at: now,
            code: refusal.code.clone(),
            message: refusal.message.clone(),
            terminal: delay.is_none(),
            needs_person: refusal.retry_policy.needs_person(),
        };
        let next_attempt = delay.map(|delay| now.plus_milliseconds(delay)).max(after_breaker);
        let needs_person = delay.is_none() || refusal.retry_policy.needs_person() || !payment.review.is_empty();
        let next = history.sync_state.failed(failure, next_attempt).in_review(needs_person);
        self.write(history, &next, salesforce.map(SalesforceClient::into_writes).unwrap_or_default())?;
        if refusal.retry_policy.is_organisation_wide() {
            return Ok(SyncRound::Ended(SyncOutcome::CircuitOpen));
        }
        Ok(SyncRound::Ended(if delay.is_none() { SyncOutcome::Review } else { SyncOutcome::Deferred }))
    }

    /// Writes to Salesforce, after it refused the whole, the part that it accepts: above all that a person must look,
    /// and why. The payment's own record goes first, with its events. The records that it shares with other payments
    /// follow only where Salesforce refuses the payment's own: otherwise one of them is the cause, and an older state
    /// must not bypass the version rule on it.
    ///
    /// The result changes nothing here: the payment is in review, and is synced as a whole once that succeeds.
    pub fn show_review(&self, history: &History, payment: &Payment, refusal: Option<&str>) -> Result<(), Problem> {
        let pending = history.pending_events();
        let details = self.details(history);
        let events = mapper_events(history, pending.iter().take(MAX_EVENTS).map(|(event, _)| *event), &details);
        let mapped = mapper_payment(payment, history.totals(payment, refusal), &details, refusal);
        let Ok(records) = self.records(&self.active_documents()?, &mapped, &events) else { return Ok(()) };
        let (own, mut others): (Vec<_>, Vec<_>) = records.into_iter().enumerate().partition(|(index, record)| {
            *index == 0 || record.mode == tollbridge_connector::types::WriteMode::InsertOnce
        });
        // Any other record of this payment alone would be created empty.
        others.retain(|(_, record)| !is_own_record(record, &history.reference));
        if history.sync_state.confirmed.version == 0 {
            // The payment's record is not in Salesforce yet. Where Salesforce refuses it, any reference to it is
            // refused too.
            let refers = |value: &str| value.starts_with('{') && value.contains(history.reference.as_str());
            others.iter_mut().for_each(|(_, record)| record.fields.retain(|field| !refers(&field.value)));
        }
        let all_fields = |records: Vec<(usize, _)>| -> Result<Vec<_>, Refusal> {
            records.into_iter().map(|(_, record)| write_of_all_fields(record)).collect()
        };
        let (Ok(own), Ok(others)) = (all_fields(own), all_fields(others)) else { return Ok(()) };
        let salesforce = self.salesforce();
        let first = salesforce.write_each(&own).map(|outcomes| outcomes.into_iter().next());
        if let Ok(Some(Err(refused))) = &first
            && refused.retry_policy != RetryPolicy::StaleWrite
            && !others.is_empty()
        {
            // The log has the result.
            let _ = salesforce.write_each(&others);
        }
        let writes: Writes = salesforce.into_writes();
        if !writes.is_empty() {
            self.context.ports.store.set_many(&writes)?;
        }
        Ok(())
    }
}
