//! What Salesforce is shown of a payment that it refused: whatever it accepts, above all that a person must look, and
//! why.
//!
//! The records that a payment shares with others, such as its Order, have no version rule. They are written in one call
//! with the payment's own record, all or none: its version rule then keeps an older state from all of them. What was
//! refused is left out of that call. The events are left out together, since what refuses one mostly refuses all, and
//! follow in a call that writes those that Salesforce accepts.

use tollbridge_connector::types::{RecordWrite, WriteMode};
use tollbridge_domain::Payment;
use tollbridge_ledger::{History, Writes};

use super::additional_data::mapper_events;
use super::changes::write_of_all_fields;
use super::mapping::mapper_payment;
use super::salesforce_sync::{MAX_EVENTS, SalesforceSync};
use super::shared_records::is_own_record;
use crate::http::problem::Problem;
use crate::salesforce::{Refusal, RetryPolicy, SalesforceClient, Write};

/// How many calls leave out one more record each. Documents can write more records than the mapper that ships, which
/// writes four besides the events.
const MAX_GUARDED_CALLS: usize = 3;

/// What one write may wait for: a call, a sign-in after its session expired, and the call again.
const CALLS_PER_WRITE: u64 = 3;

/// A record with its position in the mapper's result. The payment's own is at 0.
type Placed = (usize, RecordWrite);

/// What Salesforce refuses of a payment.
#[derive(Clone, Copy)]
enum Obstacle {
    /// Nothing any more.
    None,
    /// The record at this position.
    Record(usize),
    /// It is not known which record.
    Unknown,
}

impl Obstacle {
    fn of(refusal: &Refusal) -> Self {
        refusal.record.as_ref().map_or(Self::Unknown, |record| Self::Record(record.position))
    }
}

impl SalesforceSync<'_> {
    /// Writes to Salesforce, after this refusal of the whole, the part that it accepts. Without a refusal, a person has
    /// accepted one, and Salesforce shows that the review has ended.
    ///
    /// The result changes nothing here: the payment is in review, and is synced as a whole once that succeeds.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn show_review(&self, history: &History, payment: &Payment, refusal: Option<&Refusal>) -> Result<(), Problem> {
        let code = refusal.map(|refusal| refusal.code.as_str());
        let pending = history.pending_events();
        let details = self.details(history);
        let events = mapper_events(history, pending.iter().take(MAX_EVENTS).map(|(event, _)| *event), &details);
        let mapped = mapper_payment(payment, history.totals(payment, code), &details, code);
        let Ok(records) = self.records(&self.active_documents()?, &mapped, &events) else { return Ok(()) };
        let salesforce = self.salesforce();
        let records = records.into_iter().enumerate().collect();
        // Where a record cannot be sent at all, the review says so.
        let _ = self.show(&salesforce, history, records, refusal);
        let writes: Writes = salesforce.into_writes();
        if !writes.is_empty() {
            self.context.ports.store.set_many(&writes)?;
        }
        Ok(())
    }

    fn show(
        &self,
        salesforce: &SalesforceClient<'_>,
        history: &History,
        records: Vec<Placed>,
        refusal: Option<&Refusal>,
    ) -> Result<(), Refusal> {
        let is_event = |(_, record): &Placed| record.mode == WriteMode::InsertOnce;
        let mut guarded = records.clone();
        let mut obstacle = refusal.map_or(Obstacle::None, Obstacle::of);
        let mut are_events_refused = false;
        for _ in 0..MAX_GUARDED_CALLS {
            if !self.has_time(history) {
                break;
            }
            match obstacle {
                // Without the payment's own record, nothing keeps an older state from the others.
                Obstacle::Unknown | Obstacle::Record(0) => break,
                Obstacle::Record(position) => {
                    let is_refused_event = guarded.iter().any(|placed| placed.0 == position && is_event(placed));
                    are_events_refused |= is_refused_event;
                    guarded.retain(|placed| placed.0 != position && !(is_refused_event && is_event(placed)));
                }
                Obstacle::None => {}
            }
            match salesforce.write(&all_fields(guarded.clone())?) {
                Ok(()) if are_events_refused => {
                    let events = records.into_iter().filter(is_event).collect();
                    return salesforce.write_each(&all_fields(events)?).map(drop);
                }
                Ok(()) => return Ok(()),
                // Salesforce has something newer.
                Err(next) if next.retry_policy == RetryPolicy::StaleWrite => return Ok(()),
                Err(next) => obstacle = Obstacle::of(&next),
            }
        }
        let (own, mut others): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|placed| placed.0 == 0 || is_event(placed));
        let first = salesforce.write_each(&all_fields(own)?)?.into_iter().next();
        // Otherwise one of the other records is the cause, and nothing keeps an older state from it.
        if !matches!(first, Some(Err(refused)) if refused.retry_policy != RetryPolicy::StaleWrite) {
            return Ok(());
        }
        // Any other record of this payment alone would be created empty.
        others.retain(|(_, record)| !is_own_record(record, &history.reference));
        if history.sync_state.confirmed.version == 0 {
            // The payment's record is not in Salesforce yet. Where Salesforce refuses it, any reference to it is
            // refused too.
            let refers = |value: &str| value.starts_with('{') && value.contains(history.reference.as_str());
            others.iter_mut().for_each(|(_, record)| record.fields.retain(|field| !refers(&field.value)));
        }
        if others.is_empty() || !self.has_time(history) {
            return Ok(());
        }
        salesforce.write_each(&all_fields(others)?).map(drop)
    }

    /// Whether one more call ends within the time that other processes allow a sync. After that they may have written
    /// a shared record with what they know, and rely on it.
    fn has_time(&self, history: &History) -> bool {
        let call = self.context.site.salesforce_timeout_milliseconds.saturating_mul(CALLS_PER_WRITE);
        let call = i64::try_from(call).unwrap_or(i64::MAX);
        self.context.ledger.is_recent(history, self.max_duration_milliseconds().saturating_sub(call))
    }
}

fn all_fields(records: Vec<Placed>) -> Result<Vec<Write>, Refusal> {
    records.into_iter().map(write_of_all_fields).collect()
}
