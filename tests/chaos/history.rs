//! The histories that an order may have, each as a list of steps. A run mixes all of them.

use std::collections::VecDeque;

use fastrand::Rng;
use tollbridge_sandbox::{ProviderEvent, TransactionType};

use crate::amounts::decimal;

/// One history. Faults may end it early: a charge that never arrived is never paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlannedHistory {
    Paid,
    PaidAtOnce,
    PaidLate,
    PaidOtherwise,
    Declined,
    DeclinedByThePayersBank,
    GivenUp,
    Abandoned,
    CalledOff,
    TriedAgain,
    CapturedInParts,
    CapturedInPartAndReleased,
    Released,
    RefundedInParts,
    Refunded,
    Settled,
    ChargedBack,
    Disputed,
    DisputeWon,
    DisputeLost,
    PaidOut,
    PayoutFailed,
    RefundedInPartsUnderOneId,
    CapturedInPartsUnderOneId,
    ChargedBackInPartsUnderOneId,
    RefundTakenBack,
    RefundTakenBackUnderOneId,
    CaptureTakenBack,
    DepositTakenBack,
    DepositCanceledLater,
    PayoutTakenBack,
    ChargebackCanceled,
    ChargebackWonBack,
    ChargedTwice,
    ChargedAndPaidOut,
    ThirdAttemptDeclined,
}

use PlannedHistory::*;

/// All histories.
pub const ALL: [PlannedHistory; 36] = [
    Paid,
    PaidAtOnce,
    PaidLate,
    PaidOtherwise,
    Declined,
    DeclinedByThePayersBank,
    GivenUp,
    Abandoned,
    CalledOff,
    TriedAgain,
    CapturedInParts,
    CapturedInPartAndReleased,
    Released,
    RefundedInParts,
    Refunded,
    Settled,
    ChargedBack,
    Disputed,
    DisputeWon,
    DisputeLost,
    PaidOut,
    PayoutFailed,
    RefundedInPartsUnderOneId,
    CapturedInPartsUnderOneId,
    ChargedBackInPartsUnderOneId,
    RefundTakenBack,
    RefundTakenBackUnderOneId,
    CaptureTakenBack,
    DepositTakenBack,
    DepositCanceledLater,
    PayoutTakenBack,
    ChargebackCanceled,
    ChargebackWonBack,
    ChargedTwice,
    ChargedAndPaidOut,
    ThirdAttemptDeclined,
];

/// One step of a history.
#[derive(Clone, Debug)]
pub enum Step {
    /// Salesforce sends the gateway a command.
    Ask(PlannedCommand),
    /// An event happens at MaldoPay, to every transaction of this kind to which it can happen.
    Happens(TransactionType, ProviderEvent),
    /// All later callbacks and commands are delayed.
    Later,
}

/// The commands that Salesforce sends.
#[derive(Clone, Debug)]
pub enum PlannedCommand {
    Open {
        intent: &'static str,
        method: &'static str,
        minor_units: i64,
        /// Whether the caller asks for it in addition to the order's other payments.
        another: bool,
    },
    /// `captures`, `refunds` or `voids`. Without an amount, all that is left.
    Operation { name: &'static str, amount: Option<String> },
}

/// The order's currency, and the payout method of its site.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub currency: &'static str,
    pub payout_method: &'static str,
}

impl PlannedHistory {
    /// The history of the n-th order. Orders take all histories in turn, so that every run has each.
    pub fn of(number: usize) -> Self {
        ALL[number % ALL.len()]
    }

