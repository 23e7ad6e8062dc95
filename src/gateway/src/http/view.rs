//! A payment as the HTTP interface shows it.

use serde::Serialize;
use tollbridge_domain::{
    Conversion, Invoice, Money, Payment, RecordTotals, SourceRecord, Tax, Timestamp, UnreadableDelivery,
};
use tollbridge_ledger::SyncState;

use crate::reviews::ReviewReasons;
use crate::salesforce::remedy;

/// The JSON of a payment. Amounts are decimal strings in its currency.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentView {
    reference: String,
    site: String,
    status: &'static str,
    intent: &'static str,
    method: String,
    currency: &'static str,
    amount: String,
    tax: Option<TaxView>,
    authorized: String,
    captured: String,
    refunded: String,
    charged_back: String,
    settled: String,
    paid_out: String,
    fees: String,
    source: Option<SourceView>,
    invoice: Option<Invoice>,
    /// The totals of all payments for the record; absent where there is no record, and where they were not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<RecordView>,
    transaction_id: Option<String>,
    redirect_url: Option<String>,
    conversion: Option<ConversionView>,
    reason_code: Option<String>,
    attempt: u32,
    superseded: bool,
    /// `unknown` while an operation has a pending outcome, otherwise `known`.
    outcome: &'static str,
    review_required: bool,
    pub review_reasons: Vec<String>,
    /// Names exactly these reasons, to accept them; none where there are none.
    pub review_token: Option<String>,
    /// What could not be read of signed deliveries; absent where all could.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<UnreadableView>,
    salesforce: SalesforceView,
    correlation_id: String,
    version: u64,
    created_at: String,
    updated_at: String,
    /// When the personal data was erased; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConversionView {
    original_amount: Option<String>,
    original_currency: Option<&'static str>,
    amount: String,
    currency: &'static str,
    rate: Option<String>,
}

impl From<Conversion> for ConversionView {
    fn from(conversion: Conversion) -> Self {
        Self {
            original_amount: conversion.original.map(Money::to_decimal),
            original_currency: conversion.original.map(|original| original.currency().code()),
            amount: conversion.amount.to_decimal(),
            currency: conversion.amount.currency().code(),
            rate: conversion.rate,
        }
    }
}

/// What could not be read of a signed delivery. Its text is in the payment's events.
#[derive(Serialize)]
struct UnreadableView {
    field: Option<String>,
    problem: &'static str,
    detail: String,
}

impl From<UnreadableDelivery> for UnreadableView {
    fn from(delivery: UnreadableDelivery) -> Self {
        Self { field: delivery.field, problem: delivery.problem.as_str(), detail: delivery.detail }
    }
}

/// The record that a payment is for, under Salesforce's names.
#[derive(Serialize)]
struct SourceView {
    object: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
}

impl From<SourceRecord> for SourceView {
    fn from(source: SourceRecord) -> Self {
        Self {
            object: source.object().to_owned(),
            id: source.id().to_owned(),
            number: source.number().map(ToOwned::to_owned),
        }
    }
}

/// The tax within the amount, in the amount's currency.
#[derive(Serialize)]
struct TaxView {
    amount: String,
    rate: Option<String>,
    country: Option<String>,
    inclusive: bool,
}

impl From<Tax> for TaxView {
    fn from(tax: Tax) -> Self {
        Self {
            amount: tax.amount().to_decimal(),
            rate: tax.rate().map(Into::into),
            country: tax.country().map(Into::into),
            inclusive: tax.inclusive(),
        }
    }
}

/// The totals of all payments for a record. Amounts are decimal strings in its currency.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordView {
    status: &'static str,
    payments: usize,
    currency: &'static str,
    authorized: String,
    captured: String,
    refunded: String,
    charged_back: String,
    settled: String,
    paid_out: String,
    fees: String,
    outstanding: String,
    /// The payment that represents the record.
    reference: String,
    transaction_id: Option<String>,
    review_required: bool,
    review_reasons: Vec<String>,
}

