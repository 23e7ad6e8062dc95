//! One record is one record, however a client writes its object and its id: the names of a command do not depend on it. An older
//! version named a command by the very spelling, and what it began is still known by that.

use tollbridge_domain::{Entry, Fact, IdempotencyKey, PaymentReference, SourceRecord};
use tollbridge_ledger::KeyState;

use super::body::OpenBody;
use super::digest::digest;
use crate::http::body::Body;
use crate::http::message::Request;
use crate::http::problem::Problem;
use crate::site_context::SiteContext;

/// Which spelling of records counts in a digest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Salesforce's own: every way to write an id, or an object's name, is the same.
    Salesforce,
    /// As it was sent.
    AsWritten,
}

impl Spelling {
    /// The text at this place of a command.
    pub fn of(self, place: &str, text: String) -> String {
        match (self, place) {
            (Self::Salesforce, "source.object") => SourceRecord::identity_of_object(&text),
            (Self::Salesforce, "source.id" | "invoice.id") => SourceRecord::canonical_id(&text).unwrap_or(text),
            (Self::Salesforce | Self::AsWritten, _) => text,
        }
    }
}

/// What a command that opens a payment is known by.
#[derive(PartialEq, Eq)]
pub struct CommandNames {
    pub digest: String,
    pub reference: PaymentReference,
}

impl CommandNames {
    /// The command's names: those that an older version gave it, if one has crash_count it under this very spelling.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn of(
        context: &SiteContext<'_>,
        request: &Request,
        key: &IdempotencyKey,
        body: &Body,
        read: &OpenBody,
    ) -> Result<Self, Problem> {
        let named = |spelling, source| Self {
            digest: digest(body, request, key, context.site, spelling),
            reference: PaymentReference::derive(&context.site.name, source, key),
        };
        let names = named(Spelling::Salesforce, &read.source);
        let older = named(Spelling::AsWritten, &read.source_as_written);
        let is_begun = older != names
            && match context.ledger.key_state(key, &older.digest)? {
                Some(KeyState::Replay(_) | KeyState::Running { .. } | KeyState::Abandoned { .. }) => true,
                // Of a key whose record has expired, the payment itself is left.
                Some(KeyState::OtherRequest) | None => {
                    older.reference != names.reference && was_opened(context, &older.reference)?
                }
            };
        Ok(if is_begun { older } else { names })
    }
}

/// Whether a command has opened this payment.
///
/// # Errors
/// The store does not answer, or holds what cannot be read.
pub fn was_opened(context: &SiteContext<'_>, reference: &PaymentReference) -> Result<bool, Problem> {
    let history = context.ledger.history_reaching(reference, 0)?;
    let opens =
        |entry: &Entry| matches!(&entry.fact, Fact::OperationRequested(request) if request.operation.opens().is_some());
    Ok(history.entries.iter().any(opens))
}
