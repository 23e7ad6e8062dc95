//! Requests that come in, answers that go out, and what is left to do after an answer.

use tollbridge_domain::{PaymentReference, SiteName};

use crate::tracing::Trace;

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body, if all of it came.
    pub body: Result<Vec<u8>, BodyFault>,
}

/// Why a request has no body that could be taken. Half a body is none: without its amount, a refund would be of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// It is longer than [`crate::LONGEST_BODY`].
    TooLong,
    /// It broke off.
    BrokenOff,
}

impl Request {
    /// The value of the first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The value of the first query parameter of this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// JSON with a status. What cannot be written as JSON is our own fault and becomes an empty object.
    pub fn json(status: u16, body: &impl serde::Serialize) -> Self {
        let body = serde_json::to_vec(body).unwrap_or_else(|_| b"{}".to_vec());
        Self { status, headers: vec![("content-type".into(), "application/json".into())], body }
    }

    /// Plain text.
    pub fn text(status: u16, body: &str) -> Self {
        Self { status, headers: vec![("content-type".into(), "text/plain".into())], body: body.as_bytes().to_vec() }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Work that is left after the answer was handed over.
#[derive(Clone, Debug)]
pub enum DeferredWork {
    /// None.
    None,
    /// Salesforce is to be told of a payment.
    Sync {
        /// The site.
        site: SiteName,
        /// The payment.
        reference: PaymentReference,
        /// Its entry that must be among those read.
        sequence: u64,
        /// The request that brought the news.
        trace: Trace,
    },
}

/// An answer, and what is left to do.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The answer.
    pub response: Response,
    /// To be done once it was handed over.
    pub after: DeferredWork,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self { response, after: DeferredWork::None }
    }
}
