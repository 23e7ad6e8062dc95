//! One structured line for every request and every outbound call. It names what happened and never what was in it: no
//! customer, no key, no token, no body.

use serde::Serialize;
use tollbridge_domain::{CorrelationId, Timestamp};

use crate::ports::Sink;

/// A line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line<'a> {
    pub at: String,
    /// `request`, `outbound`, `sync`, `drain` or `paused`.
    pub event: &'static str,
    pub correlation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The code of what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<i64>,
}

impl<'a> Line<'a> {
    /// A line with nothing but when, what, and for which request.
    pub fn new(at: Timestamp, event: &'static str, correlation_id: &'a CorrelationId) -> Self {
        Self {
            at: at.to_string(),
            event,
            correlation_id: correlation_id.as_str(),
            site: None,
            peer: None,
            method: None,
            route: None,
            payment: None,
            status: None,
            code: None,
            milliseconds: None,
        }
    }

    /// Writes it.
    pub fn write(&self, sink: &dyn Sink) {
        if let Ok(line) = serde_json::to_string(self) {
            sink.line(&line);
        }
    }
}
