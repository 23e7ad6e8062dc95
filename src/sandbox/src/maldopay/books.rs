//! MaldoPay's books: every transaction, found by id, by reference, or with all that followed from the same payment.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use jiff::{Timestamp, ToSpan, Unit};

use super::services::Service;
use super::wire::{LandingPages, code};
use crate::money::Amount;

/// Sequential, so that a test can know the ids beforehand.
const FIRST_ID: u64 = 700_001;

/// What a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Money in.
    Deposit,
    /// Money out.
    Withdraw,
    /// Money reserved.
    Authorize,
    /// Reserved money taken.
    Capture,
    /// Money given back.
    Refund,
    /// Reserved money released.
    Void,
    /// Money on its way to the merchant's account.
    Settlement,
    /// The payer's bank has questioned a payment.
    Dispute,
    /// The payer's bank has taken money back.
    Chargeback,
}

impl Kind {
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

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
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

impl State {
    /// The `result` of a callback that tells of it. There is none for a fault: it counts as declined.
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

/// A transaction in MaldoPay's books.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// MaldoPay's id.
    pub id: u64,
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// The merchant's reference.
    pub reference: String,
    /// How much; on a confirmed deposit what the payer really paid.
    pub amount: Amount,
    /// The transaction that this one acts on.
    pub original: Option<u64>,
    /// The id by which answers and callbacks name it: its own, or its payment's first one where MaldoPay repeats that.
    pub wire_id: u64,
    /// Whether it was carried out before it failed.
    pub taken_back: bool,
    /// What the merchant asked for, by which a repetition is recognised.
    pub(crate) asked: Amount,
    pub(crate) service: Option<&'static Service>,
    /// The merchant's id of the customer, where a payment or payout begins.
    pub(crate) player: Option<String>,
    /// The `codeId` that a status query is answered with.
    pub(crate) code: u64,
    pub(crate) message: String,
    pub(crate) landing: LandingPages,
    pub(crate) created: Timestamp,
    updated: Timestamp,
}

impl Transaction {
    /// The id by which the transaction is named that this one acts on.
    pub(crate) fn wire_original(&self) -> Option<u64> {
        let repeats = self.wire_id != self.id;
        self.original.map(|original| if repeats { self.wire_id } else { original })
    }
}

/// A transaction that is to be entered.
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) state: State,
    pub(crate) code: u64,
    pub(crate) message: String,
    pub(crate) reference: String,
    pub(crate) amount: Amount,
    pub(crate) original: Option<u64>,
    pub(crate) service: Option<&'static Service>,
    pub(crate) player: Option<String>,
    pub(crate) landing: LandingPages,
    /// Whether whatever follows from it is named by its id, where a payment begins.
    pub(crate) repeats_id: bool,
}

/// What a payment and all that followed from it come to, in minor units. Undecided operations count as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) authorized: i64,
    pub(crate) captured: i64,
    pub(crate) refunded: i64,
    pub(crate) charged_back: i64,
    pub(crate) voided: bool,
}

/// All transactions.
#[derive(Debug, Default)]
pub(crate) struct Books {
    transactions: BTreeMap<u64, Transaction>,
    by_reference: HashMap<String, Vec<u64>>,
    /// A payment's first transaction, and every later one that goes back to it.
    families: HashMap<u64, Vec<u64>>,
    /// The first transactions whose ids are repeated.
    repeated: HashSet<u64>,
    /// Whether that holds of every payment that begins.
    repeats_ids: bool,
    /// The references of operations that were asked for and refused because less was left.
    beyond_bounds: Vec<String>,
}

impl Books {
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

    /// From now on, or no longer, whatever follows from a payment that begins is named by its first transaction's id.
    pub(crate) fn repeat_ids(&mut self, repeats_ids: bool) {
        self.repeats_ids = repeats_ids;
    }

    /// Notes an operation that asked for more than was left.
    pub(crate) fn note_beyond_bounds(&mut self, reference: String) {
        self.beyond_bounds.push(reference);
    }

    pub(crate) fn beyond_bounds(&self) -> &[String] {
        &self.beyond_bounds
    }

