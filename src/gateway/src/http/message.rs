//! Requests and responses.

/// A request as it was received.
#[derive(Clone, Debug)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    /// In the order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body, if it was received as a whole.
    pub body: Result<Vec<u8>, BodyFault>,
}

/// Why a request has no body. A partial body counts as none: a refund without its amount would be a full refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// It is longer than [`crate::MAX_BODY_BYTES`].
    TooLong,
    /// The connection broke off.
    BrokenOff,
}

impl Request {
    /// The value of the first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the body is encoded, such as compressed.
    pub(crate) fn is_encoded(&self) -> bool {
        self.header("content-encoding").is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("identity"))
    }
}

/// A response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// In the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// The complete body.
    pub body: Vec<u8>,
}

impl Response {
    /// JSON with a status. A view that does not serialize is a bug here and becomes an empty object.
    pub fn json(status: u16, body: &impl serde::Serialize) -> Self {
        let body = serde_json::to_vec(body).unwrap_or_else(|_| b"{}".to_vec());
        Self { status, headers: vec![("content-type".into(), "application/json".into())], body }
    }

    /// Plain text.
    pub fn text(status: u16, body: &str) -> Self {
        Self { status, headers: vec![("content-type".into(), "text/plain".into())], body: body.as_bytes().to_vec() }
    }

    /// The same response with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}
