//! Checks the clocks around a drain, a retry or a takeover: starts from the stored readings, refuses while clocks are
//! apart, and stores the new readings.

use tollbridge_domain::Timestamp;
use tollbridge_ledger::StoreError;

use super::readings::{ClockReadings, Peer};
use crate::http::problem::Problem;
use crate::log::LogLine;
use crate::ports::{CallError, HttpRequest};
use crate::salesforce::CircuitBreaker;
use crate::site_context::SiteContext;

/// How long a peer may take to respond with its time.
const MAX_WAIT_MILLISECONDS: u64 = 2_000;

/// The maximum size of the response, which has no body.
const MAX_RESPONSE_BYTES: usize = 1024;

/// The clock check of one drain, retry or takeover.
pub struct ClockCheck<'a> {
    context: &'a SiteContext<'a>,
    stored: ClockReadings,
}

impl<'a> ClockCheck<'a> {
    /// Reads the store's clock, and the peers' clocks where the stored readings are old or apart, before any other
    /// work. Returns the open circuit breaker too, since it is read in the same store call.
    ///
    /// # Errors
    /// The clocks are apart, or the store does not answer.
    pub fn begin(context: &'a SiteContext<'a>) -> Result<(Self, Option<CircuitBreaker>), Problem> {
        Self::begin_where(context, ClockReadings::is_due)
    }

    /// Reads all clocks, however recent the stored readings are. They may be those of another host on the same store,
    /// and a process that takes a command over has only the time to go by.
    ///
    /// # Errors
    /// The clocks are apart, or the store does not answer.
    pub fn begin_with_all(context: &'a SiteContext<'a>) -> Result<Self, Problem> {
        Self::begin_where(context, |_, _, _| true).map(|(check, _)| check)
    }

    fn begin_where(
        context: &'a SiteContext<'a>,
        is_due: fn(ClockReadings, Peer, Timestamp) -> bool,
    ) -> Result<(Self, Option<CircuitBreaker>), Problem> {
        let (breaker, stored) = CircuitBreaker::of_with(context.ports, context.site, ClockReadings::key(context.site))?;
        let check = Self { context, stored: ClockReadings::read(stored) };
        context.clocks.measure_store(context.call_context());
        let now = context.ports.clock.now();
        // While the circuit breaker is open, Salesforce is not called for its time either.
        let is_open = breaker.as_ref().is_some_and(|breaker| breaker.until > now);
        for (peer, may_be_called) in [(Peer::MaldoPay, true), (Peer::Salesforce, !is_open)] {
            if may_be_called && is_due(check.stored, peer, now) {
                check.read(peer);
            }
        }
        if let Err(problem) = context.clocks.agree() {
            check.end();
            return Err(problem);
        }
        Ok((check, breaker))
    }

    /// Calls a peer only for the `Date` of its response.
    fn read(&self, peer: Peer) {
        let SiteContext { ports, site, trace, .. } = *self.context;
        let (url, timeout) = match peer {
            Peer::MaldoPay => (site.maldopay_url.clone(), site.maldopay_timeout_milliseconds),
            // Salesforce lists its API versions without a token.
            Peer::Salesforce => {
                (format!("{}/services/data", site.salesforce.url), site.salesforce_timeout_milliseconds)
            }
            Peer::Store => return,
        };
        let sent = ports.clock.now();
        let response = ports.http.send(&HttpRequest {
            method: "HEAD".to_owned(),
            url,
            headers: trace.headers(),
            body: Vec::new(),
            timeout_milliseconds: timeout.min(MAX_WAIT_MILLISECONDS),
            max_response_bytes: MAX_RESPONSE_BYTES,
        });
        let now = ports.clock.now();
        let line = LogLine {
            site: Some(site.name.as_str()),
            peer: Some(peer.code()),
            method: Some("HEAD"),
            route: Some("clock"),
            status: response.as_ref().ok().map(|response| response.status),
            code: response.as_ref().err().map(CallError::code),
            milliseconds: Some(now.milliseconds().saturating_sub(sent.milliseconds())),
            ..LogLine::new(now, "outbound", &trace.correlation_id)
        };
        line.write(ports.sink);
        if let Ok(response) = response {
            // The caller checks all readings together.
            let _ = self.context.clocks.measure(self.context.call_context(), peer, &response, sent);
        }
    }

    /// Stores the readings where that is worthwhile. If it fails, the next drain reads the clocks itself.
    pub fn end(&self) {
        if let Err(error) = self.store() {
            let line = LogLine {
                site: Some(self.context.site.name.as_str()),
                code: Some(Problem::from(error).code),
                ..LogLine::new(self.context.ports.clock.now(), "drain", &self.context.trace.correlation_id)
            };
            line.write(self.context.ports.sink);
        }
    }

    fn store(&self) -> Result<(), StoreError> {
        let readings = self.context.clocks.readings.get();
        if !readings.is_worth_storing(self.stored) {
            return Ok(());
        }
        self.context.ports.store.set_many(&[readings.or(self.stored).record(self.context.site)])
    }
}
