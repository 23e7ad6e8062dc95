//! Makes Salesforce fail on demand.

use std::collections::VecDeque;

use http::{HeaderValue, StatusCode};

use super::errors::RestError;
use crate::chance::WeightedChoice;

/// A way to fail. Sign-in is not affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SalesforceFault {
    /// 503 with an HTML page instead of JSON. Nothing is written.
    Status503Html,
    /// `UNABLE_TO_LOCK_ROW`; in a composite the last subrequest returns it.
    LockRow,
    /// The session ends: every token becomes invalid, and this call gets 401.
    Unauthorized401,
    /// 403 `REQUEST_LIMIT_EXCEEDED`, with `Sforce-Limit-Info` at the limit.
    LimitExceeded,
    /// A validation rule refuses these fields with this message; in a composite the last subrequest returns it.
    Validation(String, Vec<String>),
    /// The request is carried out, but the connection closes without a response.
    NoAnswer,
    /// The request is not carried out, and the connection closes without a response.
    NotArrived,
    /// 500 `UNKNOWN_EXCEPTION`. Nothing is written.
    Status500,
    /// A page for people with this status, as from an organisation that has moved or is gone. Nothing is written.
    Page(u16),
    /// 503 with this `Retry-After`. Nothing is written.
    RetryAfter(String),
}

impl SalesforceFault {
    /// The value of `Retry-After`.
    pub(crate) fn retry_after(&self) -> Option<HeaderValue> {
        if let Self::RetryAfter(value) = self { HeaderValue::from_str(value).ok() } else { None }
    }

    /// The error that a write returns.
    pub(crate) fn met_by_a_write(&self) -> Option<RestError> {
        match self {
            Self::LockRow => Some(
                RestError::bad_request("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
                    .on(&[]),
            ),
            Self::Validation(message, fields) => Some(RestError {
                status: StatusCode::BAD_REQUEST,
                code: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                message: message.clone(),
                fields: Some(fields.clone()),
            }),
            Self::Status503Html
            | Self::Unauthorized401
            | Self::LimitExceeded
            | Self::NoAnswer
            | Self::NotArrived
            | Self::Status500
            | Self::Page(_)
            | Self::RetryAfter(_) => None,
        }
    }
}

/// The faults of the next calls.
#[derive(Debug, Default)]
pub(crate) struct FaultQueue {
    pub(crate) next: VecDeque<SalesforceFault>,
    pub(crate) always: Option<SalesforceFault>,
    pub(crate) by_chance: WeightedChoice<SalesforceFault>,
}

impl FaultQueue {
    /// Takes the fault for the current call.
    pub(crate) fn take(&mut self) -> Option<SalesforceFault> {
        self.next.pop_front().or_else(|| self.always.clone()).or_else(|| self.by_chance.draw())
    }
}
