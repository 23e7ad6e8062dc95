//! Payments that no caller received and that are right nevertheless. A process stops before its intent is written.
//! Another process takes the command over and refuses it for good. The first resumes, writes its intent, finds that it
//! was fenced, and sends nothing. A failed attempt remains in which no money moved.

use serde_json::Value;

use crate::life::OpenedPayment;
use crate::run::{ChaosRun, text};

/// The codes of an operation that never reached MaldoPay.
const NEVER_ARRIVED: [&str; 2] = ["not-found", "not-sent"];

/// Adds such payments to their orders, so that they are compared like all others.
pub fn adopt(run: &ChaosRun) {
    for (number, site) in run.sites.iter().enumerate() {
        for record in site.sandbox.salesforce.records("MaldoPay_Payment__c").into_iter().map(Value::Object) {
            let reference = text(&record, "Reference__c");
            let is_failed = text(&record, "Status__c") == "failed";
            let is_known_to_maldopay = !run.maldopay(number).family(reference).is_empty();
            if !is_failed || is_known_to_maldopay || !NEVER_ARRIVED.contains(&text(&record, "Reason_Code__c")) {
                continue;
            }
            let mut lives = run.lives();
            let of_order = |life: &&mut crate::life::OrderLife| {
                life.site == number && life.order.id == text(&record, "Source_Id__c")
            };
            let Some(life) = lives.iter_mut().find(of_order) else { continue };
            if life.payments.iter().any(|made| made.reference == reference) {
                continue;
            }
            let attempt = record["Attempt__c"].as_u64().and_then(|attempt| usize::try_from(attempt).ok()).unwrap_or(1);
            let place = attempt.saturating_sub(1).min(life.payments.len());
            let intent = match text(&record, "Intent__c") {
                "authorize" => "authorize",
                "payout" => "payout",
                _ => "charge",
            };
            let asked = record["Minor_Units__c"].as_i64().unwrap_or_default();
            life.payments.insert(place, OpenedPayment::abandoned(reference, intent, asked));
            drop(lives);
            run.report().count("processes that stood still", "attempts left behind, unsent");
        }
    }
}
