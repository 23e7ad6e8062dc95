//! Errors in the form of `application/problem+json` (RFC 9457), with a code, whether a retry can help, and the
//! correlation id.

use serde::Serialize;
use tollbridge_domain::{BoundError, CorrelationId};
use tollbridge_ledger::{ActivationError, AttemptError, StoreError};

use crate::http::message::Response;
use crate::ports::{MappingProblem, ProviderProblem};

/// What is wrong with a request, or in the gateway. Many functions return it, so it is kept small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The error code, for programs.
    pub code: &'static str,
    /// What is wrong, where, and what to do. It contains no values of fields.
    pub detail: Box<str>,
    /// The path of the invalid field.
    pub field: Option<String>,
    /// All problems, where a request can have more than one.
    pub problems: Box<[MappingProblem]>,
    /// The payment that prevents the request.
    pub payment: Option<Box<str>>,
    /// After how many seconds the same request may succeed; none where a retry cannot help.
    pub retry_after: Option<u32>,
    /// The method to use instead, for the `Allow` header.
    pub allow: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProblemBody<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    retriable: bool,
    correlation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    problems: &'a [MappingProblem],
}

impl Problem {
    /// A problem for which a retry cannot help.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: Into::<String>::into(detail).into_boxed_str(),
            field: None,
            problems: Box::default(),
            payment: None,
            retry_after: None,
            allow: None,
        }
    }

    /// The problem of an invalid field.
    pub fn field(code: &'static str, field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(422, code, detail) }
    }

    /// The same, but a retry after so many seconds may help.
    #[must_use]
    pub fn retriable(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The response that reports the problem.
    pub fn response(&self, correlation_id: &CorrelationId) -> Response {
        let body = ProblemBody {
            r#type: format!("urn:tollbridge:problem:{}", self.code),
            title: title(self.status),
            status: self.status,
            detail: &self.detail,
            code: self.code,
            retriable: self.retry_after.is_some(),
            correlation_id: correlation_id.as_str(),
            field: self.field.as_deref(),
            payment: self.payment.as_deref(),
            problems: &self.problems,
        };
        let mut response = Response::json(self.status, &body);
        response.headers = vec![("content-type".into(), "application/problem+json".into())];
        if self.code == "unauthorized" {
            response = response.with_header("www-authenticate", "Bearer");
        }
        if self.status == 415 {
            response = response.with_header("accept-encoding", "identity");
        }
        if let Some(method) = self.allow {
            response = response.with_header("allow", method);
        }
        match self.retry_after {
            Some(seconds) => response.with_header("retry-after", seconds.to_string()),
            None => response,
        }
    }
}

/// The reason phrase of RFC 9110.
fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        503 => "Service Unavailable",
        _ => "Error",
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::new(
                503,
                "store_unavailable",
                "the key-value store did not answer; nothing was acknowledged: try again",
            )
            .retriable(1),
            StoreError::Unreadable { .. } => Self::new(503, "store_unreadable", error.to_string()),
        }
    }
}

impl From<AttemptError> for Problem {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::HasPayment(reference) => Self {
                payment: Some(reference.to_string().into()),
                ..Self::new(
                    409,
                    "source_has_payment",
                    format!(
                        "{error}; say \"another\": true to make another payment beside it",
                        error = AttemptError::HasPayment(reference)
                    ),
                )
            },
            AttemptError::Busy => Self::new(409, "source_busy", error.to_string()).retriable(60),
            AttemptError::TooMany => Self::new(
                409,
                "source_has_too_many",
                format!("{error}: say \"another\": true if one more is to be made"),
            ),
            AttemptError::Store(error) => error.into(),
        }
    }
}

impl From<ActivationError> for Problem {
    fn from(error: ActivationError) -> Self {
        match error {
            ActivationError::NoSuchVersion => {
                Self { field: Some("version".to_owned()), ..Self::new(404, "mapping_not_found", error.to_string()) }
            }
            ActivationError::NothingBefore => Self::new(409, "nothing_to_roll_back", error.to_string()),
            ActivationError::Store(error) => error.into(),
        }
    }
}

impl From<BoundError> for Problem {
    fn from(error: BoundError) -> Self {
        let detail = error.to_string();
        match error {
            BoundError::NothingLeft { .. } => Self::new(422, "nothing_left", detail),
            BoundError::NotAccepted { .. } => Self::new(409, "not_accepted", detail),
            BoundError::MoreThanLeft { .. } => Self::field("amount_exceeds_remaining", "amount", detail),
            BoundError::NotPositive => Self::field("invalid_field", "amount", detail),
            BoundError::OtherCurrency(_) => Self::field("invalid_field", "currency", detail),
        }
    }
}

impl From<ProviderProblem> for Problem {
    /// A provider's problem with a command is a problem with the request.
    fn from(problem: ProviderProblem) -> Self {
        match problem.field {
            // The provider's method values are the request's methodData.
            Some(field) if field == "method-values" => Self::field(problem.code, "methodData", problem.detail),
            Some(field) => Self::field(problem.code, field, problem.detail),
            None => Self::new(422, problem.code, problem.detail),
        }
    }
}