    pub(crate) fn enter(&mut self, entry: Entry) -> Transaction {
        let id = self.transactions.last_key_value().map_or(FIRST_ID, |(last, _)| last.saturating_add(1));
        let now = whole_second(Timestamp::now());
        let root = entry.original.map_or(id, |original| self.root(original));
        if root == id && (entry.repeats_id || self.repeats_ids) {
            self.repeated.insert(root);
        }
        let transaction = Transaction {
            id,
            wire_id: if self.repeated.contains(&root) { root } else { id },
            taken_back: false,
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

    /// Decides a transaction and says what it is now.
    pub(crate) fn decide(&mut self, id: u64, state: State, amount: Option<Amount>) -> Option<Transaction> {
        let transaction = self.transactions.get_mut(&id)?;
        let (code, message) = match state {
            State::Pending => (code::PENDING, "Payment pending"),
            State::Confirmed => (code::APPROVED, "Approved"),
            State::Declined => (code::DECLINED, "Declined"),
            State::Canceled => (code::CANCELED, "Canceled"),
            State::Failed => (code::FAILED, "Transaction failure"),
        };
        transaction.state = state;
        transaction.code = code;
        message.clone_into(&mut transaction.message);
        transaction.amount = amount.unwrap_or(transaction.amount);
        Some(transaction.clone())
    }

    /// As [`Books::decide`], for a transaction that is not decided yet.
    pub(crate) fn decide_pending(&mut self, id: u64, state: State, amount: Option<Amount>) -> Option<Transaction> {
        self.get(id).filter(|transaction| transaction.state == State::Pending)?;
        self.decide(id, state, amount)
    }

    /// Lets fail what was carried out. None where it was not, or where it cannot fail any more: what was released is gone, and
    /// a dispute is no money.
    pub(crate) fn take_back(&mut self, id: u64, state: State) -> Option<Transaction> {
        let transaction = self.transactions.get_mut(&id)?;
        if transaction.state != State::Confirmed || matches!(transaction.kind, Kind::Void | Kind::Dispute) {
            return None;
        }
        transaction.taken_back = true;
        self.decide(id, state, None)
    }

    /// Undoes the chargeback that a dispute led to, where it was about as much as the dispute. The dispute's next news is
    /// later than what was told of the chargeback.
    pub(crate) fn undo_chargeback(&mut self, dispute: u64) -> Option<Transaction> {
        let dispute = self.get(dispute)?;
        let led_to = |lost: &&Transaction| {
            lost.kind == Kind::Chargeback
                && lost.state == State::Confirmed
                && lost.original == dispute.original
                && lost.id > dispute.id
                && lost.amount == dispute.amount
        };
        let (dispute, lost) = (dispute.id, self.family(dispute.id).find(led_to)?.id);
        let undone = self.take_back(lost, State::Declined)?;
        let dispute = self.transactions.get_mut(&dispute)?;
        dispute.updated = dispute.updated.max(undone.updated);
        Some(undone)
    }

    /// The time of the next news of a transaction: now, but always later than the last, though times are told in whole
    /// seconds.
    pub(crate) fn next_update(&mut self, id: u64) -> Option<Timestamp> {
        let transaction = self.transactions.get_mut(&id)?;
        let following = transaction.updated.checked_add(1.second()).ok()?;
        transaction.updated = whole_second(Timestamp::now()).max(following);
        Some(transaction.updated)
    }

    /// What the payment that a transaction belongs to comes to.
    pub(crate) fn sums(&self, id: u64) -> Sums {
        let counted =
            self.family(id).filter(|transaction| matches!(transaction.state, State::Pending | State::Confirmed));
        let mut sums = Sums::default();
        for transaction in counted {
            let amount = transaction.amount.minor_units();
            match transaction.kind {
                Kind::Authorize => sums.authorized = sums.authorized.saturating_add(amount),
                Kind::Deposit if transaction.state == State::Pending => {}
                Kind::Deposit | Kind::Capture => sums.captured = sums.captured.saturating_add(amount),
                Kind::Refund => sums.refunded = sums.refunded.saturating_add(amount),
                Kind::Chargeback => sums.charged_back = sums.charged_back.saturating_add(amount),
                Kind::Void => sums.voided = true,
                Kind::Withdraw | Kind::Settlement | Kind::Dispute => {}
            }
        }
        sums
    }

    /// Everything that goes back to the same first transaction as this one, oldest first.
    pub(crate) fn family(&self, id: u64) -> impl Iterator<Item = &Transaction> {
        self.families.get(&self.root(id)).into_iter().flatten().filter_map(|id| self.transactions.get(id))
    }

    /// The first transaction of the payment. Ids only grow, so this ends.
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
