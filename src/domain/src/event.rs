//! The facts of a payment: what Tollbridge requested, what the provider reported, and which requests timed out.

use serde::{Deserialize, Serialize};

use crate::{
    Acceptance, Assignment, CorrelationId, Erasure, EventId, EventKind, Invoice, Money, Operation, SourceRecord, Tax,
    Timestamp, TransactionId, UnreadableDelivery,
};

/// A currency conversion by the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// The amount that was converted. Entries of earlier versions lack it: see [`Event::conversion`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Money>,
    /// The converted amount.
    pub amount: Money,
    /// The rate, as the provider wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
}

/// Something that the provider reported, in a response or in a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The same for every repetition of the event.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// The operation that the event's reference names, by its request's sequence number; none for the opening
    /// operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<u64>,
    /// The amount that the event is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The provider's fee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
    /// What the amount was converted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Conversion>,
    /// The provider's transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionId>,
    /// The transaction that this transaction acts on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts_on: Option<TransactionId>,
    /// The name of the site's method, if the provider named the service and the site had it at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// When it happened, by the provider's clock. Direct responses have no time.
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
    /// Where the payer must be redirected to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// SHA-256 of the provider's message, in hex.
    pub digest: String,
}

impl Event {
    /// What the amount was converted to. A conversion without an original amount is of the event's own amount.
    #[must_use]
    pub fn conversion(&self) -> Option<Conversion> {
        let conversion = self.conversion.clone()?;
        Some(Conversion { original: conversion.original.or(self.amount), ..conversion })
    }
}

/// An operation that Tollbridge is about to request from the provider. It has no data about the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationRequest {
    /// The requested operation.
    pub operation: Operation,
    /// The requested amount.
    pub amount: Money,
    /// The payment method's name.
    pub method: String,
    /// The record that it is for, if it opens a payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceRecord>,
    /// The invoice that it is for, if the caller named one in addition to the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<Invoice>,
    /// The tax within the amount, if it opens a payment and the caller named the tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Tax>,
    /// Which attempt for that record it is, from 1. It is 0 if it opens no payment.
    #[serde(default)]
    pub attempt: u32,
    /// SHA-256 of the caller's request, in hex.
    pub digest: String,
}

/// The content of one entry in a payment's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fact")]
pub enum Fact {
    /// An operation is about to be requested from the provider. The entry's sequence number names the operation, except
    /// for the opening one.
    #[serde(rename = "requested")]
    OperationRequested(OperationRequest),
    /// An operation was withdrawn before its request was sent, because another operation came first.
    Withdrawn {
        /// The sequence number of the operation's request.
        operation: u64,
    },
    /// The provider did not respond. It may or may not have carried out the operation.
    #[serde(rename = "unanswered")]
    TimedOut {
        /// The sequence number of the operation's request; none for the opening operation.
        operation: Option<u64>,
    },
    /// A status inquiry did not find the operation. Its request may still be on its way to the provider, so this frees
    /// no money at once.
    NotFound {
        /// The sequence number of the operation's request; none for the opening operation.
        operation: Option<u64>,
    },
    /// The provider reported something.
    Event(Event),
    /// The provider reported something that could not be read.
    Unreadable(UnreadableDelivery),
    /// A person accepted what the payment was in review for.
    Accepted(Acceptance),
    /// A person assigned a payment that did not begin in Tollbridge to a record.
    Assigned(Assignment),
    /// A person had the payment's personal data erased.
    Erased(Erasure),
}

impl Fact {
    /// The event, if this fact is one.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match self {
            Self::Event(event) => Some(event),
            Self::OperationRequested(_)
            | Self::Withdrawn { .. }
            | Self::TimedOut { .. }
            | Self::NotFound { .. }
            | Self::Unreadable(_)
            | Self::Accepted(_)
            | Self::Assigned(_)
            | Self::Erased(_) => None,
        }
    }

    /// The id of what the provider reported, if this fact is a report: the same for every repetition.
    #[must_use]
    pub fn report(&self) -> Option<&EventId> {
        match self {
            Self::Event(event) => Some(&event.id),
            Self::Unreadable(delivery) => Some(&delivery.id),
            Self::OperationRequested(_)
            | Self::Withdrawn { .. }
            | Self::TimedOut { .. }
            | Self::NotFound { .. }
            | Self::Accepted(_)
            | Self::Assigned(_)
            | Self::Erased(_) => None,
        }
    }

    /// The request, if this fact is one.
    #[must_use]
    pub fn request(&self) -> Option<&OperationRequest> {
        match self {
            Self::OperationRequested(request) => Some(request),
            Self::Withdrawn { .. }
            | Self::TimedOut { .. }
            | Self::NotFound { .. }
            | Self::Event(_)
            | Self::Unreadable(_)
            | Self::Accepted(_)
            | Self::Assigned(_)
            | Self::Erased(_) => None,
        }
    }
}

/// One entry of a payment's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The entry's position in the payment's ledger, from 1. Two entries may have the same content.
    pub sequence: u64,
    /// The entry's content.
    pub fact: Fact,
    /// When Tollbridge wrote the entry.
    pub received_at: Timestamp,
    /// The id of the request that caused the entry.
    pub correlation_id: CorrelationId,
}
