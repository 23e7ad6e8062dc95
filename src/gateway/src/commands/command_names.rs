//! A record has one identity however a client spells its object and id, and a key is one key with and without quotes, so
//! the names of a command do not depend on that. Older versions used both as they were sent, and their commands are
//! still found by that.

use tollbridge_domain::{Entry, Fact, IdempotencyKey, PaymentReference};
use tollbridge_ledger::KeyState;

use super::CallerKey;
use super::body::OpenBody;
use super::digest::digest;
use super::spelling::Spelling;
use crate::http::body::Body;
use crate::http::message::Request;
use crate::http::problem::Problem;
use crate::site_context::SiteContext;

/// The names under which a command that opens a payment is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandNames {
    pub key: IdempotencyKey,
    pub digest: String,
    pub reference: PaymentReference,
}

impl CommandNames {
    /// The command's names. An older version's names are used where it began this command under them.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn of(
        context: &SiteContext<'_>,
        request: &Request,
        key: &CallerKey,
        body: &Body,
        parsed: &OpenBody,
    ) -> Result<Self, Problem> {
        let names_under = |spelling, source, key: &IdempotencyKey| Self {
            digest: digest(body, request, key, context.site, spelling),
            reference: PaymentReference::derive(&context.site.name, source, key),
            key: key.clone(),
        };
        let names = names_under(Spelling::Salesforce, &parsed.source, &key.key);
        let with_quotes = key.with_quotes.as_ref();
        let older = [
            with_quotes.map(|key| names_under(Spelling::Salesforce, &parsed.source, key)),
            Some(names_under(Spelling::AsWritten, &parsed.source_as_written, with_quotes.unwrap_or(&key.key))),
        ];
        let mut previous = &names;
        for older in older.iter().flatten() {
            if older != previous && older.were_used(context, &names.reference)? {
                return Ok(older.clone());
            }
            previous = older;
        }
        Ok(names)
    }

    /// Whether an older version began the command under these names.
    fn were_used(&self, context: &SiteContext<'_>, reference_now: &PaymentReference) -> Result<bool, Problem> {
        Ok(match context.ledger.key_state(&self.key, &self.digest)? {
            Some(KeyState::Replay(_) | KeyState::Running { .. } | KeyState::Abandoned { .. }) => true,
            // The key's record may have expired; the payment remains.
            Some(KeyState::OtherRequest) | None => {
                self.reference != *reference_now && was_opened(context, &self.reference)?
            }
        })
    }
}

/// Whether a command opened this payment.
///
/// # Errors
/// The store does not answer, or a record is unreadable.
pub fn was_opened(context: &SiteContext<'_>, reference: &PaymentReference) -> Result<bool, Problem> {
    let history = context.ledger.history_reaching(reference, 0)?;
    let opens =
        |entry: &Entry| matches!(&entry.fact, Fact::OperationRequested(request) if request.operation.opens().is_some());
    Ok(history.entries.iter().any(opens))
}
