//! What a payment should be according to MaldoPay's books. It is computed from the transactions alone, not from
//! anything that Tollbridge says about them.

use std::collections::BTreeSet;

use tollbridge_sandbox::{Transaction, TransactionState, TransactionType};

use crate::life::OpenedPayment;

/// The expected payment, in minor units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    pub status: &'static str,
    pub authorized: i64,
    pub captured: i64,
    pub refunded: i64,
    pub charged_back: i64,
    pub settled: i64,
    pub paid_out: i64,
    pub fees: i64,
    /// All reviews that are justified. No other may be open.
    pub reviews: BTreeSet<&'static str>,
}

impl Truth {
    /// The expected payment of a transaction and those that follow from it. Without transactions, the payment was never
    /// made.
    pub fn of(family: &[Transaction], made: &OpenedPayment) -> Self {
        let sum = |kinds: &[TransactionType]| -> i64 {
            let counted = family.iter().filter(|transaction| kinds.contains(&transaction.kind));
            counted.filter(|one| one.state == TransactionState::Confirmed).map(|one| one.amount.minor_units()).sum()
        };
        let mut truth = Self {
            authorized: sum(&[TransactionType::Authorize]),
            captured: sum(&[TransactionType::Deposit, TransactionType::Capture]),
            refunded: sum(&[TransactionType::Refund]),
            charged_back: sum(&[TransactionType::Chargeback]),
            settled: sum(&[TransactionType::Settlement]),
            paid_out: sum(&[TransactionType::Withdraw]),
            fees: made.fees,
            ..Self::default()
        };
        let voided =
            family.iter().any(|one| one.kind == TransactionType::Void && one.state == TransactionState::Confirmed);
        let disputed = is_disputed(family);
        truth.status = truth.status(family, voided, disputed);
        truth.reviews = truth.justified(family, made.asked, disputed);
        truth
    }

    fn status(&self, family: &[Transaction], voided: bool, disputed: bool) -> &'static str {
        let returned = self.refunded + self.charged_back;
        let first = family.first().map(|first| first.state);
        if disputed {
            "disputed"
        } else if self.charged_back > 0 {
            "charged_back"
        } else if self.refunded > 0 {
            if returned >= self.captured { "refunded" } else { "partially_refunded" }
        } else if self.captured > 0 {
            if self.settled >= self.captured {
                "settled"
            } else if self.captured < self.authorized && !voided {
                "partially_captured"
            } else {
                "captured"
            }
        } else if self.paid_out > 0 {
            "paid_out"
        } else if voided || first == Some(TransactionState::Canceled) {
            "canceled"
        } else if self.authorized > 0 {
            "authorized"
        } else if first == Some(TransactionState::Pending) {
            "pending"
        } else {
            "failed"
        }
    }

    /// The reviews that these transactions justify. A lost response, a late, repeated or early callback, a killed
    /// gateway, and a store or a Salesforce that failed for a while justify none in the end.
    fn justified(&self, family: &[Transaction], asked: i64, disputed: bool) -> BTreeSet<&'static str> {
        let deposit_of_another_amount = family.iter().any(|one| {
            one.kind == TransactionType::Deposit
                && one.state == TransactionState::Confirmed
                && one.amount.minor_units() != asked
        });
        // A reversed chargeback is no loss and needs no review.
        let reversed = family.iter().any(|one| one.reversed && one.kind != TransactionType::Chargeback);
        [
            (reversed, "failed_after_success"),
            (ids_conflict(family), "transaction_ids_conflict"),
            (disputed, "disputed"),
            (self.charged_back > 0, "charged_back"),
            (self.refunded + self.charged_back > self.captured, "returned_more_than_captured"),
            (deposit_of_another_amount, "captured_other_than_asked"),
        ]
        .into_iter()
        .filter_map(|(is_so, reason)| is_so.then_some(reason))
        .collect()
    }
}

/// Whether several movements of money have one id. A settlement or a chargeback may have the id of the payment that it
/// is about.
fn ids_conflict(family: &[Transaction]) -> bool {
    let asked_for: &[TransactionType] = &[
        TransactionType::Deposit,
        TransactionType::Withdraw,
        TransactionType::Authorize,
        TransactionType::Capture,
        TransactionType::Refund,
    ];
    [asked_for, &[TransactionType::Settlement], &[TransactionType::Chargeback]].iter().any(|kinds| {
        let mut ids = BTreeSet::new();
        let moved = family.iter().filter(|one| one.state == TransactionState::Confirmed || one.reversed);
        moved.filter(|one| kinds.contains(&one.kind)).any(|one| !ids.insert(one.wire_id))
    })
}

/// Whether there is a dispute that was not won and did not end in a chargeback.
fn is_disputed(family: &[Transaction]) -> bool {
    family.iter().filter(|one| one.kind == TransactionType::Dispute && one.state == TransactionState::Pending).any(
        |dispute| {
            !family.iter().any(|end| {
                end.kind == TransactionType::Chargeback && end.original == dispute.original && end.id > dispute.id
            })
        },
    )
}