impl From<RecordTotals> for RecordView {
    fn from(totals: RecordTotals) -> Self {
        Self {
            status: totals.status.as_str(),
            payments: totals.payments,
            currency: totals.amounts.currency().code(),
            authorized: totals.amounts.authorized.to_decimal(),
            captured: totals.amounts.captured.to_decimal(),
            refunded: totals.amounts.refunded.to_decimal(),
            charged_back: totals.amounts.charged_back.to_decimal(),
            settled: totals.amounts.settled.to_decimal(),
            paid_out: totals.amounts.paid_out.to_decimal(),
            fees: totals.amounts.fees.to_decimal(),
            outstanding: totals.outstanding.to_decimal(),
            reference: totals.reference.into(),
            transaction_id: totals.transaction.map(Into::into),
            review_required: !totals.review.is_empty(),
            review_reasons: totals.review.iter().map(ToString::to_string).collect(),
        }
    }
}

/// The payment's sync state.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SalesforceView {
    /// The version that Salesforce last confirmed; 0 for none.
    version: u64,
    /// How many syncs in a row failed.
    failed_attempts: u32,
    /// Why the last sync failed.
    error_code: Option<String>,
    error_message: Option<String>,
    /// What it was about, where Salesforce refused a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_record: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    error_fields: Vec<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_remedy: Option<&'static str>,
    next_attempt_at: Option<String>,
}

impl SalesforceView {
    fn of(sync_state: &SyncState) -> Self {
        let failure = sync_state.retry.failure.clone();
        let (code, message, object, record, fields) = failure.map_or_else(Default::default, |failure| {
            (Some(failure.code), Some(failure.message), failure.object, failure.record, failure.fields)
        });
        Self {
            version: sync_state.confirmed.version,
            failed_attempts: sync_state.retry.attempts,
            error_remedy: code.as_deref().and_then(remedy),
            error_code: code,
            error_message: message,
            error_object: object,
            error_record: record,
            error_fields: fields,
            next_attempt_at: sync_state.retry.next_attempt.map(|time| time.to_string()),
        }
    }
}

impl PaymentView {
    /// The same view, for a payment whose status inquiry just timed out.
    pub fn unknown(self) -> Self {
        Self { outcome: "unknown", ..self }
    }

    /// The view of a payment and its sync state.
    pub fn new(site: &str, payment: Payment, sync_state: &SyncState) -> Self {
        let outcome = if payment.outcome_unknown() { "unknown" } else { "known" };
        let reasons = ReviewReasons::of(&payment, sync_state);
        let (review_reasons, review_token) = (reasons.names(), reasons.token());
        Self {
            site: site.to_owned(),
            status: payment.status.as_str(),
            intent: payment.intent.as_str(),
            method: payment.method,
            currency: payment.amount.currency().code(),
            amount: payment.amount.to_decimal(),
            tax: payment.tax.map(Into::into),
            authorized: payment.authorized.to_decimal(),
            captured: payment.captured.to_decimal(),
            refunded: payment.refunded.to_decimal(),
            charged_back: payment.charged_back.to_decimal(),
            settled: payment.settled.to_decimal(),
            paid_out: payment.paid_out.to_decimal(),
            fees: payment.fees.to_decimal(),
            source: payment.source.map(Into::into),
            invoice: payment.invoice,
            record: None,
            transaction_id: payment.transaction.map(Into::into),
            redirect_url: payment.redirect_url,
            conversion: payment.conversion.map(Into::into),
            reason_code: payment.reason_code,
            attempt: payment.attempt,
            superseded: payment.superseded,
            outcome,
            review_required: !review_reasons.is_empty(),
            review_reasons,
            review_token,
            unreadable: payment.unreadable.into_iter().map(Into::into).collect(),
            salesforce: SalesforceView::of(sync_state),
            correlation_id: payment.correlation_id.into(),
            version: payment.version,
            created_at: payment.created_at.to_string(),
            updated_at: payment.updated_at.to_string(),
            erased_at: None,
            reference: payment.reference.into(),
        }
    }

    /// The same view, with the time at which the personal data was erased.
    pub fn with_erasure(self, at: Option<Timestamp>) -> Self {
        Self { erased_at: at.map(|at| at.to_string()), ..self }
    }

    /// The same view, with the totals of its record.
    pub fn with_record(self, totals: Option<RecordTotals>) -> Self {
        Self { record: totals.map(Into::into), ..self }
    }
}
