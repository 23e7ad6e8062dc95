//! The correlation id and trace context that connect the log lines, outbound calls and records of one request.

use tollbridge_domain::CorrelationId;

use crate::http::message::Request;
use crate::ports::Random;

/// A request's correlation id and its place in a distributed trace.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The caller's correlation id if it is valid, otherwise a new one.
    pub correlation_id: CorrelationId,
    /// The caller's `traceparent` (W3C Trace Context), passed on.
    traceparent: Option<String>,
}

impl Trace {
    /// Reads the headers of the request.
    pub fn of(request: &Request, random: &dyn Random) -> Self {
        let given = request.header("x-correlation-id").filter(|id| !tollbridge_domain::looks_like_card(id));
        let given = given.and_then(|id| CorrelationId::parse(id).ok());
        let traceparent = request.header("traceparent").filter(|value| is_traceparent(value)).map(ToOwned::to_owned);
        Self { correlation_id: given.unwrap_or_else(|| random_id(random)), traceparent }
    }

    /// The trace of work that continues an earlier request.
    pub fn resumed(correlation_id: CorrelationId) -> Self {
        Self { correlation_id, traceparent: None }
    }

    /// The headers for an outbound call.
    pub fn headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![("x-correlation-id".to_owned(), self.correlation_id.to_string())];
        headers.extend(self.traceparent.iter().map(|value| ("traceparent".to_owned(), value.clone())));
        headers
    }
}

fn random_id(random: &dyn Random) -> CorrelationId {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    CorrelationId::from_bytes(bytes)
}

/// W3C Trace Context, version 00: `00-<32 hex>-<16 hex>-<2 hex>`.
fn is_traceparent(value: &str) -> bool {
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let parts: Vec<&str> = value.split('-').collect();
    matches!(parts.as_slice(), ["00", trace, parent, flags] if hex(trace, 32) && hex(parent, 16) && hex(flags, 2))
}
