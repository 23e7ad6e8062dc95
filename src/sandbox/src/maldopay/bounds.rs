//! What a transaction still permits: MaldoPay pays out no more than was reserved or collected.

use super::books::{Sums, Transaction, TransactionBooks, TransactionState, TransactionType};
use super::code;
use super::wire::{FollowUpRequest, TransactionRefusal, no_such_transaction};
use crate::money::Amount;

/// The amount of an operation, or the reason why it is declined.
pub(crate) fn permitted(books: &TransactionBooks, follow: &FollowUpRequest) -> Result<Amount, TransactionRefusal> {
    let original = books.get(follow.original).ok_or_else(no_such_transaction)?;
    let sums = books.sums(original.id);
    let remainder = match follow.kind {
        TransactionType::Capture => left_to_capture(original, sums)?,
        TransactionType::Refund => left_to_refund(original, sums)?,
        TransactionType::Void => left_to_release(original, sums)?,
        TransactionType::Deposit
        | TransactionType::Withdraw
        | TransactionType::Authorize
        | TransactionType::Settlement
        | TransactionType::Dispute
        | TransactionType::Chargeback => {
            return Err(declined("this acts on no other transaction"));
        }
    };
    let amount = follow.amount.unwrap_or(original.amount.of(remainder));
    if amount.currency() != original.amount.currency() {
        return Err(declined("the original transaction is in another currency"));
    }
    if amount.minor_units() > remainder {
        let remainder = original.amount.of(remainder);
        return Err(declined(&format!("no more than {remainder} is left")));
    }
    Ok(amount)
}

fn left_to_capture(original: &Transaction, sums: Sums) -> Result<i64, TransactionRefusal> {
    if original.kind != TransactionType::Authorize || original.state != TransactionState::Confirmed || sums.voided {
        return Err(declined("the original transaction is no open authorization"));
    }
    Ok(sums.authorized.saturating_sub(sums.captured))
}

fn left_to_refund(original: &Transaction, sums: Sums) -> Result<i64, TransactionRefusal> {
    let took_money =
        matches!(original.kind, TransactionType::Deposit | TransactionType::Authorize | TransactionType::Capture);
    if !took_money || original.state != TransactionState::Confirmed {
        return Err(declined("the original transaction took no money"));
    }
    let returned = sums.refunded.saturating_add(sums.charged_back);
    Ok(sums.captured.saturating_sub(returned))
}

fn left_to_release(original: &Transaction, sums: Sums) -> Result<i64, TransactionRefusal> {
    let (open, held) = match original.kind {
        TransactionType::Authorize => (
            matches!(original.state, TransactionState::Pending | TransactionState::Confirmed),
            sums.authorized.saturating_sub(sums.captured),
        ),
        TransactionType::Deposit => (original.state == TransactionState::Pending, original.amount.minor_units()),
        TransactionType::Withdraw
        | TransactionType::Capture
        | TransactionType::Refund
        | TransactionType::Void
        | TransactionType::Settlement
        | TransactionType::Dispute
        | TransactionType::Chargeback => (false, 0),
    };
    if !open || sums.voided || held == 0 {
        return Err(declined("nothing is held any more"));
    }
    Ok(held)
}

fn declined(message: &str) -> TransactionRefusal {
    TransactionRefusal::new(code::BEYOND_BOUND, message)
}
