//! One structured log line for every request and every outbound call. It says what happened but contains no customer,
//! key, token or body, and its length is bounded whatever a caller sends.

use serde::Serialize;
use tollbridge_domain::{CorrelationId, Timestamp};

use crate::ports::Sink;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine<'a> {
    pub at: String,
    /// `request`, `refused_delivery`, `unreadable_delivery`, `outbound`, `sync`, `drain`, `paused` or `clocks_apart`.
    pub event: &'static str,
    pub correlation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The code of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// The object that Salesforce refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<&'a str>,
    /// The record of that object, where it is the payment's own, one of its events, or what it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<&'a str>,
    /// The fields that Salesforce named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<&'a str>,
    /// What to do about the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<&'static str>,
    /// What is wrong with a delivery, in words and without its values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<i64>,
    /// How far this host's clock is ahead of the peer's; negative where it is behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// The place of the first problem in the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<&'a str>,
}

/// The maximum size of a field, in bytes. Longer text is foreign, and its beginning is enough.
const MAX_FIELD_BYTES: usize = 256;

fn truncated(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_FIELD_BYTES)).unwrap_or_default()
}

impl<'a> LogLine<'a> {
    /// A line with its time, its event and its request.
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
            object: None,
            record: None,
            fields: None,
            remedy: None,
            detail: None,
            milliseconds: None,
            seconds: None,
            place: None,
        }
    }

    /// Writes the line.
    pub fn write(mut self, sink: &dyn Sink) {
        let Self { site, method, payment, code, object, record, fields, detail, place, .. } = &mut self;
        for text in [site, method, payment, code, object, record, fields, detail, place].into_iter().flatten() {
            *text = truncated(text);
        }
        if let Ok(line) = serde_json::to_string(&self) {
            sink.line(&line);
        }
    }
}
