//! One source, one open payment: the attempts to pay for a record, numbered.

use serde::{Deserialize, Serialize};
use tollbridge_domain::{CorrelationId, Currency, Operation, Payment, PaymentReference, SourceRecord, Timestamp};

use crate::journal::{JournalEntry, JournalKind};
use crate::record::REACH;
use crate::slots::{Slots, is_worth_passing};
use crate::{Claim, Ledger, StoreError, StoredResponse, Writes, keys, stored};

/// Which way the money of an attempt goes. A payout for an order does not stand in the way of a charge for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the merchant.
    In,
    /// To the customer.
    Out,
}

impl From<Operation> for Direction {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::Payout => Self::Out,
            Operation::Charge | Operation::Authorize | Operation::Capture | Operation::Refund | Operation::Void => {
                Self::In
            }
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredAttempt {
    /// The payment; none where the number was drawn and the attempt refused.
    pub(crate) reference: Option<PaymentReference>,
    direction: Direction,
    /// Whether the caller wanted it beside others.
    another: bool,
    at: Timestamp,
    /// Whether the payment is for another record and only names this one: it is counted here, and neither stands in the
    /// way of a payment for this record nor takes the place of one.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    beside: bool,
}

impl StoredAttempt {
    /// The payment that takes the place of an earlier one made by this operation, if this is one.
    pub(crate) fn in_place_of(&self, operation: Operation) -> Option<&PaymentReference> {
        let replaces = !self.another && !self.beside && self.direction == Direction::from(operation);
        self.reference.as_ref().filter(|_| replaces)
    }
}

/// A number drawn for a payment.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The number, from 1.
    pub number: u64,
    pub(crate) source: SourceRecord,
    direction: Direction,
    another: bool,
    beside: bool,
}

/// Why no payment may be made for a record now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttemptError {
    /// A payment for it is open or has paid it.
    #[error("{0} is open or has paid this record")]
    HasPayment(PaymentReference),
    /// Another attempt is being made at this moment.
    #[error("another payment for this record is being made at this moment")]
    Busy,
    /// So many attempts were made that not all can be looked at.
    #[error("more than {MOST_ATTEMPTS} payments were tried for this record")]
    TooMany,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many attempts are looked at, all of them: any may still be open, or be paid late after it had failed. A record with
/// more is refused, not half looked at.
pub(crate) const MOST_ATTEMPTS: u64 = 128;

/// Whether the last number of a record may be without an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LastNumber {
    MayBeUnwritten,
    MustBeWritten,
}

