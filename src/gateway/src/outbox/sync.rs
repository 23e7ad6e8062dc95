//! Syncs a payment to Salesforce: only what has changed, in one call, and never an older state over a newer one.

use tollbridge_connector::types::RecordWrite;
use tollbridge_domain::{PaymentReference, Timestamp};
use tollbridge_ledger::{ConfirmedState, History, PaymentTotals};

use super::additional_data::mapper_events;
use super::changes::{changes, is_only_version};
use super::failures::may_have_unconfirmed_fields;
use super::mapping::mapper_payment;
use super::salesforce_sync::{MAX_EVENTS, SalesforceSync, SyncOutcome, SyncRound};
use super::shared_records::is_own_record;
use crate::http::problem::Problem;
use crate::salesforce::RetryPolicy;

/// How many rounds one sync makes because something newer arrived.
const MAX_ROUNDS: usize = 8;

impl SalesforceSync<'_> {
    /// Sends to Salesforce what it has not confirmed of this payment, and the totals of its records. `send_all` sends
    /// every field, confirmed or not.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn sync(&self, reference: &PaymentReference, sequence: u64, send_all: bool) -> Result<SyncOutcome, Problem> {
        let mut send_all = send_all;
        let mut sent: Option<PaymentTotals> = None;
        for _ in 0..MAX_ROUNDS {
            let as_of = self.context.ports.clock.now();
            let mut history = self.context.ledger.opened_history(reference, sequence)?;
            if history.has_unerased_data() {
                self.context.ledger.remove_personal_data(reference)?;
            }
            self.context.ledger.derive_missing_summaries(&mut history)?;
            let Some(payment) = history.payment(self.context.site.main_currency) else {
                return Ok(SyncOutcome::Synced);
            };
            if !history.has_current_summaries() {
                self.context.ledger.write_summaries(&history)?;
                // Other payments may have synced the record with the outdated summary.
                send_all |= history.records.are_shared();
                continue;
            }
            let up_to_date = history.entries.iter().all(|entry| history.sync_state.reflects(entry.sequence));
            let totals = history.totals(&payment, None);
            // Another payment that changed meanwhile may have been synced with less knowledge than this sync has.
            let as_sent = sent.as_ref().is_none_or(|sent| sent.has_same_content(&totals));
            if up_to_date && as_sent && !send_all {
                return Ok(SyncOutcome::Synced);
            }
            match self.round(&history, as_of, &totals, send_all)? {
                SyncRound::Synced => {
                    send_all = false;
                    sent = Some(totals);
                }
                // The process that wrote the newer version also writes the sync state. This one sends what is newer
                // than both.
                SyncRound::Overtaken => {
                    if let Some(outcome) = self.check_version(&history)? {
                        return Ok(outcome);
                    }
                }
                SyncRound::Ended(outcome) => return Ok(outcome),
            }
        }
        Ok(SyncOutcome::Deferred)
    }

    fn round(
        &self,
        history: &History,
        as_of: Timestamp,
        totals: &PaymentTotals,
        send_all: bool,
    ) -> Result<SyncRound, Problem> {
        let Some(payment) = history.payment(self.context.site.main_currency) else {
            return Ok(SyncRound::Ended(SyncOutcome::Synced));
        };
        let pending = history.pending_events();
        let has_more = pending.len() > MAX_EVENTS;
        let batch = pending.get(..MAX_EVENTS.min(pending.len())).unwrap_or_default();
        let details = self.details(history);
        let events = mapper_events(history, batch.iter().map(|(event, _)| *event), &details);
        let send_all =
            send_all || !history.sync_state.is_certain(&payment) || may_have_unconfirmed_fields(&history.sync_state);
        let shared = history.records.are_shared();
        let mut confirmed = ConfirmedState {
            version: payment.version,
            reported: payment.reported,
            record_as_of: shared.then_some(as_of),
            ..history.sync_state.confirmed.clone()
        };
        let withheld: Vec<u64> =
            pending.iter().skip(batch.len()).flat_map(|(_, sequences)| sequences.clone()).collect();
        confirmed
            .sequences
            .extend(history.entries.iter().map(|entry| entry.sequence).filter(|number| !withheld.contains(number)));
        if has_more {
            // Until Salesforce has confirmed every event, its state is no base for a difference.
            confirmed.reported = history.sync_state.confirmed.reported;
        }
        let active = self.active_documents()?;
        let mapped = mapper_payment(&payment, totals.clone(), &details, None);
        let records = match self.records(&active, &mapped, &events) {
            Ok(records) => records,
            Err(refusal) => return self.failed(history, &payment, &refusal, None),
        };
        let shadow_writes = self.shadow_writes(&active, &payment, &mapped, &events, &records)?;
        // A record that another payment may have written since is no base for a difference either.
        let send_all_fields = |record: &RecordWrite| send_all || (shared && !is_own_record(record, &history.reference));
        let writes = match changes(self.context.ledger, history, &mut confirmed, records, send_all_fields) {
            Ok(writes) => writes,
            Err(refusal) => return self.failed(history, &payment, &refusal, None),
        };
        let salesforce = self.salesforce();
        let result = if is_only_version(&writes) { Ok(()) } else { salesforce.write(&writes) };
        match result {
            Ok(()) => {}
            Err(refusal) if refusal.retry_policy == RetryPolicy::StaleWrite => return Ok(SyncRound::Overtaken),
            Err(refusal) => return self.failed(history, &payment, &refusal, Some(salesforce)),
        }
        let mut with = salesforce.into_writes();
        with.extend(shadow_writes);
        let next = history.sync_state.synced(confirmed).in_review(!payment.review.is_empty());
        self.write(history, &next, with)?;
        self.log(history, None);
        Ok(SyncRound::Synced)
    }
}
