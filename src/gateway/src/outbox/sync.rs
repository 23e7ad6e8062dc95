//! Tells Salesforce what became of a payment: only what is new, in one call, and never an older state over a newer one.

use tollbridge_domain::{PaymentReference, Timestamp};
use tollbridge_ledger::{ConfirmedState, History, SyncState, Totals, Writes};

use super::additional_data::named;
use super::changes::{changes, is_nothing};
use super::failures::may_leave_fields_wrong;
use super::mapping::whole;
use super::shared_records::is_of_one;
use crate::http::problem::Problem;
use crate::log::LogLine;
use crate::salesforce::{RetryPolicy, Salesforce};
use crate::site_context::SiteContext;
use tollbridge_connector::types::RecordWrite;

/// How telling ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncOutcome {
    /// Salesforce knows all there is.
    Synced,
    /// It could not be told; it will be tried again.
    Deferred,
    /// It refused in a way that only a person can mend.
    Review,
    /// The organisation refuses everything, so nobody is told anything for a while.
    Paused,
}

/// Sends a site's payments to its Salesforce organisation.
pub struct SalesforceSync<'a> {
    pub(super) context: &'a SiteContext<'a>,
}

/// How one round of telling ended.
pub(super) enum SyncRound {
    /// Salesforce was told, and it is written down.
    Synced,
    /// A newer state was there already.
    Overtaken,
    /// It ended so.
    Ended(SyncOutcome),
}

/// Events in one Composite call: it takes 25 subrequests, and the payment and its source are two of them.
pub(super) const MOST_EVENTS: usize = 20;

/// How often telling goes round again because something newer arrived.
const ROUNDS: usize = 8;

impl<'a> SalesforceSync<'a> {
    pub fn new(context: &'a SiteContext<'a>) -> Self {
        Self { context }
    }

    /// Tells Salesforce all that it was not told of this payment, and what its records then show. `all` sends every field,
    /// whether it was told or not.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn sync(&self, reference: &PaymentReference, sequence: u64, all: bool) -> Result<SyncOutcome, Problem> {
        let mut all = all;
        let mut sent: Option<Totals> = None;
        for _ in 0..ROUNDS {
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
                // Other payments may have told the record by what stood there.
                all |= history.records.are_shared();
                continue;
            }
            let up_to_date = history.entries.iter().all(|entry| history.sync_state.reflects(entry.sequence));
            let totals = history.totals(&payment, None);
            // Of what other payments did meanwhile, their own telling may have known less than this one.
            let as_sent = sent.as_ref().is_none_or(|sent| sent.has_same_content(&totals));
            if up_to_date && as_sent && !all {
                return Ok(SyncOutcome::Synced);
            }
            match self.round(&history, as_of, &totals, all)? {
                SyncRound::Synced => {
                    all = false;
                    sent = Some(totals);
                }
                // Whoever wrote the newer state writes down what was told; this one tells what is newer than both.
                SyncRound::Overtaken => {
                    if let Some(outcome) = self.version_conflict(&history)? {
                        return Ok(outcome);
                    }
                }
                SyncRound::Ended(outcome) => return Ok(outcome),
            }
        }
        Ok(SyncOutcome::Deferred)
    }

    fn round(&self, history: &History, as_of: Timestamp, totals: &Totals, all: bool) -> Result<SyncRound, Problem> {
        let Some(payment) = history.payment(self.context.site.main_currency) else {
            return Ok(SyncRound::Ended(SyncOutcome::Synced));
        };
        let untold = history.pending_events();
        let left_over = untold.len() > MOST_EVENTS;
        let telling = untold.get(..MOST_EVENTS.min(untold.len())).unwrap_or_default();
        let details = self.details(history);
        let events = named(history, telling.iter().map(|(event, _)| *event), &details);
        let all = all || !history.sync_state.is_certain(&payment) || may_leave_fields_wrong(&history.sync_state);
        let shared = history.records.are_shared();
        let mut delivered = ConfirmedState {
            version: payment.version,
            reported: payment.reported,
            record_as_of: shared.then_some(as_of),
            ..history.sync_state.confirmed.clone()
        };
        let withheld: Vec<u64> =
            untold.iter().skip(telling.len()).flat_map(|(_, sequences)| sequences.clone()).collect();
        delivered
            .sequences
            .extend(history.entries.iter().map(|entry| entry.sequence).filter(|number| !withheld.contains(number)));
        if left_over {
            // Until all of it is told, what was told is no base for a difference.
            delivered.reported = history.sync_state.confirmed.reported;
        }
        let in_force = self.in_force()?;
        let whole = whole(&payment, totals.clone(), &details, None);
        let records = match self.records(&in_force, &whole, &events) {
            Ok(records) => records,
            Err(refusal) => return self.failed(history, &payment, &refusal, None),
        };
        let shadowed = self.shadowed(&in_force, &payment, &whole, &events, &records)?;
        // What another payment may have written since is no base for a difference either.
        let is_sent_whole = |record: &RecordWrite| all || (shared && !is_of_one(record, &history.reference));
        let writes = match changes(self.context.ledger, history, &mut delivered, records, is_sent_whole) {
            Ok(writes) => writes,
            Err(refusal) => return self.failed(history, &payment, &refusal, None),
        };
        let salesforce = self.salesforce();
        let written = if is_nothing(&writes) { Ok(()) } else { salesforce.write(&writes) };
        match written {
            Ok(()) => {}
            Err(refusal) if refusal.retry_policy == RetryPolicy::StaleWrite => return Ok(SyncRound::Overtaken),
            Err(refusal) => return self.failed(history, &payment, &refusal, Some(salesforce)),
        }
        let mut with = salesforce.into_writes();
        with.extend(shadowed);
        let next = history.sync_state.synced(delivered).in_review(!payment.review.is_empty());
        self.write(history, &next, with)?;
        self.log(history, None);
        Ok(SyncRound::Synced)
    }

    /// Writes the next sync state, unless too much time went by since the payment was read.
    pub(super) fn write(&self, history: &History, next: &SyncState, with: Writes) -> Result<(), Problem> {
        self.context.ledger.write_sync_state(history, next, with, self.longest_milliseconds())?;
        Ok(())
    }

    pub(super) fn salesforce(&self) -> Salesforce<'_> {
        Salesforce::new(self.context.measuring(), self.context.clocks, self.context.trigger)
    }

    pub(super) fn log(&self, history: &History, code: Option<&str>) {
        let line = LogLine {
            site: Some(self.context.site.name.as_str()),
            payment: Some(history.reference.as_str()),
            code,
            ..LogLine::new(self.context.ports.clock.now(), "sync", &self.context.trace.correlation_id)
        };
        line.write(self.context.ports.sink);
    }
}
