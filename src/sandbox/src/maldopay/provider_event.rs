//! The events after a payment was created: the payer decides, the bank pays out, settles, disputes or takes back. Each
//! event changes the books and sends a callback to the merchant.

use anyhow::Context;

use super::MaldoPaySandbox;
use super::books::{LandingPages, NewTransaction, Transaction, TransactionState, TransactionType};
use super::callbacks::Callback;
use super::code;
use super::response_body::written_amount;
use crate::client::DeliveryResponse;
use crate::money::Amount;

/// A bank's reason for a chargeback: Mastercard's code for a payment that the cardholder did not make.
const FRAUD: (&str, &str) = ("No cardholder authorization", "4837");

/// An event of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderEvent {
    /// A pending transaction is carried out: the payer pays, a payout arrives.
    Confirmed,
    /// The payer pays an amount other than the requested one.
    ConfirmedWith(String),
    /// A pending transaction is refused, for this reason.
    Declined(String),
    /// The payer gives up.
    Canceled,
    /// A transaction that was carried out is declined afterwards, for this reason: a deposit bounces, a refund is
    /// returned, the payer's bank loses a chargeback.
    DeclinedAfterSuccess(String),
    /// A transaction that was carried out is canceled afterwards.
    CanceledAfterSuccess,
    /// The money of a deposit or capture is on its way to the merchant, less the fee if there is one.
    Settled(Option<String>),
    /// The payer's bank takes back all of the money, or this much.
    ChargedBack(Option<String>),
    /// The payer's bank questions the payment.
    Disputed,
    /// The last dispute ends in the merchant's favour. The bank's claim is declined, and a chargeback of the same
    /// amount is undone.
    DisputeWon,
    /// MaldoPay's staff refund all of the money, or this much, without a request by the merchant.
    RefundedByHand(Option<String>),
}

/// Every function that sends a callback returns the merchant's answer. MaldoPay repeats a callback that was not
/// accepted.
///
/// # Errors
/// The functions fail if the transaction does not exist or its state does not allow the event, or if the merchant does
/// not answer. In the last case the books change all the same, and MaldoPay repeats the callback.
impl MaldoPaySandbox {
    /// Enters an event in the books and returns the callback about it without sending it.
    ///
    /// # Errors
    /// The transaction does not exist, its state does not allow the event, or the amount is invalid in its currency.
    pub fn happens(&self, transaction: u64, event: ProviderEvent) -> anyhow::Result<Callback> {
        let callback = match event {
            ProviderEvent::Confirmed => self.decided(transaction, TransactionState::Confirmed, None)?,
            ProviderEvent::ConfirmedWith(amount) => {
                let amount = self.amount_of(transaction, &amount)?;
                self.decided(transaction, TransactionState::Confirmed, Some(amount))?
            }
            ProviderEvent::Declined(reason) => {
                self.decided(transaction, TransactionState::Declined, None)?.reason(&reason)
            }
            ProviderEvent::Canceled => {
                self.decided(transaction, TransactionState::Canceled, None)?.reason("Canceled by the payer")
            }
            ProviderEvent::DeclinedAfterSuccess(reason) => {
                self.reversed(transaction, TransactionState::Declined)?.reason(&reason)
            }
            ProviderEvent::CanceledAfterSuccess => {
                self.reversed(transaction, TransactionState::Canceled)?.reason("Canceled after it was carried out")
            }
            ProviderEvent::Settled(fee) => {
                let fee = fee.map(|fee| self.amount_of(transaction, &fee)).transpose()?;
                let callback =
                    self.follow_up(transaction, TransactionType::Settlement, None, TransactionState::Confirmed)?;
                match fee {
                    Some(fee) => callback.field("fee", written_amount(fee)),
                    None => callback,
                }
            }
            ProviderEvent::ChargedBack(amount) => {
                let callback = self.follow_up(
                    transaction,
                    TransactionType::Chargeback,
                    amount.as_deref(),
                    TransactionState::Confirmed,
                )?;
                callback.reason(FRAUD.0).reason_code(FRAUD.1)
            }
            ProviderEvent::Disputed => {
                let callback =
                    self.follow_up(transaction, TransactionType::Dispute, None, TransactionState::Pending)?;
                callback.reason(FRAUD.0).reason_code(FRAUD.1)
            }
            ProviderEvent::DisputeWon => {
                let dispute = self.last_dispute(transaction)?;
                let won =
                    self.decided(dispute, TransactionState::Declined, None)?.reason("Dispute won by the merchant");
                self.books().undo_chargeback(dispute);
                won
            }
            ProviderEvent::RefundedByHand(amount) => {
                self.follow_up(transaction, TransactionType::Refund, amount.as_deref(), TransactionState::Confirmed)?
            }
        };
        Ok(self.dated(callback))
    }

    /// The payer pays.
    ///
    /// # Errors
    /// See above.
    pub async fn payer_confirms(&self, transaction: u64) -> anyhow::Result<DeliveryResponse> {
        self.happened(transaction, ProviderEvent::Confirmed).await
    }

    /// The payer's bank refuses.
    ///
    /// # Errors
    /// See above.
    pub async fn payer_declines(&self, transaction: u64) -> anyhow::Result<DeliveryResponse> {
        let declined = ProviderEvent::Declined("Declined by the payer's bank".to_owned());
        let callback = self.happens(transaction, declined)?.reason_code("05");
        self.deliver(callback).await
    }

    /// The payer gives up.
    ///
    /// # Errors
    /// See above.
    pub async fn payer_cancels(&self, transaction: u64) -> anyhow::Result<DeliveryResponse> {
        self.happened(transaction, ProviderEvent::Canceled).await
    }

