//! MaldoPay's books: every transaction, found by id, by reference, or together with its whole payment.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use jiff::{Timestamp, ToSpan, Unit};
use serde::Deserialize;

use super::code;
use super::services::Service;
use crate::money::Amount;

/// Ids are sequential, so a test can know them in advance.
const FIRST_ID: u64 = 700_001;

/// The type of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionType {
    /// A payment by the payer.
    Deposit,
    /// A payout to the customer.
    Withdraw,
    /// A reservation of the payer's money.
    Authorize,
    /// A collection of reserved money.
    Capture,
    /// A repayment to the payer.
    Refund,
    /// A release of reserved money.
    Void,
    /// A payout of collected money to the merchant's account.
    Settlement,
    /// The payer's bank questions a payment.
    Dispute,
    /// The payer's bank takes money back.
    Chargeback,
}

impl TransactionType {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deposit => "DEPOSIT",
            Self::Withdraw => "WITHDRAW",
            Self::Authorize => "AUTHORIZE",
            Self::Capture => "CAPTURE",
            Self::Refund => "REFUND",
            Self::Void => "VOID",
            Self::Settlement => "SETTLEMENT",
            Self::Dispute => "DISPUTE",
            Self::Chargeback => "CHARGEBACK",
        }
    }
}

impl fmt::Display for TransactionType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The state of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionState {
    /// Not decided yet.
    Pending,
    /// Carried out.
    Confirmed,
    /// Refused.
    Declined,
    /// Given up by the payer, or released by the merchant.
    Canceled,
    /// Broken off by a fault.
    Failed,
}

impl TransactionState {
    /// The `result` in a callback about this state. A fault has none of its own and counts as declined.
    #[must_use]
    pub fn result(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Confirmed => "CONFIRMED",
            Self::Declined | Self::Failed => "DECLINED",
            Self::Canceled => "CANCELED",
        }
    }
}

/// Where the payer returns to.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct LandingPages {
    pub(crate) landing_success: Option<String>,
    pub(crate) landing_pending: Option<String>,
    pub(crate) landing_declined: Option<String>,
    pub(crate) landing_failed: Option<String>,
}

/// A transaction in MaldoPay's books.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// MaldoPay's id.
    pub id: u64,
    /// The type.
    pub kind: TransactionType,
    /// The state.
    pub state: TransactionState,
    /// The merchant's reference.
    pub reference: String,
    /// The amount; for a confirmed deposit the amount that the payer really paid.
    pub amount: Amount,
    /// The transaction that this one acts on.
    pub original: Option<u64>,
    /// The id in answers and callbacks: the transaction's own, or that of the payment's first transaction where
    /// MaldoPay repeats ids.
    pub wire_id: u64,
    /// Whether the transaction was carried out before it failed.
    pub reversed: bool,
    /// The amount that the merchant requested. It identifies repetitions of the request.
    pub(crate) asked: Amount,
    pub(crate) service: Option<&'static Service>,
    /// The merchant's id of the customer, on the first transaction of a payment or payout.
    pub(crate) player: Option<String>,
    /// The `codeId` in the response to a status query.
    pub(crate) code: u64,
    pub(crate) message: String,
    pub(crate) landing: LandingPages,
    pub(crate) created: Timestamp,
    updated: Timestamp,
}

impl Transaction {
    /// The wire id of the transaction that this one acts on.
    pub(crate) fn wire_original(&self) -> Option<u64> {
        let repeats = self.wire_id != self.id;
        self.original.map(|original| if repeats { self.wire_id } else { original })
    }
}

/// A transaction that is about to be entered.
pub(crate) struct NewTransaction {
    pub(crate) kind: TransactionType,
    pub(crate) state: TransactionState,
    pub(crate) code: u64,
    pub(crate) message: String,
    pub(crate) reference: String,
    pub(crate) amount: Amount,
    pub(crate) original: Option<u64>,
    pub(crate) service: Option<&'static Service>,
    pub(crate) player: Option<String>,
    pub(crate) landing: LandingPages,
    /// Whether later transactions of this payment share its id; only for the first transaction of a payment.
    pub(crate) repeats_id: bool,
}

