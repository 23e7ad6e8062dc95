//! The Salesforce client: one Composite call for all records of a payment, signed in with client credentials.

mod composite;
mod refusal;
mod token;

use std::cell::RefCell;

use serde_json::value::RawValue;
use tollbridge_connector::types::RecordKey;
use tollbridge_ledger::Writes;

pub use refusal::{Refusal, Treatment};

use crate::config::Site;
use crate::log::Line;
use crate::ports::{Fault, HttpRequest, HttpResponse, Ports};
use crate::tracing::Trace;

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
    /// A new token, sealed, to be written with whatever is written next: it is worth no write of its own.
    sealed: RefCell<Writes>,
}

impl<'a> Salesforce<'a> {
    /// The organisation of this site.
    pub fn new(ports: Ports<'a>, site: &'a Site, trace: &'a Trace) -> Self {
        Self { ports, site, trace, sealed: RefCell::new(Writes::new()) }
    }

    /// What is to be kept of a sign-in. Not keeping it costs the next call a sign-in and nothing else.
    pub fn into_writes(self) -> Writes {
        self.sealed.into_inner()
    }

    /// Writes all of the records or none, in this order.
    ///
    /// # Errors
    /// They were not written, or it is not known whether they were; writing them again is harmless.
    pub fn write(&self, writes: &[Write]) -> Result<(), Refusal> {
        let path = format!("/services/data/{}/composite", self.site.salesforce.api_version);
        let body = composite::body(&self.site.salesforce.api_version, writes)?;
        let token = match self.kept_token()? {
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
        let response = response.map_err(|fault| Refusal::unanswered(&fault))?;
        composite::outcome(&response, writes.len())
    }

    fn call(&self, route: &'static str, path: &str, token: &str, body: Vec<u8>) -> Result<HttpResponse, Fault> {
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
    ) -> Result<HttpResponse, Fault> {
        headers.extend(self.trace.headers());
        let started = self.ports.clock.now();
        let response = self.ports.http.send(&HttpRequest {
            method: "POST".to_owned(),
            url: format!("{}{path}", self.site.salesforce.url),
            headers,
            body,
            timeout_milliseconds: self.site.salesforce_timeout_milliseconds,
        });
        let now = self.ports.clock.now();
        let line = Line {
            site: Some(self.site.name.as_str()),
            peer: Some("salesforce"),
            method: Some("POST"),
            route: Some(route),
            status: response.as_ref().ok().map(|response| response.status),
            code: match &response {
                Ok(_) => None,
                Err(Fault::NotSent(_)) => Some("not_sent"),
                Err(Fault::Unanswered(_)) => Some("unanswered"),
            },
            milliseconds: Some(now.milliseconds().saturating_sub(started.milliseconds())),
            ..Line::new(now, "outbound", &self.trace.correlation_id)
        };
        line.write(self.ports.sink);
        response
    }
}
