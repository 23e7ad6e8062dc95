//! A handler's reply: the response, and the work that is left after it was sent.

use tollbridge_domain::{PaymentReference, SiteName};

use super::message::Response;
use crate::tracing::Trace;

/// Work that is left once the response was sent.
#[derive(Clone, Debug)]
pub enum DeferredWork {
    /// Nothing is left.
    None,
    /// A payment is to be synced.
    Sync {
        /// The payment's site.
        site: SiteName,
        /// The payment.
        reference: PaymentReference,
        /// An entry that the sync must have read.
        sequence: u64,
        /// The trace of the request that appended the entry.
        trace: Trace,
    },
}

/// A response, with the work that is left after it.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Sent to the caller.
    pub response: Response,
    /// Done once the response was sent.
    pub deferred: DeferredWork,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self { response, deferred: DeferredWork::None }
    }
}
