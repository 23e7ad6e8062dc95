//! A record has one identity however a client spells its object and id, so the names of a command do not depend on the
//! spelling. An older version used the spelling as it was sent, and its commands are still found by that.

use tollbridge_domain::{Entry, Fact, IdempotencyKey, PaymentReference};
use tollbridge_ledger::KeyState;

use super::body::OpenBody;
use super::digest::digest;
use super::spelling::Spelling;
use crate::http::body::Body;
use crate::http::message::Request;
use crate::http::problem::Problem;
use crate::site_context::SiteContext;

/// The names under which a command that opens a payment is stored.
#[derive(PartialEq, Eq)]
pub struct CommandNames {
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
        key: &IdempotencyKey,
        body: &Body,
        parsed: &OpenBody,
    ) -> Result<Self, Problem> {
        let names_under = |spelling, source| Self {
            digest: digest(body, request, key, context.site, spelling),
            reference: PaymentReference::derive(&context.site.name, source, key),
        };
        let names = names_under(Spelling::Salesforce, &parsed.source);
        let older = names_under(Spelling::AsWritten, &parsed.source_as_written);
        let uses_older = older != names
            && match context.ledger.key_state(key, &older.digest)? {
                Some(KeyState::Replay(_) | KeyState::Running { .. } | KeyState::Abandoned { .. }) => true,
                // The key's record may have expired; the payment remains.
                Some(KeyState::OtherRequest) | None => {
                    older.reference != names.reference && was_opened(context, &older.reference)?
                }
            };
        Ok(if uses_older { older } else { names })
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
