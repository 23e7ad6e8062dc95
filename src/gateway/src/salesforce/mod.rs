//! The Salesforce client: one Composite call for all records of a payment, authenticated by client credentials.

mod circuit_breaker;
mod composite;
mod messages;
mod refusal;
mod remedies;
mod text;
mod token;

use std::cell::{Cell, RefCell};

use serde_json::value::RawValue;
use tollbridge_connector::types::RecordKey;
use tollbridge_domain::Timestamp;
use tollbridge_ledger::Writes;

pub use circuit_breaker::CircuitBreaker;
pub use refusal::{Refusal, RetryPolicy};
pub use remedies::remedy;

use crate::call_context::CallContext;
use crate::clocks::{Clocks, Peer};
use crate::config::Site;
use crate::log::LogLine;
use crate::ports::{CallError, HttpRequest, HttpResponse, Ports};
use crate::tracing::Trace;
use crate::trigger::Trigger;
use composite::SubrequestResults;

/// The maximum size of Salesforce's response body, in bytes. It has a result for each record of a call.
const MAX_RESPONSE_BYTES: usize = 512 * 1024;

/// A write of one record, with the fields that are sent.
pub struct Write {
    /// The record's position in the mapper's result.
    pub position: usize,
    /// The object's API name.
    pub object: String,
    /// The record's id or external id.
    pub key: RecordKey,
    /// Names, with values in JSON.
    pub fields: Vec<(String, Box<RawValue>)>,
}

/// A site's organisation.
pub struct SalesforceClient<'a> {
    ports: Ports<'a>,
    site: &'a Site,
    trace: &'a Trace,
    clocks: &'a Clocks,
    trigger: Trigger,
    /// Records that the calls give rise to, such as a new, sealed token. They are not worth a write of their own, and
    /// are written together with whatever follows.
    writes: RefCell<Writes>,
    open_until: Cell<Option<Timestamp>>,
}

impl<'a> SalesforceClient<'a> {
    /// The organisation of this site.
    pub fn new(call_context: CallContext<'a>, clocks: &'a Clocks, trigger: Trigger) -> Self {
        let CallContext { ports, site, trace } = call_context;
        let (writes, open_until) = (RefCell::new(Writes::new()), Cell::new(None));
        Self { ports, site, trace, clocks, trigger, writes, open_until }
    }

    /// The records that the calls gave rise to. Losing a token costs the next call a sign-in, and losing a circuit
    /// breaker costs it a refusal, but nothing more.
    pub fn into_writes(self) -> Writes {
        self.writes.into_inner()
    }

    fn write_later(&self, (key, value): (String, Vec<u8>)) {
        let mut writes = self.writes.borrow_mut();
        writes.retain(|(other, _)| *other != key);
        writes.push((key, value));
    }

    /// Writes all of the records in this order, or none.
    ///
    /// # Errors
    /// They were not written, or that is unknown. Writing them again is harmless.
    pub fn write(&self, writes: &[Write]) -> Result<(), Refusal> {
        composite::combined(self.composite(writes, true)?, writes.len())
    }

    /// Writes the records that Salesforce accepts, and gives the result of each.
    ///
    /// # Errors
    /// No result is known.
    pub fn write_each(&self, writes: &[Write]) -> Result<SubrequestResults, Refusal> {
        composite::separate(self.composite(writes, false)?, writes.len())
    }

    /// Makes the call, and opens or closes the circuit breaker accordingly.
    fn composite(&self, writes: &[Write], all_or_none: bool) -> Result<SubrequestResults, Refusal> {
        let body = composite::body(&self.site.salesforce.api_version, writes, all_or_none)?;
        let (token, breaker) = self.stored_token_and_breaker()?;
        if let Some(breaker) = breaker.as_ref().filter(|breaker| !self.may_call(breaker)) {
            return Err(Refusal::new(RetryPolicy::CircuitOpen, &breaker.code, breaker.message.clone()));
        }
        let results = self
            .signed_in(token, body)
            .and_then(|response| composite::results(&response, writes, self.ports.clock.now()));
        let refusals: Vec<&Refusal> = match &results {
            Ok(results) => results.iter().filter_map(|result| result.as_ref().err()).collect(),
            Err(refusal) => vec![refusal],
        };
        match refusals.into_iter().find(|refusal| {
            let Refusal { retry_policy, not_before, .. } = refusal;
            retry_policy.is_organisation_wide() || *retry_policy == RetryPolicy::TimedOut || not_before.is_some()
        }) {
            Some(refusal) if refusal.retry_policy == RetryPolicy::TimedOut => self.count_timeout(breaker, refusal),
            Some(refusal) => {
                let (now, random) = (self.ports.clock.now(), self.ports.random);
                self.open(CircuitBreaker::opened_by(breaker.as_ref(), refusal, now, random));
            }
            // Whatever became of the records, the organisation accepts calls.
            None if breaker.is_some() && results.is_ok() => {
                self.write_later(CircuitBreaker::record(self.site, None));
            }
            None => {}
        }
        results
    }