/// The totals of a payment in minor units. Pending operations count as carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) authorized: i64,
    pub(crate) captured: i64,
    pub(crate) refunded: i64,
    pub(crate) charged_back: i64,
    pub(crate) voided: bool,
}

/// The transactions, with indexes by reference and by payment.
#[derive(Debug, Default)]
pub(crate) struct TransactionBooks {
    transactions: BTreeMap<u64, Transaction>,
    by_reference: HashMap<String, Vec<u64>>,
    /// The transactions of each payment, by the payment's first transaction.
    families: HashMap<u64, Vec<u64>>,
    /// The first transactions whose ids are repeated.
    repeated: HashSet<u64>,
    /// Whether new payments repeat their first id.
    repeats_ids: bool,
    /// The references of operations that were refused because they exceeded the remaining amount.
    beyond_bounds: Vec<String>,
}

impl TransactionBooks {
    pub(crate) fn transactions(&self) -> impl Iterator<Item = &Transaction> {
        self.transactions.values()
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Transaction> {
        self.transactions.get(&id)
    }

    /// The transactions with this reference, the first one first.
    pub(crate) fn with_reference(&self, reference: &str) -> impl Iterator<Item = &Transaction> {
        self.by_reference.get(reference).into_iter().flatten().filter_map(|id| self.transactions.get(id))
    }

    /// Sets whether later transactions of each new payment share the id of its first transaction.
    pub(crate) fn repeat_ids(&mut self, repeats_ids: bool) {
        self.repeats_ids = repeats_ids;
    }

    /// Notes an operation that asked for more than remained.
    pub(crate) fn note_beyond_bounds(&mut self, reference: String) {
        self.beyond_bounds.push(reference);
    }

    pub(crate) fn beyond_bounds(&self) -> &[String] {
        &self.beyond_bounds
    }

    pub(crate) fn enter(&mut self, entry: NewTransaction) -> Transaction {
        let id = self.transactions.last_key_value().map_or(FIRST_ID, |(last, _)| last.saturating_add(1));
        let now = whole_second(Timestamp::now());
        let root = entry.original.map_or(id, |original| self.root(original));
        if root == id && (entry.repeats_id || self.repeats_ids) {
            self.repeated.insert(root);
        }
        let transaction = Transaction {
            id,
            wire_id: if self.repeated.contains(&root) { root } else { id },
            reversed: false,
            kind: entry.kind,
            state: entry.state,
            reference: entry.reference,
            amount: entry.amount,
            original: entry.original,
            asked: entry.amount,
            service: entry.service,
            player: entry.player,
            code: entry.code,
            message: entry.message,
            landing: entry.landing,
            created: now,
            updated: now,
        };
        self.families.entry(root).or_default().push(id);
        self.by_reference.entry(transaction.reference.clone()).or_default().push(id);
        self.transactions.insert(id, transaction.clone());
        transaction
    }

    /// Decides a transaction and returns its new state.
    pub(crate) fn decide(&mut self, id: u64, state: TransactionState, amount: Option<Amount>) -> Option<Transaction> {
        let transaction = self.transactions.get_mut(&id)?;
        let (code, message) = match state {
            TransactionState::Pending => (code::PENDING, "Payment pending"),
            TransactionState::Confirmed => (code::APPROVED, "Approved"),
            TransactionState::Declined => (code::DECLINED, "Declined"),
            TransactionState::Canceled => (code::CANCELED, "Canceled"),
            TransactionState::Failed => (code::FAILED, "Transaction failure"),
        };
        transaction.state = state;
        transaction.code = code;
        message.clone_into(&mut transaction.message);
        transaction.amount = amount.unwrap_or(transaction.amount);
        Some(transaction.clone())
    }

    /// As [`TransactionBooks::decide`], for a pending transaction only.
    pub(crate) fn decide_pending(
        &mut self,
        id: u64,
        state: TransactionState,
        amount: Option<Amount>,
    ) -> Option<Transaction> {
        self.get(id).filter(|transaction| transaction.state == TransactionState::Pending)?;
        self.decide(id, state, amount)
    }

    /// Fails a transaction that was carried out. `None` if it was not, or if it can no longer fail: a release cannot be
    /// undone, and a dispute moves no money.
    pub(crate) fn reverse(&mut self, id: u64, state: TransactionState) -> Option<Transaction> {
        let transaction = self.transactions.get_mut(&id)?;
        if transaction.state != TransactionState::Confirmed
            || matches!(transaction.kind, TransactionType::Void | TransactionType::Dispute)
        {
            return None;
        }
        transaction.reversed = true;
        self.decide(id, state, None)
    }

    /// Undoes the chargeback that a dispute led to, if both have the same amount. The dispute's next update is dated
    /// later than the last callback about the chargeback.
    pub(crate) fn undo_chargeback(&mut self, dispute: u64) -> Option<Transaction> {
        let dispute = self.get(dispute)?;
        let led_to = |lost: &&Transaction| {
            lost.kind == TransactionType::Chargeback
                && lost.state == TransactionState::Confirmed
                && lost.original == dispute.original
                && lost.id > dispute.id
                && lost.amount == dispute.amount
        };
        let (dispute, lost) = (dispute.id, self.family(dispute.id).find(led_to)?.id);
        let undone = self.reverse(lost, TransactionState::Declined)?;
        let dispute = self.transactions.get_mut(&dispute)?;
        dispute.updated = dispute.updated.max(undone.updated);
        Some(undone)
    }

    /// The time of a transaction's next update: now, but always later than the last one, even though times on the wire
    /// are whole seconds.
    pub(crate) fn next_update(&mut self, id: u64) -> Option<Timestamp> {
        let transaction = self.transactions.get_mut(&id)?;
        let following = transaction.updated.checked_add(1.second()).ok()?;
        transaction.updated = whole_second(Timestamp::now()).max(following);
        Some(transaction.updated)
    }

    /// The totals of the payment that a transaction belongs to.
    pub(crate) fn sums(&self, id: u64) -> Sums {
        let counted = self
            .family(id)
            .filter(|transaction| matches!(transaction.state, TransactionState::Pending | TransactionState::Confirmed));
        let mut sums = Sums::default();
        for transaction in counted {
            let amount = transaction.amount.minor_units();
            match transaction.kind {
                TransactionType::Authorize => sums.authorized = sums.authorized.saturating_add(amount),
                TransactionType::Deposit if transaction.state == TransactionState::Pending => {}
                TransactionType::Deposit | TransactionType::Capture => {
                    sums.captured = sums.captured.saturating_add(amount)
                }
                TransactionType::Refund => sums.refunded = sums.refunded.saturating_add(amount),
                TransactionType::Chargeback => sums.charged_back = sums.charged_back.saturating_add(amount),
                TransactionType::Void => sums.voided = true,
                TransactionType::Withdraw | TransactionType::Settlement | TransactionType::Dispute => {}
            }
        }
        sums
    }

    /// Every transaction of the same payment, oldest first.
    pub(crate) fn family(&self, id: u64) -> impl Iterator<Item = &Transaction> {
        self.families.get(&self.root(id)).into_iter().flatten().filter_map(|id| self.transactions.get(id))
    }

    /// The first transaction of the payment. The loop ends because a transaction's original always has a smaller id.
    pub(crate) fn root(&self, id: u64) -> u64 {
        let mut root = id;
        while let Some(original) = self.get(root).and_then(|transaction| transaction.original) {
            root = original;
        }
        root
    }
}

fn whole_second(time: Timestamp) -> Timestamp {
    time.round(jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc)).unwrap_or(time)
}
