//! Maps a payment to records, with the built-in mapper or the site's active document. The shadow document maps it too,
//! but only for comparison.

use tollbridge_connector::{Details, types};
use tollbridge_domain::Payment;
use tollbridge_ledger::{ActiveMapping, MappingVersion, PaymentTotals, Writes};

use super::mapper_bounds::{check_size, truncated};
use super::redaction::redacted;
use super::salesforce_sync::SalesforceSync;
use crate::http::problem::Problem;
use crate::mappings::{ShadowReport, compare};
use crate::ports::MappingProblem;
use crate::salesforce::{Refusal, RetryPolicy};

/// The documents that one sync maps by. They are read once, so that all records come from one version.
pub struct ActiveDocuments {
    document: Option<ActiveMapping>,
    shadow: Option<MappingVersion>,
}

/// The records that a mapper produced.
pub type RecordWrites = Vec<types::RecordWrite>;

impl SalesforceSync<'_> {
    /// The documents that are active now. Reads nothing for a site that has none.
    pub(super) fn active_documents(&self) -> Result<ActiveDocuments, Problem> {
        let mapping = &self.context.site.mapping;
        let (document, shadow) =
            self.context.ledger.active_mappings(mapping.document.as_ref(), mapping.shadow.as_ref())?;
        Ok(ActiveDocuments { document, shadow })
    }

    /// Maps the payment, by the active document where the site has one.
    pub(super) fn records(
        &self,
        active: &ActiveDocuments,
        payment: &types::Payment,
        events: &[types::PaymentEvent],
    ) -> Result<RecordWrites, Refusal> {
        let settings = &self.context.site.settings;
        match (&self.context.site.mapping.document, &active.document) {
            (None, _) => {
                let records = self.context.ports.mapper.records(payment, events, settings, "");
                records.and_then(check_size).map_err(|error| refused("", &redacted(error, payment, events)))
            }
            (Some(name), Some(document)) => {
                let records = self.context.ports.documents.records(payment, events, settings, &document.text);
                records.and_then(check_size).map_err(|error| {
                    let by = format!("mapping {name} version {}: ", document.version);
                    refused(&by, &redacted(error, payment, events))
                })
            }
            (Some(name), None) => Err(Refusal::new(
                RetryPolicy::RetrySlowly,
                "mapping_inactive",
                format!("the site's mapping {name} has no active version: store one and activate it"),
            )),
        }
    }

    /// The record of how the shadow's result differs, to be written with the sync state.
    pub(super) fn shadow_writes(
        &self,
        active: &ActiveDocuments,
        payment: &Payment,
        mapped: &types::Payment,
        events: &[types::PaymentEvent],
        records: &RecordWrites,
    ) -> Result<Writes, Problem> {
        let (Some(name), Some(shadow)) = (&self.context.site.mapping.shadow, &active.shadow) else {
            return Ok(Writes::new());
        };
        let result = self.context.ports.documents.records(mapped, events, &self.context.site.settings, &shadow.text);
        let report = ShadowReport {
            payment_version: payment.version,
            shadow_version: shadow.version,
            ..compare(records, result.and_then(check_size))
        };
        Ok(self.context.ledger.shadow_record(name, &payment.reference, &report)?)
    }
}

/// The payment as a mapper receives it: with the totals of its records and its additional data. A refusal by Salesforce
/// becomes one more reason for review.
pub fn mapper_payment(
    payment: &Payment,
    totals: PaymentTotals,
    details: &Details,
    refusal: Option<&str>,
) -> types::Payment {
    let mut mapped = details.with_payment(payment.clone().into());
    mapped.record = totals.record.map(Into::into);
    mapped.invoice_record = totals.invoice.map(Into::into);
    mapped.review_reasons.extend(refusal.map(|code| format!("salesforce:{code}")));
    mapped
}

/// The refusal of a payment that cannot be mapped.
fn refused(by: &str, problem: &MappingProblem) -> Refusal {
    let message = format!("{by}{}: {}", truncated(&problem.field), truncated(&problem.detail));
    Refusal::new(RetryPolicy::Review, "mapping_error", message)
}
