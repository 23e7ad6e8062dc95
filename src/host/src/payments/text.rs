//! Payments as text: one with everything that a person acts on, several as a table.

use super::view::{FoundView, PaymentView, SalesforceView, amount, record_name, unreadable};
use crate::output::{named, table};

/// One payment. Amounts that are zero are left out.
pub fn payment(payment: &PaymentView) -> String {
    let money = |amount: &String| {
        let moved = amount.chars().any(|digit| ('1'..='9').contains(&digit));
        moved.then(|| format!("{amount} {}", payment.currency))
    };
    let source = payment.source.as_ref().map(|source| {
        let number = source.number.as_ref().map_or(String::new(), |number| format!(", number {number}"));
        format!("{} {}{number}", source.object, source.id)
    });
    let reasons = (!payment.review_reasons.is_empty()).then(|| payment.review_reasons.join(", "));
    named([
        ("reference", Some(payment.reference.clone())),
        ("site", Some(payment.site.clone())),
        ("status", Some(payment.status.clone())),
        ("outcome", (payment.outcome != "known").then(|| format!("{}: MaldoPay has not said it yet", payment.outcome))),
        ("reason code", payment.reason_code.clone()),
        ("requested", requested(payment)),
        ("authorized", money(&payment.authorized)),
        ("captured", money(&payment.captured)),
        ("refunded", money(&payment.refunded)),
        ("charged back", money(&payment.charged_back)),
        ("settled", money(&payment.settled)),
        ("paid out", money(&payment.paid_out)),
        ("fees", money(&payment.fees)),
        ("record", source),
        ("invoice", payment.invoice.as_ref().map(|invoice| invoice.number.clone())),
        ("transaction", payment.transaction_id.clone()),
        ("payer's page", payment.redirect_url.clone()),
        ("review", reasons),
        ("not readable", unreadable(payment)),
        ("review token", payment.review_token.clone()),
        ("Salesforce", Some(salesforce(&payment.salesforce, payment.version))),
        ("created", Some(payment.created_at.clone())),
        ("updated", Some(payment.updated_at.clone())),
        ("erased", payment.erased_at.clone()),
    ])
}

/// What was requested. Nobody requested a payment without a method: its first callback made it.
fn requested(payment: &PaymentView) -> Option<String> {
    let is_requested = !payment.method.is_empty();
    is_requested.then(|| format!("{}, {} by {}", amount(payment), payment.intent, payment.method))
}

fn salesforce(seen: &SalesforceView, version: u64) -> String {
    let mut text = match seen.version {
        seen if seen >= version => "is up to date".to_owned(),
        0 => "has nothing of it yet".to_owned(),
        seen => format!("has version {seen} of {version}"),
    };
    if let Some(code) = &seen.error_code {
        text.push_str(&format!("; {code}: {}", seen.error_message.as_deref().unwrap_or_default()));
    }
    if let Some(remedy) = &seen.error_remedy {
        text.push_str(&format!(" -> {remedy}"));
    }
    if let Some(next) = &seen.next_attempt_at {
        text.push_str(&format!("; next attempt {next}"));
    }
    text
}

/// The payments that a search found.
pub fn found(found: &FoundView) -> String {
    if found.payments.is_empty() {
        return "no payments\n".to_owned();
    }
    let row = |payment: &PaymentView| {
        [
            payment.reference.clone(),
            payment.status.clone(),
            amount(payment),
            record_name(payment).unwrap_or_default(),
            payment.transaction_id.clone().unwrap_or_default(),
            payment.created_at.clone(),
            payment.review_reasons.join(", "),
        ]
    };
    let headings = ["REFERENCE", "STATUS", "AMOUNT", "RECORD", "TRANSACTION", "CREATED", "REVIEW"];
    let mut text = table(headings, &found.payments.iter().map(row).collect::<Vec<_>>());
    if !found.complete {
        text.push_str("There are more: raise --limit (50 at most).\n");
    }
    text
}
