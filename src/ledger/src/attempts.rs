//! The attempts to pay for a record, numbered: a record has at most one open payment.

use serde::{Deserialize, Serialize};
use tollbridge_domain::{CorrelationId, Currency, Operation, Payment, PaymentReference, SourceRecord, Timestamp};

use crate::journal::{JournalEntry, JournalKind};
use crate::slots::{LookAhead, Slots, is_past_lease};
use crate::{Claim, Ledger, StoreError, StoredResponse, Writes, keys, stored};

/// The direction of the money. An open payout for an order does not block a charge for it.
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
    /// The payment; `None` if the attempt was refused.
    pub(crate) reference: Option<PaymentReference>,
    direction: Direction,
    /// Whether the caller requested it in addition to other payments.
    another: bool,
    at: Timestamp,
    /// Whether the payment is for another record and only names this one, such as the invoice of an order. It counts in
    /// the totals of this record, but neither blocks a payment for it nor supersedes one.
    #[serde(default, rename = "beside", skip_serializing_if = "core::ops::Not::not")]
    is_linked: bool,
}

impl StoredAttempt {
    /// The payment, if it supersedes an earlier one that this operation opened.
    pub(crate) fn in_place_of(&self, operation: Operation) -> Option<&PaymentReference> {
        let replaces = !self.another && !self.is_linked && self.direction == Direction::from(operation);
        self.reference.as_ref().filter(|_| replaces)
    }
}

/// A number that was allocated for a payment of a record.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The number, from 1.
    pub number: u64,
    pub(crate) source: SourceRecord,
    direction: Direction,
    another: bool,
    is_linked: bool,
}

/// Why a record cannot have another payment now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttemptError {
    /// A payment for the record is open, or has paid it.
    #[error("{0} is open or has paid this record")]
    HasPayment(PaymentReference),
    /// Another attempt is under way.
    #[error("another payment for this record is being made at this moment")]
    Busy,
    /// The record has more attempts than are checked.
    #[error("more than {MAX_ATTEMPTS} payments were tried for this record")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The outcome of allocating an attempt.
#[derive(Debug)]
pub enum AttemptOutcome {
    /// The payment may be opened under this attempt.
    Allocated(Attempt),
    /// Another payment blocks it. The caller must release the attempt's number with [`Ledger::refuse`].
    Refused {
        /// The attempt, whose number is allocated.
        attempt: Attempt,
        /// Why the record cannot have another payment now.
        refusal: AttemptError,
    },
}

impl AttemptOutcome {
    /// The attempt, or the refused one with its refusal.
    ///
    /// # Errors
    /// The attempt was refused.
    #[allow(clippy::result_large_err, reason = "it is made once for a payment, and matched at once")]
    pub fn into_result(self) -> Result<Attempt, (Attempt, AttemptError)> {
        match self {
            Self::Allocated(attempt) => Ok(attempt),
            Self::Refused { attempt, refusal } => Err((attempt, refusal)),
        }
    }
}

/// How many attempts of a record are checked. All of them must be, because any may still be open, or be paid late after
/// it had failed; a record with more is refused.
pub(crate) const MAX_ATTEMPTS: u64 = 128;

/// How far a reader reads beyond the last number that it found. Gaps may lie between numbers, so one absent number says
/// nothing.
pub(crate) const LOOK_AHEAD: LookAhead = LookAhead { slots: 4, block_length: 8 };

/// Whether the last allocated number of a record may be a gap.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LastNumber {
    MayBeUnwritten,
    MustBeWritten,
}

