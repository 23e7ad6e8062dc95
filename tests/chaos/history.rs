//! What may become of an order: the histories that are mixed, each as the steps that make it.

use std::collections::VecDeque;

use fastrand::Rng;
use tollbridge_sandbox::{Kind, News};

use crate::amounts::decimal;

/// A history. Faults may end it early: a charge that never arrived is never paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum History {
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
}

use History::*;

const ALL: [History; 22] = [
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
];

/// One step.
#[derive(Clone, Debug)]
pub enum Step {
    /// The gateway is asked for something.
    Ask(Asked),
    /// Something happens at MaldoPay, to every transaction of this kind that can meet it.
    Happens(Kind, News),
    /// What is told from here on, and what follows, comes late.
    Later,
}

/// What the gateway is asked for.
#[derive(Clone, Debug)]
pub enum Asked {
    Open {
        intent: &'static str,
        method: &'static str,
        amount: String,
    },
    /// `captures`, `refunds` or `voids`; all that is left where no amount is given.
    Operation {
        name: &'static str,
        amount: Option<String>,
    },
}

/// The order's currency, and how money goes out at its site.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub currency: &'static str,
    pub payout_method: &'static str,
}

impl History {
    /// The history of the n-th order: all of them in turn, so that every run has each.
    pub fn of(number: usize) -> Self {
        ALL[number % ALL.len()]
    }

    /// Its steps, with amounts drawn by chance.
    pub fn steps(self, terms: Terms, random: &mut Rng) -> VecDeque<Step> {
        let total = amount(random);
        let text = |minor_units: i64| decimal(minor_units, terms.currency);
        let open = |intent, method, minor_units| Step::Ask(Asked::Open { intent, method, amount: text(minor_units) });
        let part = |name, minor_units: i64| Step::Ask(Asked::Operation { name, amount: Some(text(minor_units)) });
        let rest = |name| Step::Ask(Asked::Operation { name, amount: None });
        let deposit = |news| Step::Happens(Kind::Deposit, news);
        let charge = open("charge", "checkout", total);
        let charge_at_once = open("charge", "credit", total);
        let authorize = open("authorize", "credit", total);
        let (first, second) = (total * i64::from(random.u8(10..40)) / 100, total * i64::from(random.u8(10..40)) / 100);
        let fee = News::Settled(Some(text(total / 50)));
        let declined = || News::Declined("Declined by the bank".to_owned());
        let steps = match self {
            Paid => vec![charge, deposit(News::Confirmed)],
            PaidAtOnce => vec![charge_at_once],
            PaidLate => vec![charge, Step::Later, deposit(News::Confirmed)],
            PaidOtherwise => vec![charge, deposit(News::ConfirmedWith(text(first)))],
            Declined => vec![open("charge", "credit", declined_at_once(total))],
            DeclinedByThePayersBank => vec![charge, deposit(declined())],
            GivenUp => vec![charge, deposit(News::Canceled)],
            Abandoned => vec![charge],
            CalledOff => vec![charge, rest("voids")],
            TriedAgain => vec![open("charge", "credit", declined_at_once(total)), charge_at_once],
            CapturedInParts => {
                let settled = Step::Happens(Kind::Capture, News::Settled(None));
                vec![authorize, part("captures", first), part("captures", second), rest("captures"), settled]
            }
            CapturedInPartAndReleased => vec![authorize, part("captures", first), rest("voids")],
            Released => vec![authorize, rest("voids")],
            RefundedInParts => vec![charge_at_once, part("refunds", first), part("refunds", second)],
            Refunded => vec![charge, deposit(News::Confirmed), part("refunds", first), rest("refunds")],
            Settled => vec![charge, deposit(News::Confirmed), deposit(fee)],
            ChargedBack => {
                let amount = random.bool().then(|| text(second));
                vec![charge_at_once, Step::Later, deposit(News::ChargedBack(amount))]
            }
            Disputed => vec![charge_at_once, deposit(News::Disputed)],
            DisputeWon => {
                vec![charge_at_once, deposit(fee), deposit(News::Disputed), Step::Later, deposit(News::DisputeWon)]
            }
            DisputeLost => vec![charge_at_once, deposit(News::Disputed), Step::Later, deposit(News::ChargedBack(None))],
            PaidOut => vec![open("payout", terms.payout_method, total), Step::Happens(Kind::Withdraw, News::Confirmed)],
            PayoutFailed => {
                vec![open("payout", terms.payout_method, total), Step::Happens(Kind::Withdraw, declined())]
            }
        };
        steps.into()
    }
}

/// An amount whose last two digits choose no scenario of the sandbox: the histories do.
fn amount(random: &mut Rng) -> i64 {
    random.i64(10..5_000) * 100 + random.i64(11..100)
}

/// About as much, with the ending that the sandbox declines.
fn declined_at_once(minor_units: i64) -> i64 {
    minor_units / 100 * 100 + 1
}
