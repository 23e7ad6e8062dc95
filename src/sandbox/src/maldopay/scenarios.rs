//! What happens to a payment by itself: the last two digits of its amount, in minor units, choose a scenario.
//!
//! They hold for `DEPOSIT`, `AUTHORIZE` and `WITHDRAW`. With any other ending the service's own start code is answered,
//! and the payment waits for the payer or the payout for the bank.

use super::MaldoPay;
use super::books::{Kind, State, Transaction};
use super::callbacks::Callback;
use super::provider_event::ProviderEvent;
use super::services::{CodeClass, Service, class};
use super::wire::code;
use crate::money::Amount;

/// One scenario.
#[derive(Debug)]
pub struct Scenario {
    /// The last two digits of the amount in minor units.
    pub ending: i64,
    /// What happens, for the help text.
    pub description: &'static str,
    pub(crate) beginning: Beginning,
    pub(crate) then: &'static [Step],
}

/// How the request itself goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    Approved,
    /// Approved, and all that follows bears the id of this transaction.
    ApprovedUnderOneId,
    Declined,
    Pending,
    /// Approved, and the answer is lost.
    Unanswered,
    /// Not carried out.
    ServerError,
}

/// What follows by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Confirm,
    ConfirmHalf,
    /// Confirm it and tell nobody.
    ConfirmUntold,
    /// Tell of the confirmation once more, word for word.
    Repeat,
    /// Tell that it is pending, with the time it began.
    BelatedPending,
    ChargeBack,
    /// What succeeded fails after all.
    TakeBack,
}

const fn scenario(ending: i64, description: &'static str, beginning: Beginning, then: &'static [Step]) -> Scenario {
    Scenario { ending, description, beginning, then }
}

/// Every scenario.
pub const SCENARIOS: &[Scenario] = &[
    scenario(1, "declined at once", Beginning::Declined, &[]),
    scenario(2, "pending, then confirmed by a callback", Beginning::Pending, &[Step::Confirm]),
    scenario(3, "carried out, but the connection closes without an answer", Beginning::Unanswered, &[]),
    scenario(
        4,
        "confirmed, and the callback comes three times",
        Beginning::Pending,
        &[Step::Confirm, Step::Repeat, Step::Repeat],
    ),
    scenario(
        5,
        "callbacks out of order: CONFIRMED, then an older PENDING",
        Beginning::Pending,
        &[Step::Confirm, Step::BelatedPending],
    ),
    scenario(6, "confirmed, then charged back", Beginning::Pending, &[Step::Confirm, Step::ChargeBack]),
    scenario(7, "HTTP 500, not carried out", Beginning::ServerError, &[]),
    scenario(8, "confirmed with half the amount", Beginning::Pending, &[Step::ConfirmHalf]),
    scenario(9, "approved at once, no redirect", Beginning::Approved, &[]),
    scenario(10, "pending, then confirmed, and the callback is lost", Beginning::Pending, &[Step::ConfirmUntold]),
    scenario(
        11,
        "approved at once, and all that follows bears the same transaction id",
        Beginning::ApprovedUnderOneId,
        &[],
    ),
    scenario(12, "confirmed, then declined after all", Beginning::Pending, &[Step::Confirm, Step::TakeBack]),
];

/// The scenario that an amount chooses.
pub(crate) fn scenario_of(amount: Amount) -> Option<&'static Scenario> {
    let ending = amount.minor_units().checked_rem(100)?;
    SCENARIOS.iter().find(|scenario| scenario.ending == ending)
}

/// The code that says "pending" for a service, also for one that usually approves at once.
pub(crate) fn pending_code(service: &Service) -> u64 {
    match class(service.start_code) {
        CodeClass::Pending => service.start_code,
        CodeClass::Succeeded | CodeClass::Other => code::PENDING,
    }
}

impl MaldoPay {
    /// Lets happen what follows by itself, one step after the other: each waits until its callback is taken.
    pub(crate) fn play(&self, transaction: &Transaction, steps: &'static [Step]) {
        if steps.is_empty() {
            return;
        }
        let maldopay = self.clone();
        let transaction = transaction.clone();
        self.inner.background.spawn(async move {
            let mut told = None;
            for step in steps {
                maldopay.take(*step, &transaction, &mut told).await;
            }
        });
    }

    async fn take(&self, step: Step, transaction: &Transaction, told: &mut Option<Callback>) {
        let callback = match step {
            Step::Confirm => self.confirmed(transaction, None),
            Step::ConfirmHalf => {
                let minor_units = transaction.amount.minor_units();
                let half = minor_units.checked_div(2).unwrap_or(minor_units);
                self.confirmed(transaction, Some(transaction.amount.of(half)))
            }
            Step::ConfirmUntold => {
                self.confirmed(transaction, None);
                None
            }
            Step::Repeat => told.clone(),
            Step::BelatedPending => {
                let callback = Callback::for_transaction(transaction, State::Pending.result());
                Some(callback.dated_at(transaction.created))
            }
            // Only money that was taken can be taken back.
            Step::ChargeBack if transaction.kind != Kind::Deposit => None,
            Step::ChargeBack => self.happens(transaction.id, ProviderEvent::ChargedBack(None)).ok(),
            Step::TakeBack => {
                let declined = ProviderEvent::DeclinedAfterSuccess("Returned by the payer's bank".to_owned());
                self.happens(transaction.id, declined).ok()
            }
        };
        if let Some(callback) = callback {
            let callback = self.dated(callback);
            self.deliver_until_taken(&callback).await;
            *told = Some(callback);
        }
    }

    fn confirmed(&self, transaction: &Transaction, amount: Option<Amount>) -> Option<Callback> {
        let confirmed = self.books().decide_pending(transaction.id, State::Confirmed, amount)?;
        Some(Callback::for_transaction(&confirmed, confirmed.state.result()))
    }
}