    fn may_call(&self, breaker: &CircuitBreaker) -> bool {
        self.trigger == Trigger::Manual || breaker.allows_call(self.ports.clock.now())
    }

    /// Until when the last call opened the circuit breaker.
    pub fn open_until(&self) -> Option<Timestamp> {
        self.open_until.get()
    }

    /// Counts a timed-out call. Other processes may have counted theirs during this one.
    fn count_timeout(&self, before: Option<CircuitBreaker>, refusal: &Refusal) {
        let before = self.stored_token_and_breaker().map_or(before, |(_, breaker)| breaker);
        match CircuitBreaker::after_timeout(before.as_ref(), refusal, self.ports.clock.now(), self.ports.random) {
            Some(breaker) if breaker.is_open() => self.open(breaker),
            Some(count) => self.write_later(CircuitBreaker::record(self.site, Some(&count))),
            None => {}
        }
    }

    /// Opens the circuit breaker. One log line reports that, however many payments wait.
    fn open(&self, breaker: CircuitBreaker) {
        let now = self.ports.clock.now();
        let line = LogLine {
            site: Some(self.site.name.as_str()),
            peer: Some("salesforce"),
            code: Some(&breaker.code),
            remedy: remedy(&breaker.code),
            milliseconds: Some(breaker.until.milliseconds().saturating_sub(now.milliseconds())),
            ..LogLine::new(now, "paused", &self.trace.correlation_id)
        };
        line.write(self.ports.sink);
        self.open_until.set(Some(breaker.until));
        self.write_later(CircuitBreaker::record(self.site, Some(&breaker)));
    }

    fn signed_in(&self, token: Option<String>, body: Vec<u8>) -> Result<HttpResponse, Refusal> {
        let path = format!("/services/data/{}/composite", self.site.salesforce.api_version);
        let token = match token {
            Some(token) => token,
            None => self.sign_in()?,
        };
        let response = match self.call("composite", &path, &token, body.clone()) {
            // Where the token has expired, sign in again, once.
            Ok(response) if composite::session_has_expired(&response) => {
                let token = self.sign_in()?;
                self.call("composite", &path, &token, body)
            }
            response => response,
        };
        response.map_err(|error| Refusal::no_response(&error))
    }

    fn call(&self, route: &'static str, path: &str, token: &str, body: Vec<u8>) -> Result<HttpResponse, CallError> {
        let headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("accept".to_owned(), "application/json".to_owned()),
            ("authorization".to_owned(), format!("Bearer {token}")),
        ];
        self.send(route, path, headers, body)
    }

    fn send(
        &self,
        route: &'static str,
        path: &str,
        mut headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Result<HttpResponse, CallError> {
        headers.extend(self.trace.headers());
        let started = self.ports.clock.now();
        let response = self.ports.http.send(&HttpRequest {
            method: "POST".to_owned(),
            url: format!("{}{path}", self.site.salesforce.url),
            headers,
            body,
            timeout_milliseconds: self.site.salesforce_timeout_milliseconds,
            max_response_bytes: MAX_RESPONSE_BYTES,
        });
        let now = self.ports.clock.now();
        let line = LogLine {
            site: Some(self.site.name.as_str()),
            peer: Some("salesforce"),
            method: Some("POST"),
            route: Some(route),
            status: response.as_ref().ok().map(|response| response.status),
            code: response.as_ref().err().map(CallError::code),
            milliseconds: Some(now.milliseconds().saturating_sub(started.milliseconds())),
            ..LogLine::new(now, "outbound", &self.trace.correlation_id)
        };
        line.write(self.ports.sink);
        if let Ok(response) = &response {
            let call_context = CallContext { ports: self.ports, site: self.site, trace: self.trace };
            // What was sent is true at any time. A drain stops before its next payment.
            let _ = self.clocks.measure(call_context, Peer::Salesforce, response, started);
        }
        response
    }
}
