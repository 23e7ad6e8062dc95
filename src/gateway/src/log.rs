//! One structured line for every request and every outbound call. It names what happened and never what was in it: no
//! customer, no key, no token, no body. It has a length that whoever calls cannot choose.

use serde::Serialize;
use tollbridge_domain::{CorrelationId, Timestamp};

use crate::ports::Sink;

/// A line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine<'a> {
    pub at: String,
    /// `request`, `outbound`, `sync`, `drain`, `paused` or `clocks_apart`.
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
    /// The code of what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<i64>,
    /// How far this host's clock is ahead of the peer's; negative where it is behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// The first place in the configuration where something makes it unusable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<&'a str>,
}

/// The most bytes of a field. What is longer than any of ours is somebody else's, and its beginning tells enough.
const LONGEST_FIELD: usize = 256;

/// The beginning of a text, whole characters of it.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST_FIELD)).unwrap_or_default()
}

impl<'a> LogLine<'a> {
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
            seconds: None,
            place: None,
        }
    }

    /// Writes it.
    pub fn write(mut self, sink: &dyn Sink) {
        let texts = [&mut self.site, &mut self.method, &mut self.payment, &mut self.code, &mut self.place];
        for text in texts.into_iter().flatten() {
            *text = cut(text);
        }
        if let Ok(line) = serde_json::to_string(&self) {
            sink.line(&line);
        }
    }
}
