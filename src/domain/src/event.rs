//! What happened to a payment: what was asked of the provider, what the provider said, and what it did not say.

use serde::{Deserialize, Serialize};

use crate::{
    Acceptance, Assignment, CorrelationId, Erasure, EventId, EventKind, Invoice, Money, Operation, SourceRecord, Tax,
    Timestamp, TransactionId,
};

/// What a provider converted an amount to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// The amount that was converted. Entries of earlier versions have none: see [`Event::conversion`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Money>,
    /// The converted amount.
    pub amount: Money,
    /// The rate, as the provider wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
}

/// One thing that the provider said, in an answer or in a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The same for every repetition of the same news.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// The operation of the payment that its reference names; none for the opening one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<u64>,
    /// How much it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// What the provider keeps of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
    /// What it was converted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Conversion>,
    /// The provider's transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionId>,
    /// The transaction that this one acts on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts_on: Option<TransactionId>,
    /// The name of the site's method, where the provider said by which one and the site had it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// When the provider says it happened; direct answers do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// The provider's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The provider's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// Where the payer must be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// SHA-256 of what the provider sent, in hex.
    pub digest: String,
}

impl Event {
    /// What it was converted to. Where the conversion does not say of which amount it is, it is of the event's own.
    #[must_use]
    pub fn conversion(&self) -> Option<Conversion> {
        let conversion = self.conversion.clone()?;
        Some(Conversion { original: conversion.original.or(self.amount), ..conversion })
    }
}

/// What Tollbridge is about to ask of the provider. It holds nothing of the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationRequest {
    /// What is asked.
    pub operation: Operation,
    /// How much.
    pub amount: Money,
    /// The payment method's name.
    pub method: String,
    /// The record it is for, where it opens a payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceRecord>,
    /// The invoice that it is for, where the caller named one besides the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<Invoice>,
    /// The tax within the amount, where it opens a payment and says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Tax>,
    /// Which attempt for that record it is, from 1; 0 where it opens no payment.
    #[serde(default)]
    pub attempt: u32,
    /// SHA-256 of the request that was made of Tollbridge, in hex.
    pub digest: String,
}

/// One entry's content in a payment's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fact")]
pub enum Fact {
    /// An operation is about to be asked of the provider. The entry's own sequence number names it, but for the opening.
    #[serde(rename = "requested")]
    OperationRequested(OperationRequest),
    /// An operation was given up before the provider was asked: another one had come first.
    Withdrawn {
        /// The sequence number of its request.
        operation: u64,
    },
    /// The provider was asked and did not answer: it may or may not have carried the operation out.
    #[serde(rename = "unanswered")]
    TimedOut {
        /// The sequence number of its request; none for the opening one.
        operation: Option<u64>,
    },
    /// The provider was asked what became of an operation, and does not know of it. It may have it yet to come, so that this
    /// frees nothing at once.
    NotFound {
        /// The sequence number of its request; none for the opening one.
        operation: Option<u64>,
    },
    /// The provider said something.
    Event(Event),
    /// A person looked at it and accepted what it was in review for.
    Accepted(Acceptance),
    /// A person said which record it is for, where nobody here had asked for it.
    Assigned(Assignment),
    /// A person had its personal data erased.
    Erased(Erasure),
}

impl Fact {
    /// What the provider said, where this is that.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match self {
            Self::Event(event) => Some(event),
            Self::OperationRequested(_)
            | Self::Withdrawn { .. }
            | Self::TimedOut { .. }
            | Self::NotFound { .. }
            | Self::Accepted(_)
            | Self::Assigned(_)
            | Self::Erased(_) => None,
        }
    }

    /// What was about to be asked of the provider, where this is that.
    #[must_use]
    pub fn request(&self) -> Option<&OperationRequest> {
        match self {
            Self::OperationRequested(request) => Some(request),
            Self::Withdrawn { .. }
            | Self::TimedOut { .. }
            | Self::NotFound { .. }
            | Self::Event(_)
            | Self::Accepted(_)
            | Self::Assigned(_)
            | Self::Erased(_) => None,
        }
    }
}

/// One entry of a payment's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the payment's ledger, from 1. Two entries may say the same.
    pub sequence: u64,
    /// What it says.
    pub fact: Fact,
    /// When it was written.
    pub received_at: Timestamp,
    /// The request that brought it.
    pub correlation_id: CorrelationId,
}
