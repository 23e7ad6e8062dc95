//! A person accepts what a payment is in review for: the reasons that they name, or exactly those that were shown to them.
//! Whatever came since stays open.

use std::collections::{BTreeMap, BTreeSet};

use tollbridge_domain::{Acceptance, Fact, Payment};
use tollbridge_ledger::{History, NewEntry, SyncState};

use super::resolve::sync_decision;
use super::waiting::Waiting;
use crate::http::fields::invalid;
use crate::http::problem::Problem;
use crate::outbox::SalesforceSync;
use crate::site_context::SiteContext;

/// What is to be accepted, as the caller says it.
pub enum Accepted {
    /// The reasons of these names.
    Named(Vec<String>),
    /// What this token was given with.
    Shown(String),
    /// The caller does not say, which is refused: nobody accepts what they have not seen.
    Unsaid,
}

/// A decision to accept.
pub struct Decision {
    /// What.
    pub accepted: Accepted,
    /// Why.
    pub note: String,
    /// Who.
    pub by: Option<String>,
}

/// Writes the acceptance down, and tells Salesforce of it.
///
/// # Errors
/// It is not in review for that, or the store does not answer; nothing is accepted then.
pub fn accept(
    context: &SiteContext<'_>,
    history: &History,
    payment: &Payment,
    decision: Decision,
) -> Result<(), Problem> {
    let waiting = Waiting::of(payment, &history.sync_state);
    if waiting.is_empty() {
        return Err(Problem::new(409, "not_in_review", "this payment does not wait for anybody"));
    }
    let names = names(decision.accepted, &waiting)?;
    let reasons = payment.review.iter().filter(|(reason, _)| names.iter().any(|name| name == reason.as_str()));
    let mut accepted = BTreeMap::new();
    accepted.extend(reasons.map(|(reason, evidence)| (*reason, evidence.clone())));
    let waived = waiting.refusal.filter(|_| waiting.refusal_name().is_some_and(|name| names.contains(&name)));
    let acceptance = Acceptance {
        reasons: accepted,
        salesforce: waived.map(|failure| failure.code.clone()),
        note: decision.note,
        by: decision.by,
    };
    let mut after = history.clone();
    let appended = context.ledger.append_as(
        NewEntry {
            reference: &history.reference,
            after: history.last_sequence(),
            fact: Fact::Accepted(acceptance),
            raw: None,
            correlation_id: &context.trace.correlation_id,
            not_before: None,
            authority: None,
        },
        |entry| {
            after.entries.push(entry.clone());
            let mut writes = Vec::new();
            if waived.is_some() {
                after.sync_state = without_refused(&after, after.payment(context.site.main_currency).as_ref());
                writes = context.ledger.sync_state_record(&after, &after.sync_state)?;
            }
            writes.extend(context.ledger.summaries_with(&after, entry)?);
            Ok(writes)
        },
    )?;
    if waived.is_none() {
        return sync_decision(context, history, appended.entry.sequence);
    }
    // The flag goes where Salesforce takes it.
    if let Some(payment) = after.payment(context.site.main_currency) {
        SalesforceSync::new(context).show(&after, &payment, None)?;
    }
    // What came between reading and writing may have been told, and the note of that replaced: it is told again.
    let now = context.ledger.history_reaching(&history.reference, appended.entry.sequence)?;
    if now.entries.iter().all(|entry| now.sync_state.reflects(entry.sequence)) {
        return Ok(());
    }
    sync_decision(context, &now, appended.entry.sequence)
}

/// The names of what is accepted, all of which are in review.
fn names(accepted: Accepted, waiting: &Waiting<'_>) -> Result<Vec<String>, Problem> {
    let listed = waiting.names();
    let now = listed.join(", ");
    match accepted {
        Accepted::Unsaid => {
            let detail =
                format!("name what is accepted, or give the reviewToken that it was shown with; in review now: {now}");
            Err(invalid("reasons", detail))
        }
        Accepted::Named(names) => match names.iter().find(|name| !listed.contains(name)) {
            Some(other) => {
                let detail = format!(
                    "{} is not what this payment is in review for, so nothing was accepted; in review now: {now}",
                    shown(other)
                );
                Err(Problem { field: Some("reasons".to_owned()), ..Problem::new(409, "not_in_review", detail) })
            }
            None => Ok(names),
        },
        Accepted::Shown(token) if waiting.token().as_ref() == Some(&token) => Ok(listed),
        Accepted::Shown(_) => {
            let detail = format!(
                "this is not what was shown with this reviewToken, so nothing was accepted: look at the payment again; in \
                 review now: {now}"
            );
            Err(Problem { field: Some("reviewToken".to_owned()), ..Problem::new(409, "review_changed", detail) })
        }
    }
}

/// A caller may name anything; only what could be the name of a reason is repeated.
fn shown(name: &str) -> &str {
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'));
    if is_name { name } else { "what reasons names" }
}

/// What Salesforce refused, and a person accepted that it refuses, is not told any more: everything that this history has.
/// What comes later, or came meanwhile, is.
fn without_refused(history: &History, payment: Option<&Payment>) -> SyncState {
    let mut sequences = BTreeSet::new();
    sequences.extend(history.entries.iter().map(|entry| entry.sequence));
    history.sync_state.waived(sequences).in_review(payment.is_some_and(|payment| !payment.review.is_empty()))
}
