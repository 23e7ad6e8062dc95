//! How Salesforce fails when it is told to.

use std::collections::VecDeque;

use http::StatusCode;

use super::errors::RestError;
use crate::chance::Chance;

/// A way to fail. Sign-in is not affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 503 with a page instead of JSON. Nothing is written.
    Status503Html,
    /// `UNABLE_TO_LOCK_ROW`; in a composite it is the last subrequest's.
    LockRow,
    /// The session is over: every token is void, and this call is answered 401.
    Unauthorized401,
    /// 403 `REQUEST_LIMIT_EXCEEDED`, with `Sforce-Limit-Info` at its end.
    LimitExceeded,
    /// A validation rule refuses with this message for these fields; in a composite the last subrequest.
    Validation(String, Vec<String>),
    /// What was asked is done, but the connection closes without an answer.
    NoAnswer,
    /// Nothing is done, and the connection closes without an answer.
    NotArrived,
    /// 500 `UNKNOWN_EXCEPTION`. Nothing is written.
    Status500,
}

impl Fault {
    /// The error that a write meets while it is carried out.
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
            | Self::Status500 => None,
        }
    }
}

/// The faults that are to come.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) next: VecDeque<Fault>,
    pub(crate) always: Option<Fault>,
    pub(crate) by_chance: Chance<Fault>,
}

impl Faults {
    /// The fault for the call that is being answered now.
    pub(crate) fn take(&mut self) -> Option<Fault> {
        self.next.pop_front().or_else(|| self.always.clone()).or_else(|| self.by_chance.draw())
    }
}
