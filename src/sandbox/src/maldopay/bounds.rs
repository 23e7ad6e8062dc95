//! What a transaction still permits: MaldoPay pays out no more than was reserved or collected.

use super::books::{Books, Kind, State, Sums, Transaction};
use super::code;
use super::wire::{Follow, Refusal, no_such_transaction};
use crate::money::Amount;

/// The amount of an operation, or the reason why it is declined.
pub(crate) fn permitted(books: &Books, follow: &Follow) -> Result<Amount, Refusal> {
    let original = books.get(follow.original).ok_or_else(no_such_transaction)?;
    let sums = books.sums(original.id);
    let remainder = match follow.kind {
        Kind::Capture => left_to_capture(original, sums)?,
        Kind::Refund => left_to_refund(original, sums)?,
        Kind::Void => left_to_release(original, sums)?,
        Kind::Deposit | Kind::Withdraw | Kind::Authorize | Kind::Settlement | Kind::Dispute | Kind::Chargeback => {
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

fn left_to_capture(original: &Transaction, sums: Sums) -> Result<i64, Refusal> {
    if original.kind != Kind::Authorize || original.state != State::Confirmed || sums.voided {
        return Err(declined("the original transaction is no open authorization"));
    }
    Ok(sums.authorized.saturating_sub(sums.captured))
}

fn left_to_refund(original: &Transaction, sums: Sums) -> Result<i64, Refusal> {
    let took_money = matches!(original.kind, Kind::Deposit | Kind::Authorize | Kind::Capture);
    if !took_money || original.state != State::Confirmed {
        return Err(declined("the original transaction took no money"));
    }
    let returned = sums.refunded.saturating_add(sums.charged_back);
    Ok(sums.captured.saturating_sub(returned))
}

fn left_to_release(original: &Transaction, sums: Sums) -> Result<i64, Refusal> {
    let (open, held) = match original.kind {
        Kind::Authorize => {
            (matches!(original.state, State::Pending | State::Confirmed), sums.authorized.saturating_sub(sums.captured))
        }
        Kind::Deposit => (original.state == State::Pending, original.amount.minor_units()),
        Kind::Withdraw
        | Kind::Capture
        | Kind::Refund
        | Kind::Void
        | Kind::Settlement
        | Kind::Dispute
        | Kind::Chargeback => (false, 0),
    };
    if !open || sums.voided || held == 0 {
        return Err(declined("nothing is held any more"));
    }
    Ok(held)
}

fn declined(message: &str) -> Refusal {
    Refusal::new(code::BEYOND_BOUND, message)
}
