//! Automatic scenarios: the last two digits of a payment's amount, in minor units, choose one.
//!
//! They apply to `DEPOSIT`, `AUTHORIZE` and `WITHDRAW`. With any other ending MaldoPay answers the service's usual
//! start code, and then waits for the payer's or the bank's decision.

use super::MaldoPaySandbox;
use super::books::{Transaction, TransactionState, TransactionType};
use super::callbacks::Callback;
use super::code;
use super::provider_event::ProviderEvent;
use super::services::{CodeClass, Service, class};
use crate::money::Amount;

/// An automatic course of a payment, chosen by its amount.
#[derive(Debug)]
pub struct Scenario {
    /// The last two digits of the amount in minor units.
    pub ending: i64,
    /// The description in the help text.
    pub description: &'static str,
    pub(crate) beginning: RequestFate,
    pub(crate) then: &'static [FollowUpStep],
}

/// The outcome of the request itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestFate {
    Approved,
    /// Approved, and all later transactions share the id of this one.
    ApprovedUnderOneId,
    Declined,
    Pending,
    /// Approved, and the response is lost.
    NoAnswer,
    /// Not carried out.
    ServerError,
}

/// A step that follows by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FollowUpStep {
    Confirm,
    ConfirmHalf,
    /// Confirms the transaction without a callback.
    ConfirmWithoutCallback,
    /// Sends the callback about the confirmation once more, word for word.
    Repeat,
    /// Sends a callback with the result PENDING and the time of creation.
    LatePending,
    ChargeBack,
    /// Settles the transaction less [`usual_fee`].
    Settle,
    /// Fails a transaction that was carried out.
    Reverse,
}

const fn scenario(
    ending: i64,
    description: &'static str,
    beginning: RequestFate,
    then: &'static [FollowUpStep],
) -> Scenario {
    Scenario { ending, description, beginning, then }
}

/// Every scenario, by ending.
pub const SCENARIOS: &[Scenario] = &[
    scenario(1, "declined at once", RequestFate::Declined, &[]),
    scenario(2, "pending, then confirmed by a callback", RequestFate::Pending, &[FollowUpStep::Confirm]),
    scenario(3, "carried out, but the connection closes without an answer", RequestFate::NoAnswer, &[]),
    scenario(
        4,
        "confirmed, and the callback comes three times",
        RequestFate::Pending,
        &[FollowUpStep::Confirm, FollowUpStep::Repeat, FollowUpStep::Repeat],
    ),
    scenario(
        5,
        "callbacks out of order: CONFIRMED, then an older PENDING",
        RequestFate::Pending,
        &[FollowUpStep::Confirm, FollowUpStep::LatePending],
    ),
    scenario(
        6,
        "confirmed, then charged back",
        RequestFate::Pending,
        &[FollowUpStep::Confirm, FollowUpStep::ChargeBack],
    ),
    scenario(7, "HTTP 500, not carried out", RequestFate::ServerError, &[]),
    scenario(8, "confirmed with half the amount", RequestFate::Pending, &[FollowUpStep::ConfirmHalf]),
    scenario(9, "approved at once, no redirect", RequestFate::Approved, &[]),
    scenario(
        10,
        "pending, then confirmed, and the callback is lost",
        RequestFate::Pending,
        &[FollowUpStep::ConfirmWithoutCallback],
    ),
    scenario(
        11,
        "approved at once, and all that follows bears the same transaction id",
        RequestFate::ApprovedUnderOneId,
        &[],
    ),
    scenario(
        12,
        "confirmed, then declined after all",
        RequestFate::Pending,
        &[FollowUpStep::Confirm, FollowUpStep::Reverse],
    ),
    scenario(
        13,
        "confirmed, then settled less a fee",
        RequestFate::Pending,
        &[FollowUpStep::Confirm, FollowUpStep::Settle],
    ),
];

/// The scenario that an amount chooses.
pub(crate) fn scenario_of(amount: Amount) -> Option<&'static Scenario> {
    let ending = amount.minor_units().checked_rem(100)?;
    SCENARIOS.iter().find(|scenario| scenario.ending == ending)
}

/// The fee of a settlement that no test chose: 2 %, rounded down. What MaldoPay really charges is in each contract.
pub(crate) fn usual_fee(amount: Amount) -> Amount {
    amount.of(amount.minor_units().checked_div(50).unwrap_or_default())
}

/// The code for "pending" of a service, even of one that usually approves at once.
pub(crate) fn pending_code(service: &Service) -> u64 {
    match class(service.start_code) {
        CodeClass::Pending => service.start_code,
        CodeClass::Succeeded | CodeClass::Other => code::PENDING,
    }
}

impl MaldoPaySandbox {
    /// Runs the steps one after the other. Each waits until the merchant has accepted its callback.
    pub(crate) fn play(&self, transaction: &Transaction, steps: &'static [FollowUpStep]) {
        if steps.is_empty() {
            return;
        }
        let maldopay = self.clone();
        let transaction = transaction.clone();
        self.inner.background.spawn(async move {
            let mut last = None;
            for step in steps {
                maldopay.run(*step, &transaction, &mut last).await;
            }
        });
    }

    async fn run(&self, step: FollowUpStep, transaction: &Transaction, last: &mut Option<Callback>) {
        let callback = match step {
            FollowUpStep::Confirm => self.confirmed(transaction, None),
            FollowUpStep::ConfirmHalf => {
                let minor_units = transaction.amount.minor_units();
                let half = minor_units.checked_div(2).unwrap_or(minor_units);
                self.confirmed(transaction, Some(transaction.amount.of(half)))
            }
            FollowUpStep::ConfirmWithoutCallback => {
                self.confirmed(transaction, None);
                None
            }
            FollowUpStep::Repeat => last.clone(),
            FollowUpStep::LatePending => {
                let callback = Callback::for_transaction(transaction, TransactionState::Pending.result());
                Some(callback.dated_at(transaction.created))
            }
            // Only collected money can be charged back or settled.
            FollowUpStep::ChargeBack if transaction.kind != TransactionType::Deposit => None,
            FollowUpStep::ChargeBack => self.happens(transaction.id, ProviderEvent::ChargedBack(None)).ok(),
            FollowUpStep::Settle if transaction.kind != TransactionType::Deposit => None,
            FollowUpStep::Settle => {
                let fee = usual_fee(transaction.amount).to_string();
                self.happens(transaction.id, ProviderEvent::Settled(Some(fee))).ok()
            }
            FollowUpStep::Reverse => {
                let declined = ProviderEvent::DeclinedAfterSuccess("Returned by the payer's bank".to_owned());
                self.happens(transaction.id, declined).ok()
            }
        };
        if let Some(callback) = callback {
            let callback = self.dated(callback);
            self.deliver_until_accepted(&callback).await;
            *last = Some(callback);
        }
    }

    fn confirmed(&self, transaction: &Transaction, amount: Option<Amount>) -> Option<Callback> {
        let confirmed = self.books().decide_pending(transaction.id, TransactionState::Confirmed, amount)?;
        Some(Callback::for_transaction(&confirmed, confirmed.state.result()))
    }
}
