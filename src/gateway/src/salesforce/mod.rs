//! The Salesforce client: one Composite call for all records of a payment, signed in with client credentials.

mod circuit_breaker;
mod composite;
mod refusal;
mod token;

use std::cell::{Cell, RefCell};

use serde_json::value::RawValue;
use tollbridge_connector::types::RecordKey;
use tollbridge_domain::Timestamp;
use tollbridge_ledger::Writes;

pub use circuit_breaker::CircuitBreaker;
pub use refusal::{Refusal, RetryPolicy};

use crate::clocks::{Clocks, Measuring, Peer};
use crate::config::Site;
use crate::log::LogLine;
use crate::ports::{CallError, HttpRequest, HttpResponse, Ports};
use crate::tracing::Trace;
use composite::Parts;

/// The longest answer of Salesforce's, in bytes. It says of each record of one call what became of it.
const LONGEST_ANSWER: usize = 512 * 1024;

/// One record to be written, with only the fields that are sent.
pub struct Write {
    /// The object's API name.
    pub object: String,
    /// How the record is found.
    pub key: RecordKey,
    /// Names and JSON texts.
    pub fields: Vec<(String, Box<RawValue>)>,
}

/// A site's organisation, ready to be called.
pub struct Salesforce<'a> {
    ports: Ports<'a>,
    site: &'a Site,
    trace: &'a Trace,
    clocks: &'a Clocks,
    trigger: Trigger,
    /// What is to be kept of the calls, such as a new token, sealed: it is worth no write of its own, and goes with
    /// whatever is written next.
    to_keep: RefCell<Writes>,
    paused_until: Cell<Option<Timestamp>>,
}

/// On what trigger Salesforce is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// There is news, or it is time: a site that pauses is left alone.
    Automatic,
    /// Somebody asked for it, and may have mended what the site pauses for.
    Manual,
}

impl<'a> Salesforce<'a> {
    /// The organisation of this site.
    pub fn new(measuring: Measuring<'a>, clocks: &'a Clocks, trigger: Trigger) -> Self {
        let Measuring { ports, site, trace } = measuring;
        let (to_keep, paused_until) = (RefCell::new(Writes::new()), Cell::new(None));
        Self { ports, site, trace, clocks, trigger, to_keep, paused_until }
    }

    /// What is to be kept of the calls. Not keeping a token costs the next call a sign-in, not keeping a pause costs it a
    /// refusal, and neither more.
    pub fn into_writes(self) -> Writes {
        self.to_keep.into_inner()
    }

    fn keep(&self, (key, value): (String, Vec<u8>)) {
        let mut writes = self.to_keep.borrow_mut();
        writes.retain(|(kept, _)| *kept != key);
        writes.push((key, value));
    }

    /// Writes all of the records or none, in this order.
    ///
    /// # Errors
    /// They were not written, or it is not known whether they were; writing them again is harmless.
    pub fn write(&self, writes: &[Write]) -> Result<(), Refusal> {
        composite::outcome(self.composite(writes, true)?, writes.len())
    }

    /// Writes as many of the records as there is nothing against, and says what became of each.
    ///
    /// # Errors
    /// Nothing is known of any of them.
    pub fn write_each(&self, writes: &[Write]) -> Result<Parts, Refusal> {
        composite::outcomes(self.composite(writes, false)?, writes.len())
    }

    /// What the answer says of each subrequest; and what follows from it for the site's pause.
    fn composite(&self, writes: &[Write], all_or_none: bool) -> Result<Parts, Refusal> {
        let body = composite::body(&self.site.salesforce.api_version, writes, all_or_none)?;
        let (token, pause) = self.stored_response()?;
        if let Some(pause) = pause.as_ref().filter(|pause| !self.may_ask(pause)) {
            return Err(Refusal {
                retry_policy: RetryPolicy::Paused,
                code: pause.code.clone(),
                message: pause.message.clone(),
            });
        }
        let parts = self.signed_in(token, body).and_then(|response| composite::parts(&response));
        let refusals: Vec<&Refusal> = match &parts {
            Ok(parts) => parts.iter().filter_map(|part| part.as_ref().err()).collect(),
            Err(refusal) => vec![refusal],
        };
        match refusals.into_iter().find(|refusal| {
            refusal.retry_policy.is_of_the_organisation() || refusal.retry_policy == RetryPolicy::Silent
        }) {
            Some(refusal) if refusal.retry_policy == RetryPolicy::Silent => self.silent(pause, refusal),
            Some(refusal) => {
                self.pause(CircuitBreaker::after(pause.as_ref(), refusal, self.ports.clock.now(), self.ports.random))
            }
            // Whatever became of the records, the organisation takes calls.
            None if pause.is_some() && parts.is_ok() => self.keep(CircuitBreaker::record(self.site, None)),
            None => {}
        }
        parts
    }

    fn may_ask(&self, pause: &CircuitBreaker) -> bool {
        self.trigger == Trigger::Manual || pause.lets_ask(self.ports.clock.now())
    }

    /// Until when the site pauses since the last call.
    pub fn paused_until(&self) -> Option<Timestamp> {
        self.paused_until.get()
    }

    /// Counts a call that was not answered. Others may have been counted while it was waited for.
    fn silent(&self, before: Option<CircuitBreaker>, refusal: &Refusal) {
        let before = self.stored_response().map_or(before, |(_, pause)| pause);
        match CircuitBreaker::after_silence(before.as_ref(), refusal, self.ports.clock.now(), self.ports.random) {
            Some(pause) if pause.is_pause() => self.pause(pause),
            Some(count) => self.keep(CircuitBreaker::record(self.site, Some(&count))),
            None => {}
        }
    }

    /// One line in the log says that the site pauses, however many payments wait for it.
    fn pause(&self, pause: CircuitBreaker) {
        let now = self.ports.clock.now();
        let line = LogLine {
            site: Some(self.site.name.as_str()),
            peer: Some("salesforce"),
            code: Some(&pause.code),
            milliseconds: Some(pause.until.milliseconds().saturating_sub(now.milliseconds())),
            ..LogLine::new(now, "paused", &self.trace.correlation_id)
        };
        line.write(self.ports.sink);
        self.paused_until.set(Some(pause.until));
        self.keep(CircuitBreaker::record(self.site, Some(&pause)));
    }

    fn signed_in(&self, token: Option<String>, body: Vec<u8>) -> Result<HttpResponse, Refusal> {
        let path = format!("/services/data/{}/composite", self.site.salesforce.api_version);
        let token = match token {
            Some(token) => token,
            None => self.sign_in()?,
        };
        let response = match self.call("composite", &path, &token, body.clone()) {
            // The token ended: sign in again, once.
            Ok(response) if composite::session_is_over(&response) => {
                let token = self.sign_in()?;
                self.call("composite", &path, &token, body)
            }
            response => response,
        };
        response.map_err(|fault| Refusal::unanswered(&fault))
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
            longest_answer: LONGEST_ANSWER,
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
            let measuring = Measuring { ports: self.ports, site: self.site, trace: self.trace };
            // It was sent what is true whatever the time. A drain stops before its next payment.
            let _ = self.clocks.measure(measuring, Peer::Salesforce, response, started);
        }
        response
    }
}