    /// The steps, with random amounts.
    pub fn steps(self, terms: Terms, random: &mut Rng) -> VecDeque<Step> {
        let total = amount(random);
        let text = |minor_units: i64| decimal(minor_units, terms.currency);
        let open = |intent, method, minor_units| {
            Step::Ask(PlannedCommand::Open { intent, method, minor_units, another: false })
        };
        let charge_another = |minor_units| {
            Step::Ask(PlannedCommand::Open { intent: "charge", method: "credit", minor_units, another: true })
        };
        let part =
            |name, minor_units: i64| Step::Ask(PlannedCommand::Operation { name, amount: Some(text(minor_units)) });
        let rest = |name| Step::Ask(PlannedCommand::Operation { name, amount: None });
        let deposit = |event| Step::Happens(TransactionType::Deposit, event);
        let charge = open("charge", "checkout", total);
        let charge_at_once = open("charge", "credit", total);
        let authorize = open("authorize", "credit", total);
        let charge_under_one_id = open("charge", "credit", under_one_id(total));
        let authorize_under_one_id = open("authorize", "credit", under_one_id(total));
        let (first, second) = (total * i64::from(random.u8(10..40)) / 100, total * i64::from(random.u8(10..40)) / 100);
        let fee = ProviderEvent::Settled(Some(text(total / 50)));
        let declined = || ProviderEvent::Declined("Declined by the bank".to_owned());
        let declined_later =
            |kind| Step::Happens(kind, ProviderEvent::DeclinedAfterSuccess("Returned by the bank".to_owned()));
        let canceled_later = |kind| Step::Happens(kind, ProviderEvent::CanceledAfterSuccess);
        let settled = || Step::Happens(TransactionType::Capture, ProviderEvent::Settled(None));
        let steps = match self {
            Paid => vec![charge, deposit(ProviderEvent::Confirmed)],
            PaidAtOnce => vec![charge_at_once],
            PaidLate => vec![charge, Step::Later, deposit(ProviderEvent::Confirmed)],
            PaidOtherwise => vec![charge, deposit(ProviderEvent::ConfirmedWith(text(first)))],
            Declined => vec![open("charge", "credit", declined_at_once(total))],
            DeclinedByThePayersBank => vec![charge, deposit(declined())],
            GivenUp => vec![charge, deposit(ProviderEvent::Canceled)],
            Abandoned => vec![charge],
            CalledOff => vec![charge, rest("voids")],
            TriedAgain => vec![open("charge", "credit", declined_at_once(total)), charge_at_once],
            CapturedInParts => {
                vec![authorize, part("captures", first), part("captures", second), rest("captures"), settled()]
            }
            CapturedInPartAndReleased => vec![authorize, part("captures", first), rest("voids")],
            Released => vec![authorize, rest("voids")],
            RefundedInParts => vec![charge_at_once, part("refunds", first), part("refunds", second)],
            Refunded => vec![charge, deposit(ProviderEvent::Confirmed), part("refunds", first), rest("refunds")],
            Settled => vec![charge, deposit(ProviderEvent::Confirmed), deposit(fee)],
            ChargedBack => {
                let amount = random.bool().then(|| text(second));
                vec![charge_at_once, Step::Later, deposit(ProviderEvent::ChargedBack(amount))]
            }
            Disputed => vec![charge_at_once, deposit(ProviderEvent::Disputed)],
            DisputeWon => {
                vec![
                    charge_at_once,
                    deposit(fee),
                    deposit(ProviderEvent::Disputed),
                    Step::Later,
                    deposit(ProviderEvent::DisputeWon),
                ]
            }
            DisputeLost => vec![
                charge_at_once,
                deposit(ProviderEvent::Disputed),
                Step::Later,
                deposit(ProviderEvent::ChargedBack(None)),
            ],
            PaidOut => vec![
                open("payout", terms.payout_method, total),
                Step::Happens(TransactionType::Withdraw, ProviderEvent::Confirmed),
            ],
            PayoutFailed => {
                vec![open("payout", terms.payout_method, total), Step::Happens(TransactionType::Withdraw, declined())]
            }
            RefundedInPartsUnderOneId => {
                vec![charge_under_one_id, part("refunds", first), part("refunds", second), rest("refunds")]
            }
            CapturedInPartsUnderOneId => {
                vec![authorize_under_one_id, part("captures", first), part("captures", second), rest("captures")]
            }
            ChargedBackInPartsUnderOneId => {
                let charged_back = Step::Happens(TransactionType::Capture, ProviderEvent::ChargedBack(None));
                let (first, second) = (part("captures", first), part("captures", second));
                vec![authorize_under_one_id, first, second, settled(), Step::Later, charged_back]
            }
            RefundTakenBack => {
                let refund = || part("refunds", first);
                vec![charge_at_once, refund(), Step::Later, declined_later(TransactionType::Refund), refund()]
            }
            RefundTakenBackUnderOneId => {
                vec![
                    charge_under_one_id,
                    part("refunds", first),
                    declined_later(TransactionType::Refund),
                    rest("refunds"),
                ]
            }
            CaptureTakenBack => {
                vec![authorize, part("captures", first), declined_later(TransactionType::Capture), rest("captures")]
            }
            DepositTakenBack => {
                let paid = deposit(ProviderEvent::Confirmed);
                vec![charge, paid, Step::Later, declined_later(TransactionType::Deposit)]
            }
            DepositCanceledLater => vec![charge_at_once, canceled_later(TransactionType::Deposit)],
            PayoutTakenBack => {
                let paid_out = Step::Happens(TransactionType::Withdraw, ProviderEvent::Confirmed);
                vec![
                    open("payout", terms.payout_method, total),
                    paid_out,
                    Step::Later,
                    declined_later(TransactionType::Withdraw),
                ]
            }
            ChargebackCanceled => {
                vec![
                    charge_at_once,
                    deposit(ProviderEvent::ChargedBack(None)),
                    Step::Later,
                    canceled_later(TransactionType::Chargeback),
                ]
            }
            ChargebackWonBack => {
                let lost = deposit(ProviderEvent::ChargedBack(None));
                vec![
                    charge_at_once,
                    deposit(ProviderEvent::Disputed),
                    lost,
                    Step::Later,
                    deposit(ProviderEvent::DisputeWon),
                ]
            }
            ChargedTwice => vec![charge_at_once, charge_another(amount(random)), part("refunds", 100)],
            ChargedAndPaidOut => {
                let payout = open("payout", terms.payout_method, amount(random));
                vec![charge_at_once, payout, Step::Happens(TransactionType::Withdraw, ProviderEvent::Confirmed)]
            }
            ThirdAttemptDeclined => {
                let third = charge_another(declined_at_once(amount(random)));
                vec![charge_at_once, charge_another(amount(random)), third]
            }
        };
        steps.into()
    }
}

/// A random amount whose last two digits do not select a scenario of the sandbox. The history decides instead.
fn amount(random: &mut Rng) -> i64 {
    let last = tollbridge_sandbox::SCENARIOS.iter().map(|scenario| scenario.ending).max().unwrap_or_default();
    random.i64(10..5_000) * 100 + random.i64(last + 1..100)
}

/// A similar amount with the last digits that the sandbox declines.
fn declined_at_once(minor_units: i64) -> i64 {
    minor_units / 100 * 100 + 1
}

/// A similar amount with the last digits for which the sandbox repeats one transaction id.
fn under_one_id(minor_units: i64) -> i64 {
    minor_units / 100 * 100 + 11
}
