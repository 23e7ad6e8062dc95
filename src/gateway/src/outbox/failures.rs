//! What is done where Salesforce could not be told: when to try again, and that a person is shown what Salesforce takes.

use tollbridge_domain::{Payment, PaymentReference};
use tollbridge_ledger::{Failure, History, SyncState, Writes};

use super::additional_data::named;
use super::changes::whole;
use super::mapping::whole as whole_payment;
use super::shared_records::is_of_one;
use super::sync::{MOST_EVENTS, SalesforceSync, SyncOutcome, SyncRound};
use crate::http::problem::Problem;
use crate::salesforce::{Refusal, RetryPolicy, Salesforce};

const MINUTE: i64 = 60_000;

/// Whether records may hold what was never written down: after a refusal for good, Salesforce was shown the review.
pub fn may_leave_fields_wrong(sync_state: &SyncState) -> bool {
    sync_state.retry.failure.as_ref().is_some_and(|failure| failure.terminal)
}

/// After how many drains that never came back a payment is left to a person.
const MOST_CRASHES: u32 = 5;

impl SalesforceSync<'_> {
    /// Writes down that telling is about to begin, for a drain. A mapper may trap or never end, and with it everything
    /// that this invocation was to do; then nobody else could tell that it was this payment. Where it happened again and
    /// again, the payment is handed to a person instead, and the drain goes on.
    pub fn begin(&self, history: &History) -> Result<Option<SyncOutcome>, Problem> {
        let begun = history.sync_state.crash_counted();
        if begun.retry.crash_count <= MOST_CRASHES {
            self.write(history, &begun, Writes::new())?;
            return Ok(None);
        }
        let refusal = Refusal {
            retry_policy: RetryPolicy::Person,
            code: "telling_died".to_owned(),
            message: "each time this payment was to be mapped or told, nothing came back: look at the mapping"
                .to_owned(),
        };
        let Some(payment) = history.payment(self.context.site.main_currency) else { return Ok(None) };
        // It is not shown in Salesforce: that would take the mapper.
        match self.written_down(history, &payment, &refusal, None)? {
            SyncRound::Ended(outcome) => Ok(Some(outcome)),
            SyncRound::Synced | SyncRound::Overtaken => Ok(None),
        }
    }

    /// Takes back what [`SalesforceSync::begin`] wrote down, where telling came back after all: with an error of the store, which says
    /// nothing against the payment.
    pub fn clear_crash(&self, reference: &PaymentReference) -> Result<(), Problem> {
        let history = self.context.ledger.history_reaching(reference, 0)?;
        match history.sync_state.crash_cleared() {
            Some(cleared) => self.write(&history, &cleared, Writes::new()),
            None => Ok(()),
        }
    }

    /// Hands the payment to a person where Salesforce has a higher version of it than the ledger ever made: nothing of it
    /// would be taken until the ledger has come as far. None where the ledger knows more by now: whoever wrote a newer
    /// state to Salesforce had read it here.
    pub(super) fn version_conflict(&self, sent: &History) -> Result<Option<SyncOutcome>, Problem> {
        let Some(payment) = sent.payment(self.context.site.main_currency) else { return Ok(None) };
        // The counter says how far to look: a newer entry must not be missed behind numbers that were never written.
        let now = self.context.ledger.history(&sent.reference)?;
        if now.payment(self.context.site.main_currency).is_some_and(|now| now.version > payment.version) {
            return Ok(None);
        }
        let refusal = Refusal {
            retry_policy: RetryPolicy::Person,
            code: "version_conflict".to_owned(),
            message: format!(
                "Salesforce has a higher Version__c than {}, the highest that the ledger knows, so it takes nothing of this \
                 payment: look who wrote it, set it to {} or lower, then resolve the review with retry",
                payment.version, payment.version
            ),
        };
        // It is not shown in Salesforce: the same rule would refuse that.
        match self.written_down(&now, &payment, &refusal, None)? {
            SyncRound::Ended(outcome) => Ok(Some(outcome)),
            SyncRound::Synced | SyncRound::Overtaken => Ok(None),
        }
    }

    /// Writes down that the payment could not be told, and when to try again.
    pub(super) fn failed(
        &self,
        history: &History,
        payment: &Payment,
        refusal: &Refusal,
        salesforce: Option<Salesforce<'_>>,
    ) -> Result<SyncRound, Problem> {
        let ended = self.written_down(history, payment, refusal, salesforce)?;
        if matches!(ended, SyncRound::Ended(SyncOutcome::Review)) {
            self.show(history, payment, Some(&refusal.code))?;
        }
        Ok(ended)
    }

    fn written_down(
        &self,
        history: &History,
        payment: &Payment,
        refusal: &Refusal,
        salesforce: Option<Salesforce<'_>>,
    ) -> Result<SyncRound, Problem> {
        self.log(history, Some(&refusal.code));
        if refusal.retry_policy == RetryPolicy::Paused {
            // Nothing was tried. That a person must look is news all the same.
            let next = history.sync_state.clone().in_review(!payment.review.is_empty());
            if next.review != history.sync_state.review {
                self.write(history, &next, Writes::new())?;
            }
            return Ok(SyncRound::Ended(SyncOutcome::Paused));
        }
        let now = self.context.ports.clock.now();
        let attempts = history.sync_state.retry.attempts.saturating_add(1);
        let delay = refusal.retry_policy.delay_milliseconds(attempts, self.context.ports.random);
        // Once a pause is over, another payment is tried first: this one alone may be what is refused.
        let paused =
            salesforce.as_ref().and_then(Salesforce::paused_until).map(|until| until.plus_milliseconds(MINUTE));
        let failure = Failure {
            at: now,
            code: refusal.code.clone(),
            message: refusal.message.clone(),
            terminal: delay.is_none(),
            needs_person: refusal.retry_policy.needs_person(),
        };
        let next_attempt = delay.map(|delay| now.plus_milliseconds(delay)).max(paused);
        let needs_person = delay.is_none() || refusal.retry_policy.needs_person() || !payment.review.is_empty();
        let next = history.sync_state.failed(failure, next_attempt).in_review(needs_person);
        self.write(history, &next, salesforce.map(Salesforce::into_writes).unwrap_or_default())?;
        if refusal.retry_policy.is_of_the_organisation() {
            return Ok(SyncRound::Ended(SyncOutcome::Paused));
        }
        Ok(SyncRound::Ended(if delay.is_none() { SyncOutcome::Review } else { SyncOutcome::Deferred }))
    }

    /// Shows in Salesforce what it takes of a payment that it did not take as a whole: that a person must look, and why.
    /// The payment's own record comes first, with its events; the record that it is for only where the payment's is
    /// what is refused. Otherwise that one is, and an older state must not get past the version rule on it.
    ///
    /// What becomes of it changes nothing: the payment is in review here, and told whole once it can be.
    pub fn show(&self, history: &History, payment: &Payment, refusal: Option<&str>) -> Result<(), Problem> {
        let untold = history.pending_events();
        let details = self.details(history);
        let events = named(history, untold.iter().take(MOST_EVENTS).map(|(event, _)| *event), &details);
        let whole_payment = whole_payment(payment, history.totals(payment, refusal), &details, refusal);
        let Ok(records) = self.records(&self.in_force()?, &whole_payment, &events) else { return Ok(()) };
        let (own, mut others): (Vec<_>, Vec<_>) = records.into_iter().enumerate().partition(|(index, record)| {
            *index == 0 || record.mode == tollbridge_connector::types::WriteMode::InsertOnce
        });
        // What else is of the payment alone must not make a record of it that has nothing else.
        others.retain(|(_, record)| !is_of_one(record, &history.reference));
        if history.sync_state.confirmed.version == 0 {
            // These are written only where the payment's own record is refused. Salesforce has none of it then, and
            // refuses whatever refers to it.
            let refers = |value: &str| value.starts_with('{') && value.contains(history.reference.as_str());
            others.iter_mut().for_each(|(_, record)| record.fields.retain(|field| !refers(&field.value)));
        }
        let whole_records = |records: Vec<(usize, _)>| -> Result<Vec<_>, Refusal> {
            records.into_iter().map(|(_, record)| whole(record)).collect()
        };
        let (Ok(own), Ok(others)) = (whole_records(own), whole_records(others)) else { return Ok(()) };
        let salesforce = self.salesforce();
        let first = salesforce.write_each(&own).map(|outcomes| outcomes.into_iter().next());
        if let Ok(Some(Err(refused))) = &first
            && refused.retry_policy != RetryPolicy::StaleWrite
            && !others.is_empty()
        {
            // What becomes of it is in the log.
            let _ = salesforce.write_each(&others);
        }
        let with: Writes = salesforce.into_writes();
        if !with.is_empty() {
            self.context.ports.store.set_many(&with)?;
        }
        Ok(())
    }
}