impl Ledger<'_> {
    /// Whether a payment may be made for this record, before any number is drawn.
    ///
    /// # Errors
    /// Another payment stands in the way, or the store does not answer.
    pub fn check_source(
        &self,
        source: &SourceRecord,
        direction: Direction,
        fallback: Currency,
    ) -> Result<(), AttemptError> {
        let last = u64::try_from(self.store.increment(&keys::source_counter(&self.site, source), 0)?).unwrap_or(0);
        // Only a number drawn after it can show that the last one is old, so that one is passed over here.
        self.check_attempts(source, direction, last, fallback, LastNumber::MayBeUnwritten)
    }

    /// Draws a number for a payment for this record, and looks once more at those before it: of two payments that are
    /// made at once, only one finds nothing in its way.
    ///
    /// # Errors
    /// Another payment stands in the way. The number is given up then, and must be written with what is answered: see
    /// [`Ledger::refuse`].
    pub fn draw_attempt(
        &self,
        source: &SourceRecord,
        direction: Direction,
        another: bool,
        fallback: Currency,
    ) -> Result<Result<Attempt, (Attempt, AttemptError)>, StoreError> {
        let number = self.allocate(&keys::source_counter(&self.site, source))?;
        let attempt = Attempt { number, source: source.clone(), direction, another, beside: false };
        if another {
            return Ok(Ok(attempt));
        }
        let before = number.saturating_sub(1);
        match self.check_attempts(source, direction, before, fallback, LastNumber::MustBeWritten) {
            Ok(()) => Ok(Ok(attempt)),
            Err(AttemptError::Store(error)) => Err(error),
            Err(refusal) => Ok(Err((attempt, refusal))),
        }
    }

    /// Draws a number for a payment among those of a record that it only names, such as the Invoice of an Order, so that
    /// it is counted there too.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn draw_beside(&self, named: &SourceRecord, direction: Direction) -> Result<Attempt, StoreError> {
        let number = self.allocate(&keys::source_counter(&self.site, named))?;
        Ok(Attempt { number, source: named.clone(), direction, another: true, beside: true })
    }

    /// The record of an attempt, to be written with its payment's first entry.
    ///
    /// # Errors
    /// It cannot be written as text.
    pub fn accepted_attempt(&self, attempt: &Attempt, reference: &PaymentReference) -> Result<Writes, StoreError> {
        let mut writes = self.attempt_record(attempt, Some(reference.clone()))?;
        let block = |block| keys::source_block(&self.site, &attempt.source, block);
        writes.extend(REACH.bridge(attempt.number.min(MOST_ATTEMPTS), 0, block)?);
        Ok(writes)
    }

    /// Gives up an attempt that was refused after its number was drawn, and keeps the answer that said so, where the
    /// same answer is to be given again. `reference` is what the payment would have been called.
    ///
    /// # Errors
    /// The store did not take it.
    pub fn refuse(
        &self,
        claim: &Claim,
        attempt: &Attempt,
        reference: &PaymentReference,
        correlation_id: &CorrelationId,
        answer: Option<StoredResponse>,
    ) -> Result<(), StoreError> {
        let mut writes = self.attempt_record(attempt, None)?;
        let entry = JournalEntry {
            at: self.clock.now(),
            kind: JournalKind::Refused,
            reference: Some(reference.clone()),
            sequence: 0,
            correlation_id: correlation_id.clone(),
            not_before: None,
            idempotency: Some(claim.hash()),
        };
        writes.extend(match answer {
            Some(answer) => self.answered(claim, answer)?,
            // Once the lease is over, a repetition may try again.
            None => self.running(claim)?,
        });
        self.write_journaled(&entry, writes).map(drop)
    }

    fn attempt_record(&self, attempt: &Attempt, reference: Option<PaymentReference>) -> Result<Writes, StoreError> {
        let key = keys::source_attempt(&self.site, &attempt.source, attempt.number);
        let Attempt { direction, another, beside, .. } = *attempt;
        let record = StoredAttempt { reference, direction, another, at: self.clock.now(), beside };
        let value = stored::write(&key, &record)?;
        Ok(vec![(key, value)])
    }

    fn attempts_for<'s>(&'s self, source: &'s SourceRecord) -> Slots<'s> {
        let record = |number| keys::source_attempt(&self.site, source, number);
        Slots::new(self, keys::source_counter(&self.site, source), record)
    }

    fn check_attempts(
        &self,
        source: &SourceRecord,
        direction: Direction,
        last: u64,
        fallback: Currency,
        last_number: LastNumber,
    ) -> Result<(), AttemptError> {
        if last == 0 {
            return Ok(());
        }
        if last > MOST_ATTEMPTS {
            return Err(AttemptError::TooMany);
        }
        let slots = self.attempts_for(source);
        let numbers: Vec<u64> = (1..=last).collect();
        let mut attempts: Vec<StoredAttempt> = Vec::new();
        let mut gaps = Vec::new();
        let mut later_at: Option<Timestamp> = None;
        for (number, attempt) in slots.read::<StoredAttempt>(&numbers)?.into_iter().rev() {
            let Some(attempt) = attempt else {
                // A number without a record is being worked on, unless a later record is older than the lease.
                let is_old = later_at.is_some_and(|at| is_worth_passing(at, self.clock.now()));
                let passed_over = later_at.is_none() && last_number == LastNumber::MayBeUnwritten;
                if !is_old && !passed_over {
                    return Err(AttemptError::Busy);
                }
                gaps.push(number);
                continue;
            };
            later_at = Some(attempt.at);
            attempts.push(attempt);
        }
        if last_number == LastNumber::MustBeWritten {
            // A payment under one of them is not sent from now on; one that was written meanwhile is looked at.
            let found = slots.pass::<StoredAttempt>(&gaps, Writes::new())?;
            attempts.extend(found.into_iter().filter_map(|(_, attempt)| attempt));
        }
        for attempt in attempts {
            if let Some(reference) = attempt.reference.filter(|_| attempt.direction == direction && !attempt.beside) {
                // Of two records that one payment was assigned to at once, it is for one.
                let is_elsewhere = |payment: &Payment| payment.source.is_some() && !payment.is_for(source);
                let payment = self.history(&reference)?.payment(fallback);
                let open = payment.is_none_or(|payment| !is_elsewhere(&payment) && payment.holds_its_source());
                if open {
                    return Err(AttemptError::HasPayment(reference));
                }
            }
        }
        Ok(())
    }
}
