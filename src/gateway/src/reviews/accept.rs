//! Accepts reasons for which a payment is in review: named ones, or exactly those that a review token stands for.
//! Reasons that arose later stay open.

use std::collections::{BTreeMap, BTreeSet};

use tollbridge_domain::{Acceptance, Fact, Payment};
use tollbridge_ledger::{History, NewEntry, SyncState};

use super::decision_sync::sync_decision;
use super::reasons::ReviewReasons;
use crate::http::fields::invalid;
use crate::http::problem::Problem;
use crate::outbox::SalesforceSync;
use crate::site_context::SiteContext;

/// Which reasons a caller accepts.
pub enum Selection {
    /// Those of these names.
    Named(Vec<String>),
    /// Those that this review token was shown with.
    Token(String),
    /// The caller names none, which is refused: nobody may accept what they have not seen.
    Missing,
}

/// A request to accept reasons.
pub struct AcceptRequest {
    pub selection: Selection,
    /// Why they are accepted.
    pub note: String,
    /// Who accepts them, in the caller's words.
    pub by: Option<String>,
}

/// Records the acceptance, and syncs it.
///
/// # Errors
/// The payment is not in review for that, or the store does not answer. Then nothing is accepted.
pub fn accept(
    context: &SiteContext<'_>,
    history: &History,
    payment: &Payment,
    request: AcceptRequest,
) -> Result<(), Problem> {
    let open = ReviewReasons::of(payment, &history.sync_state);
    if open.is_empty() {
        return Err(not_in_review());
    }
    let names = names(request.selection, &open)?;
    let reasons = payment.review.iter().filter(|(reason, _)| names.iter().any(|name| name == reason.as_str()));
    let mut accepted = BTreeMap::new();
    accepted.extend(reasons.map(|(reason, evidence)| (*reason, evidence.clone())));
    let waived = open.refusal.filter(|_| open.refusal_name().is_some_and(|name| names.contains(&name)));
    let acceptance = Acceptance {
        reasons: accepted,
        salesforce: waived.map(|failure| failure.code.clone()),
        note: request.note,
        by: request.by,
    };
    let mut accepted_history = history.clone();
    let prepared = context.ledger.prepare(NewEntry {
        reference: &history.reference,
        after: history.last_sequence(),
        fact: Fact::Accepted(acceptance),
        raw: None,
        correlation_id: &context.trace.correlation_id,
        not_before: None,
        authority: None,
    })?;
    accepted_history.entries.push(prepared.entry.clone());
    let mut writes = Vec::new();
    if waived.is_some() {
        accepted_history.sync_state =
            without_refused(&accepted_history, accepted_history.payment(context.site.main_currency).as_ref());
        writes = context.ledger.sync_state_record(&accepted_history, &accepted_history.sync_state)?;
    }
    writes.extend(context.ledger.summaries_with(&accepted_history, &prepared.entry)?);
    let appended = context.ledger.commit(prepared, writes)?;
    if waived.is_none() {
        return sync_decision(context, history, appended.entry.sequence);
    }
    // Salesforce shows that the review has ended, as far as it accepts updates.
    if let Some(payment) = accepted_history.payment(context.site.main_currency) {
        SalesforceSync::new(context).show_review(&accepted_history, &payment, None)?;
    }
    // A sync of entries that arrived meanwhile may have been overwritten by this sync state. It is repeated then.
    let now = context.ledger.history_reaching(&history.reference, appended.entry.sequence)?;
    if now.entries.iter().all(|entry| now.sync_state.reflects(entry.sequence)) {
        return Ok(());
    }
    sync_decision(context, &now, appended.entry.sequence)
}

/// The names of the accepted reasons. All of them are open.
fn names(selection: Selection, open: &ReviewReasons<'_>) -> Result<Vec<String>, Problem> {
    let listed = open.names();
    let now = listed.join(", ");
    match selection {
        Selection::Missing => {
            let detail =
                format!("name what is accepted, or give the reviewToken that it was shown with; in review now: {now}");
            Err(invalid("reasons", detail))
        }
        Selection::Named(names) => match names.iter().find(|name| !listed.contains(name)) {
            Some(other) => {
                let detail = format!(
                    "{} is not what this payment is in review for, so nothing was accepted; in review now: {now}",
                    echoed(other)
                );
                Err(Problem { field: Some("reasons".to_owned()), ..Problem::new(409, "not_in_review", detail) })
            }
            None => Ok(names),
        },
        Selection::Token(token) if open.token().as_ref() == Some(&token) => Ok(listed),
        Selection::Token(_) => {
            let detail = format!(
                "this is not what was shown with this reviewToken, so nothing was accepted: look at the payment again; \
                 in review now: {now}"
            );
            Err(Problem { field: Some("reviewToken".to_owned()), ..Problem::new(409, "review_changed", detail) })
        }
    }
}

/// The problem of a payment that has no open reason for review.
pub fn not_in_review() -> Problem {
    Problem::new(409, "not_in_review", "this payment does not wait for anybody")
}

/// A caller may name anything, so an error repeats only what could be the name of a reason.
fn echoed(name: &str) -> &str {
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'));
    if is_name { name } else { "what reasons names" }
}

/// The sync state once a person has accepted a refusal: everything in this history counts as synced. Later entries, and
/// those that arrived meanwhile, are synced as usual.
fn without_refused(history: &History, payment: Option<&Payment>) -> SyncState {
    let mut sequences = BTreeSet::new();
    sequences.extend(history.entries.iter().map(|entry| entry.sequence));
    history.sync_state.waived(sequences).in_review(payment.is_some_and(|payment| !payment.review.is_empty()))
}
