//! Queries: the state of a payment, its audited history, and the site's journal.

use serde::Serialize;
use tollbridge_domain::{Fact, PaymentReference};
use tollbridge_ledger::{AuditedEntry, JournalKind, JournalSlot, Ledger, Verdict};

use crate::config::Site;
use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::http::routes::payment_not_found;
use crate::http::view::PaymentView;

/// `GET /v1/payments/{ref}`
///
/// # Errors
/// There is no such payment, or the store does not answer.
pub fn payment(site: &Site, ledger: &Ledger<'_>, reference: &PaymentReference) -> Result<Response, Problem> {
    let mut history = ledger.history(reference)?;
    ledger.derive_missing_summaries(&mut history)?;
    let payment = history.payment(site.main_currency).ok_or_else(payment_not_found)?;
    let totals = history.totals(&payment, history.sync_state.refusal());
    let view = PaymentView::new(site.name.as_str(), payment, &history.sync_state);
    let view = view.with_record(totals.record).with_erasure(history.erased_at());
    Ok(Response::json(200, &view))
}

#[derive(Serialize)]
struct EventsView {
    reference: String,
    events: Vec<EventView>,
    audit: Verdict,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventView {
    sequence: u64,
    #[serde(flatten)]
    fact: Fact,
    received_at: String,
    correlation_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    /// Whether the stored text of the provider was erased.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    erased: bool,
    intact: bool,
}

impl From<AuditedEntry> for EventView {
    fn from(audited: AuditedEntry) -> Self {
        let AuditedEntry { entry, raw, erased, intact, .. } = audited;
        Self {
            sequence: entry.sequence,
            fact: entry.fact,
            received_at: entry.received_at.to_string(),
            correlation_id: entry.correlation_id.into(),
            raw,
            erased,
            intact,
        }
    }
}

/// `GET /v1/payments/{ref}/events`
///
/// # Errors
/// There is no such payment, or the store does not answer.
pub fn events(ledger: &Ledger<'_>, reference: &PaymentReference) -> Result<Response, Problem> {
    let (entries, audit) = ledger.audited(reference)?;
    if entries.is_empty() && audit.missing.is_empty() {
        return Err(payment_not_found());
    }
    let events = entries.into_iter().map(EventView::from).collect();
    Ok(Response::json(200, &EventsView { reference: reference.to_string(), events, audit }))
}

#[derive(Serialize)]
struct JournalView {
    entries: Vec<EntryView>,
    /// The `after` of the next request. Entries may be appended later, so a client follows the feed by repeating it. It
    /// never passes a number whose entry may still be written.
    next: u64,
    /// The journal's last number.
    last: u64,
}

/// A journal entry. A gap has only its number.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryView {
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(flatten)]
    kind: Option<JournalKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
}

impl From<JournalSlot> for EntryView {
    fn from(slot: JournalSlot) -> Self {
        let entry = slot.entry.as_ref();
        Self {
            number: slot.number,
            at: entry.map(|entry| entry.at.to_string()),
            reference: entry.and_then(|entry| entry.reference.as_ref()).map(ToString::to_string),
            sequence: entry.map(|entry| entry.sequence),
            correlation_id: entry.map(|entry| entry.correlation_id.to_string()),
            not_before: entry.and_then(|entry| entry.not_before).map(|time| time.to_string()),
            kind: slot.entry.map(|entry| entry.kind),
        }
    }
}

/// The most journal entries that one response covers.
pub const MAX_JOURNAL_ENTRIES: u64 = 500;

/// `GET /v1/journal?after=J&limit=N`
///
/// # Errors
/// A parameter is invalid, or the store does not answer.
pub fn journal(ledger: &Ledger<'_>, request: &Request) -> Result<Response, Problem> {
    let after = request.whole_number("after", 0, 0..=u64::MAX)?;
    let limit = request.whole_number("limit", 100, 1..=MAX_JOURNAL_ENTRIES)?;
    let entries: Vec<EntryView> = ledger.final_journal_after(after, limit)?.into_iter().map(EntryView::from).collect();
    let next = entries.last().map_or(after, |last| last.number);
    let last = ledger.last_journal_number()?;
    Ok(Response::json(200, &JournalView { entries, next, last }))
}
