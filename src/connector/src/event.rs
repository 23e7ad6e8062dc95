//! Conversions between the events of provider components and the events of the ledger.

use tollbridge_domain::{
    Conversion, Event, EventId, EventKind, FailedStage, IdentifierError, Money, Operation, ReportedOutcome,
    TEXT_FIELD_UNITS, TimeError, Timestamp, TransactionId, within_units,
};

use crate::variants::same_variants;
use crate::{InvalidMoney, types};

/// Which part of a component's event is invalid. The component has an error, or was replaced by another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEvent {
    /// An identifier is invalid.
    #[error("{field}: {error}")]
    Name {
        /// The field's name in the WIT package.
        field: &'static str,
        /// What is wrong with it.
        error: IdentifierError,
    },
    /// An amount is invalid.
    #[error("{field}: {error}")]
    Money {
        /// The field's name in the WIT package.
        field: &'static str,
        /// What is wrong with it.
        error: InvalidMoney,
    },
    /// The time is out of range.
    #[error("occurred-at: {0}")]
    Time(#[from] TimeError),
}

fn money(field: &'static str, money: Option<types::Money>) -> Result<Option<Money>, InvalidEvent> {
    money.map(Money::try_from).transpose().map_err(|error| InvalidEvent::Money { field, error })
}

fn transaction(field: &'static str, id: Option<String>) -> Result<Option<TransactionId>, InvalidEvent> {
    id.map(TransactionId::parse).transpose().map_err(|error| InvalidEvent::Name { field, error })
}

impl TryFrom<types::PaymentEvent> for Event {
    type Error = InvalidEvent;

    /// The event without its reference. The ledger finds the payment and the operation that the reference names.
    fn try_from(event: types::PaymentEvent) -> Result<Self, InvalidEvent> {
        let conversion = match event.conversion {
            None => None,
            Some(conversion) => {
                let original = money("conversion.original", conversion.original)?;
                let amount = money("conversion.amount", Some(conversion.amount))?;
                amount.map(|amount| Conversion { original, amount, rate: conversion.rate })
            }
        };
        Ok(Self {
            id: EventId::parse(event.id).map_err(|error| InvalidEvent::Name { field: "id", error })?,
            kind: event.kind.into(),
            operation: None,
            amount: money("amount", event.amount)?,
            fee: money("fee", event.fee)?,
            conversion,
            transaction: transaction("transaction-id", event.transaction_id)?,
            acts_on: transaction("original-transaction-id", event.original_transaction_id)?,
            method: event.method,
            occurred_at: event.occurred_at.map(Timestamp::from_milliseconds).transpose()?,
            code: event.code,
            reason: event.reason,
            reason_code: event.reason_code,
            redirect_url: event.redirect_url,
            digest: event.digest,
        })
    }
}

/// What a text field of Salesforce holds of a provider's text. This is where every mapper gets it from.
pub(crate) fn fitting(text: Option<String>) -> Option<String> {
    text.map(|text| within_units(&text, TEXT_FIELD_UNITS).to_owned())
}

/// The event as components receive it, with the reference that it is about.
impl From<(Event, String)> for types::PaymentEvent {
    fn from((event, reference): (Event, String)) -> Self {
        let conversion = event.conversion().map(Into::into);
        Self {
            id: event.id.into(),
            kind: event.kind.into(),
            reference,
            amount: event.amount.map(Into::into),
            fee: event.fee.map(Into::into),
            conversion,
            transaction_id: event.transaction.map(Into::into),
            original_transaction_id: event.acts_on.map(Into::into),
            method: event.method,
            occurred_at: event.occurred_at.map(Into::into),
            code: fitting(event.code),
            reason: fitting(event.reason),
            reason_code: fitting(event.reason_code),
            redirect_url: event.redirect_url,
            digest: event.digest,
            details: Vec::new(),
        }
    }
}

impl From<Conversion> for types::Conversion {
    fn from(conversion: Conversion) -> Self {
        Self { original: conversion.original.map(Into::into), amount: conversion.amount.into(), rate: conversion.rate }
    }
}

impl From<Operation> for types::Operation {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::Charge => Self::Charge,
            Operation::Authorize => Self::Authorize,
            Operation::Payout => Self::Payout,
            Operation::Capture => Self::Capture,
            Operation::Refund => Self::Refund,
            Operation::Void => Self::Void,
        }
    }
}

same_variants!(FailedStage, types::FailedStage, Authorization, Capture, Settlement, Refund, Void, Payout);
same_variants!(ReportedOutcome, types::ReportedOutcome, Confirmed, Canceled, Declined);

same_variants!(
    EventKind,
    types::EventKind,
    Pending,
    Authorized,
    Captured,
    Settled,
    Failed(stage),
    Canceled,
    Refunded,
    Disputed,
    DisputeWon,
    ChargedBack,
    PaidOut,
    Reported(outcome)
);