impl Ledger<'_> {
    /// Whether a payment may be made for this record, before a number is allocated.
    ///
    /// # Errors
    /// Another payment blocks it, or the store does not answer.
    pub fn check_source(
        &self,
        source: &SourceRecord,
        direction: Direction,
        fallback: Currency,
    ) -> Result<(), AttemptError> {
        let last = u64::try_from(self.store.increment(&keys::source_counter(&self.site, source), 0)?).unwrap_or(0);
        // Only a later number can show that the last one is old, so a gap there is ignored here.
        self.check_attempts(source, direction, last, fallback, LastNumber::MayBeUnwritten)
    }

    /// Allocates a number for a payment for this record, and checks the attempts before it again: of two payments that
    /// are requested at once, only one finds nothing that blocks it.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn allocate_attempt(
        &self,
        source: &SourceRecord,
        direction: Direction,
        another: bool,
        fallback: Currency,
    ) -> Result<AttemptOutcome, StoreError> {
        let number = self.allocate(&keys::source_counter(&self.site, source))?;
        let attempt = Attempt { number, source: source.clone(), direction, another, is_linked: false };
        if another {
            return Ok(AttemptOutcome::Allocated(attempt));
        }
        let before = number.saturating_sub(1);
        match self.check_attempts(source, direction, before, fallback, LastNumber::MustBeWritten) {
            Ok(()) => Ok(AttemptOutcome::Allocated(attempt)),
            Err(AttemptError::Store(error)) => Err(error),
            Err(refusal) => Ok(AttemptOutcome::Refused { attempt, refusal }),
        }
    }

    /// Allocates a number for a payment among those of a record that it only names, such as the invoice of an order.
    /// The totals of that record then include it.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn allocate_linked_attempt(&self, named: &SourceRecord, direction: Direction) -> Result<Attempt, StoreError> {
        let number = self.allocate(&keys::source_counter(&self.site, named))?;
        Ok(Attempt { number, source: named.clone(), direction, another: true, is_linked: true })
    }

    /// The record of an attempt, to be written with the first entry of its payment.
    ///
    /// # Errors
    /// The record cannot be serialized.
    pub fn accepted_attempt(&self, attempt: &Attempt, reference: &PaymentReference) -> Result<Writes, StoreError> {
        let mut writes = self.attempt_record(attempt, Some(reference.clone()))?;
        let block = |block| keys::source_block(&self.site, &attempt.source, block);
        writes.extend(LOOK_AHEAD.bridge(attempt.number.min(MAX_ATTEMPTS), 0, block)?);
        Ok(writes)
    }

    /// Releases the number of an attempt that was refused, and stores the response if a repetition is to get the same
    /// one. `reference` is the name that the payment would have had.
    ///
    /// # Errors
    /// The store did not confirm the write.
    pub fn refuse(
        &self,
        claim: &Claim,
        attempt: &Attempt,
        reference: &PaymentReference,
        correlation_id: &CorrelationId,
        response: Option<StoredResponse>,
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
        writes.extend(match response {
            Some(response) => self.completed(claim, response)?,
            // A repetition may try again once the lease is over.
            None => self.running(claim)?,
        });
        self.write_journaled(&entry, writes).map(drop)
    }

    fn attempt_record(&self, attempt: &Attempt, reference: Option<PaymentReference>) -> Result<Writes, StoreError> {
        let key = keys::source_attempt(&self.site, &attempt.source, attempt.number);
        let Attempt { direction, another, is_linked, .. } = *attempt;
        let record = StoredAttempt { reference, direction, another, at: self.clock.now(), is_linked };
        let value = stored::write(&key, &record)?;
        Ok(vec![(key, value)])
    }

    pub(crate) fn attempts_for<'s>(&'s self, source: &'s SourceRecord) -> Slots<'s> {
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
        if last > MAX_ATTEMPTS {
            return Err(AttemptError::TooMany);
        }
        let slots = self.attempts_for(source);
        let numbers: Vec<u64> = (1..=last).collect();
        let mut attempts: Vec<StoredAttempt> = Vec::new();
        let mut gaps = Vec::new();
        let mut later_at: Option<Timestamp> = None;
        for (number, attempt) in slots.read::<StoredAttempt>(&numbers)?.into_iter().rev() {
            let Some(attempt) = attempt else {
                // The writer of a gap is at work, unless a later record is older than the lease.
                let is_old = later_at.is_some_and(|at| is_past_lease(at, self.clock.now()));
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
            // From here on, no payment under one of these numbers is sent. One that was written meanwhile is checked
            // below.
            let found = slots.pass::<StoredAttempt>(&gaps, Writes::new())?;
            attempts.extend(found.into_iter().filter_map(|(_, attempt)| attempt));
        }
        for attempt in attempts {
            if let Some(reference) = attempt.reference.filter(|_| attempt.direction == direction && !attempt.is_linked)
            {
                // A payment that was assigned to two records at once is for one of them.
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