    /// A payout has arrived.
    ///
    /// # Errors
    /// See above.
    pub async fn payout_completes(&self, transaction: u64) -> anyhow::Result<DeliveryResponse> {
        self.completes(transaction).await
    }

    /// A pending transaction is carried out: a payout, or a capture, refund or void that was answered as pending.
    ///
    /// # Errors
    /// See above.
    pub async fn completes(&self, transaction: u64) -> anyhow::Result<DeliveryResponse> {
        self.happened(transaction, ProviderEvent::Confirmed).await
    }

    /// A pending transaction is refused.
    ///
    /// # Errors
    /// See above.
    pub async fn fails(&self, transaction: u64, reason: &str) -> anyhow::Result<DeliveryResponse> {
        self.happened(transaction, ProviderEvent::Declined(reason.to_owned())).await
    }

    /// A transaction that was carried out is declined afterwards.
    ///
    /// # Errors
    /// See above.
    pub async fn declined_after_success(&self, transaction: u64, reason: &str) -> anyhow::Result<DeliveryResponse> {
        self.happened(transaction, ProviderEvent::DeclinedAfterSuccess(reason.to_owned())).await
    }

    /// A transaction that was carried out is canceled afterwards.
    ///
    /// # Errors
    /// See above.
    pub async fn canceled_after_success(&self, transaction: u64) -> anyhow::Result<DeliveryResponse> {
        self.happened(transaction, ProviderEvent::CanceledAfterSuccess).await
    }

    /// The money of a deposit or capture is on its way to the merchant, less the fee if there is one.
    ///
    /// # Errors
    /// See above; also if the fee is invalid in the transaction's currency.
    pub async fn settle(&self, transaction: u64, fee: Option<&str>) -> anyhow::Result<DeliveryResponse> {
        self.happened(transaction, ProviderEvent::Settled(fee.map(ToOwned::to_owned))).await
    }

    /// The payer's bank takes back all of the money, or this much.
    ///
    /// # Errors
    /// See above.
    pub async fn charge_back(&self, transaction: u64, amount: Option<&str>) -> anyhow::Result<DeliveryResponse> {
        self.happened(transaction, ProviderEvent::ChargedBack(amount.map(ToOwned::to_owned))).await
    }

    /// The payer's bank questions the payment.
    ///
    /// # Errors
    /// See above.
    pub async fn dispute(&self, transaction: u64) -> anyhow::Result<DeliveryResponse> {
        self.happened(transaction, ProviderEvent::Disputed).await
    }

    /// The last dispute about a payment ends in the merchant's favour: the bank's claim is declined.
    ///
    /// # Errors
    /// See above; also where the payment has no open dispute.
    pub async fn dispute_won(&self, transaction: u64) -> anyhow::Result<DeliveryResponse> {
        self.happened(transaction, ProviderEvent::DisputeWon).await
    }

    /// MaldoPay's staff refund all of the money, or this much, without a request by the merchant.
    ///
    /// # Errors
    /// See above.
    pub async fn refund_by_hand(&self, transaction: u64, amount: Option<&str>) -> anyhow::Result<DeliveryResponse> {
        self.happened(transaction, ProviderEvent::RefundedByHand(amount.map(ToOwned::to_owned))).await
    }

    async fn happened(&self, transaction: u64, event: ProviderEvent) -> anyhow::Result<DeliveryResponse> {
        self.deliver(self.happens(transaction, event)?).await
    }

    fn last_dispute(&self, transaction: u64) -> anyhow::Result<u64> {
        let dispute = self
            .transactions()
            .into_iter()
            .rev()
            .find(|dispute| dispute.kind == TransactionType::Dispute && dispute.original == Some(transaction))
            .with_context(|| format!("there is no dispute about transaction {transaction}"))?;
        Ok(dispute.id)
    }

    fn decided(&self, transaction: u64, state: TransactionState, amount: Option<Amount>) -> anyhow::Result<Callback> {
        let decided = self
            .books()
            .decide_pending(transaction, state, amount)
            .with_context(|| format!("there is no pending transaction {transaction}"))?;
        Ok(Callback::for_transaction(&decided, state.result()))
    }

    fn reversed(&self, transaction: u64, state: TransactionState) -> anyhow::Result<Callback> {
        let failed = self
            .books()
            .reverse(transaction, state)
            .with_context(|| format!("transaction {transaction} cannot fail after its success"))?;
        Ok(Callback::for_transaction(&failed, state.result()))
    }

    /// Enters a new transaction that acts on an earlier one under its reference, and returns the callback.
    fn follow_up(
        &self,
        original: u64,
        kind: TransactionType,
        amount: Option<&str>,
        state: TransactionState,
    ) -> anyhow::Result<Callback> {
        let amount = match amount {
            Some(text) => Some(self.amount_of(original, text)?),
            None => None,
        };
        let mut books = self.books();
        let original = books
            .get(original)
            .filter(|original| original.state == TransactionState::Confirmed)
            .with_context(|| format!("there is no confirmed transaction {original}"))?
            .clone();
        let entered = books.enter(NewTransaction {
            kind,
            state,
            code: code::APPROVED,
            message: kind.as_str().to_owned(),
            reference: original.reference,
            amount: amount.unwrap_or(original.amount),
            original: Some(original.id),
            service: original.service,
            player: None,
            landing: LandingPages::default(),
            repeats_id: false,
        });
        Ok(Callback::for_transaction(&entered, state.result()))
    }

    fn amount_of(&self, transaction: u64, text: &str) -> anyhow::Result<Amount> {
        let currency = self.known(transaction)?.amount.currency();
        Amount::parse(text, currency).with_context(|| format!("{text} is not a valid amount in {currency}"))
    }

    fn known(&self, transaction: u64) -> anyhow::Result<Transaction> {
        self.transaction(transaction).with_context(|| format!("there is no transaction {transaction}"))
    }
}
