//! The mapping of a payment: by the compiled mapper or by the site's document in force, and beside it by the document in
//! the shadow, which writes nothing.

use tollbridge_connector::{Details, types};
use tollbridge_domain::Payment;
use tollbridge_ledger::{ActiveMapping, MappingVersion, Totals, Writes};

use super::mapper_bounds::{bounded, shortened};
use super::mapper_words::without_quotes;
use super::sync::SalesforceSync;
use crate::http::problem::Problem;
use crate::mappings::{ShadowReport, compare};
use crate::ports::MappingProblem;
use crate::salesforce::{Refusal, RetryPolicy};

/// The documents that one telling maps by, read once: a record is wholly by one version.
pub struct InForce {
    document: Option<ActiveMapping>,
    shadow: Option<MappingVersion>,
}

/// The records that a mapper made.
pub type Records = Vec<types::RecordWrite>;

impl SalesforceSync<'_> {
    /// The documents that are in force now. Reads nothing for a site that has none.
    pub(super) fn in_force(&self) -> Result<InForce, Problem> {
        let mapping = &self.context.site.mapping;
        let (document, shadow) =
            self.context.ledger.active_mappings(mapping.document.as_ref(), mapping.shadow.as_ref())?;
        Ok(InForce { document, shadow })
    }

    /// The records as they should be.
    pub(super) fn records(
        &self,
        in_force: &InForce,
        payment: &types::Payment,
        events: &[types::PaymentEvent],
    ) -> Result<Records, Refusal> {
        let settings = &self.context.site.settings;
        match (&self.context.site.mapping.document, &in_force.document) {
            (None, _) => {
                let records = self.context.ports.mapper.records(payment, events, settings, "");
                records.and_then(bounded).map_err(|error| refused("", &without_quotes(error, payment, events)))
            }
            (Some(name), Some(active)) => {
                let records = self.context.ports.documents.records(payment, events, settings, &active.text);
                records.and_then(bounded).map_err(|error| {
                    let by = format!("mapping {name} version {}: ", active.version);
                    refused(&by, &without_quotes(error, payment, events))
                })
            }
            (Some(name), None) => Err(Refusal {
                retry_policy: RetryPolicy::Late,
                code: "mapping_inactive".to_owned(),
                message: format!("the site's mapping {name} has no version in force: store one and activate it"),
            }),
        }
    }

    /// What the shadow would have written otherwise, to be written with what was told.
    pub(super) fn shadowed(
        &self,
        in_force: &InForce,
        payment: &Payment,
        whole: &types::Payment,
        events: &[types::PaymentEvent],
        records: &Records,
    ) -> Result<Writes, Problem> {
        let (Some(name), Some(shadow)) = (&self.context.site.mapping.shadow, &in_force.shadow) else {
            return Ok(Writes::new());
        };
        let would_be = self.context.ports.documents.records(whole, events, &self.context.site.settings, &shadow.text);
        let report = ShadowReport {
            payment_version: payment.version,
            shadow_version: shadow.version,
            ..compare(records, would_be.and_then(bounded))
        };
        Ok(self.context.ledger.shadow_record(name, &payment.reference, &report)?)
    }
}

/// The payment as a mapper sees it, with what its records show and what the provider said besides, and with one more reason
/// for review where Salesforce itself is the reason.
pub fn whole(payment: &Payment, totals: Totals, details: &Details, refusal: Option<&str>) -> types::Payment {
    let mut whole = details.with_payment(payment.clone().into());
    whole.record = totals.record.map(Into::into);
    whole.invoice_record = totals.invoice.map(Into::into);
    whole.review_reasons.extend(refusal.map(|code| format!("salesforce:{code}")));
    whole
}

/// The refusal that stands for a payment that cannot be mapped.
fn refused(by: &str, problem: &MappingProblem) -> Refusal {
    Refusal {
        retry_policy: RetryPolicy::Person,
        code: "mapping_error".to_owned(),
        message: format!("{by}{}: {}", shortened(&problem.field), shortened(&problem.detail)),
    }
}
