//! The runtime's own responses, without the component: a problem (RFC 9457) in the gateway's format, with a code, whether
//! a retry can help, and the correlation id.

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::intake::BodyError;

const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// The maximum length of a client's correlation id.
const LONGEST_ID: usize = 64;

/// Why the component did not get the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DispatchError {
    /// The number of open connections has reached a limit.
    TooManyConnections,
    /// No instance became free in time.
    NoInstance,
    /// The body is not complete.
    Body(BodyError),
}

impl DispatchError {
    fn status(self) -> StatusCode {
        match self {
            DispatchError::TooManyConnections | DispatchError::NoInstance => StatusCode::SERVICE_UNAVAILABLE,
            DispatchError::Body(BodyError::TooLong) => StatusCode::PAYLOAD_TOO_LARGE,
            DispatchError::Body(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            DispatchError::Body(BodyError::BrokenOff) => StatusCode::BAD_REQUEST,
        }
    }

    /// The code, the title, and the detail: what was wrong and what to do. None of it needs escaping in JSON.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            DispatchError::TooManyConnections => (
                "too_many_connections",
                "Service Unavailable",
                "the limit of open connections is reached, in total or from this address: try again",
            ),
            DispatchError::NoInstance => {
                ("overloaded", "Service Unavailable", "all instances are busy; nothing was done: try again")
            }
            DispatchError::Body(BodyError::TooLong) => {
                ("body_too_large", "Content Too Large", "the body is longer than this server accepts")
            }
            DispatchError::Body(BodyError::TooSlow) => (
                "body_too_slow",
                "Request Timeout",
                "the body arrived too slowly; nothing was done: send the request again",
            ),
            DispatchError::Body(BodyError::BrokenOff) => {
                ("body_incomplete", "Bad Request", "the body is incomplete; nothing was done: send the request again")
            }
        }
    }

    /// After how many seconds a retry may help.
    fn retry_after(self) -> Option<u32> {
        match self {
            DispatchError::TooManyConnections | DispatchError::NoInstance => Some(2),
            DispatchError::Body(BodyError::TooSlow | BodyError::BrokenOff) => Some(1),
            DispatchError::Body(BodyError::TooLong) => None,
        }
    }

    /// The response to a request with these headers.
    pub(crate) fn response(self, headers: &HeaderMap) -> Response<HyperOutgoingBody> {
        let (code, title, detail) = self.words();
        let id = correlation_id(headers);
        let retry_after = self.retry_after();
        let body = format!(
            r#"{{"type":"urn:tollbridge:problem:{code}","title":"{title}","status":{},"detail":"{detail}","code":"{code}","retriable":{},"correlationId":"{id}"}}"#,
            self.status().as_u16(),
            retry_after.is_some(),
        );
        let mut response = Response::new(Full::from(body).map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(CORRELATION_ID, id);
        }
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The client's correlation id if it is valid, or a new one. An id without a letter is replaced: it may be a card
/// number.
fn correlation_id(headers: &HeaderMap) -> String {
    let fits = |id: &&str| {
        id.len() <= LONGEST_ID
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
            && id.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let given = headers.get(CORRELATION_ID).and_then(|id| id.to_str().ok()).filter(fits);
    given.map_or_else(|| format!("{:032x}", fastrand::u128(..)), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [DispatchError; 5] = [
        DispatchError::TooManyConnections,
        DispatchError::NoInstance,
        DispatchError::Body(BodyError::TooLong),
        DispatchError::Body(BodyError::TooSlow),
        DispatchError::Body(BodyError::BrokenOff),
    ];

    #[test]
    fn body_and_headers_agree_on_whether_to_retry() {
        for problem in ALL {
            let response = problem.response(&HeaderMap::new());
            let retriable = problem.retry_after().is_some();
            assert_eq!(response.headers().contains_key(RETRY_AFTER), retriable, "{problem:?}");
            let (code, title, detail) = problem.words();
            assert!(![code, title, detail].concat().contains(['"', '\\']), "{problem:?} is no JSON");
        }
    }

    #[test]
    fn a_valid_correlation_id_is_adopted() {
        let of = |id: &'static str| {
            let headers = HeaderMap::from_iter([(CORRELATION_ID, HeaderValue::from_static(id))]);
            correlation_id(&headers)
        };
        assert_eq!(of("order-17_a.b"), "order-17_a.b");
        for other in ["", "4111111111111111", "a\"b", "a b"] {
            assert_eq!(of(other).len(), 32, "{other}");
            assert_ne!(of(other), of(other));
        }
    }
}
