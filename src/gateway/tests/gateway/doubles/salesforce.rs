//! Salesforce over HTTP: stores the records that it gets, refuses an older version, and responds otherwise on request.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value, json};

use super::{CallError, HttpRequest, HttpResponse, response};

/// A Composite response with these statuses and bodies, in order.
pub fn composite(parts: &[(u16, Value)]) -> HttpResponse {
    let parts: Vec<Value> =
        parts.iter().map(|(status, body)| json!({"httpStatusCode": status, "body": body})).collect();
    response(200, &json!({"compositeResponse": parts}).to_string())
}

/// An error list with one error.
pub fn refused(code: &str, message: &str, fields: &[&str]) -> Value {
    json!([{"errorCode": code, "message": message, "fields": fields}])
}

#[derive(Clone, Default)]
pub struct SalesforceDouble {
    pub records: RefCell<BTreeMap<String, Map<String, Value>>>,
    /// How often each record was in a successful call.
    pub written: RefCell<BTreeMap<String, u32>>,
    composites: RefCell<Vec<Value>>,
    sign_ins: RefCell<Vec<String>>,
    responses: RefCell<VecDeque<Result<HttpResponse, CallError>>>,
    sign_in_responses: RefCell<VecDeque<Result<HttpResponse, CallError>>>,
    token: Cell<u32>,
    expired: Cell<bool>,
    down: Cell<bool>,
    /// The beginnings of the names of records that are refused, each with the error.
    refused: RefCell<BTreeMap<String, Value>>,
}

impl SalesforceDouble {
    /// Queues this for the next Composite call, which then writes nothing.
    pub fn next(&self, response: Result<HttpResponse, CallError>) {
        self.responses.borrow_mut().push_back(response);
    }

    /// Takes the next queued answer away.
    pub fn pop(&self) -> Option<Result<HttpResponse, CallError>> {
        self.responses.borrow_mut().pop_front()
    }

    /// Queues this for the next sign-in.
    pub fn next_sign_in(&self, response: Result<HttpResponse, CallError>) {
        self.sign_in_responses.borrow_mut().push_back(response);
    }

    /// Makes the current token invalid.
    pub fn expire(&self) {
        self.expired.set(true);
    }

    /// Whether every request gets a 503.
    pub fn set_down(&self, down: bool) {
        self.down.set(down);
    }

    /// From now on, refuses every record whose name starts like this.
    pub fn refuse(&self, start: &str, error: Value) {
        self.refused.borrow_mut().insert(start.to_owned(), error);
    }

    /// Refuses nothing any more.
    pub fn accept_all(&self) {
        self.refused.borrow_mut().clear();
    }

    /// The Composite calls, in order.
    pub fn composites(&self) -> Vec<Value> {
        self.composites.borrow().clone()
    }

    /// The subrequests of the last Composite call, each as the record in its URL and its body.
    pub fn last(&self) -> Vec<(String, Value)> {
        let composites = self.composites.borrow();
        let parts = composites.last().unwrap()["compositeRequest"].as_array().unwrap().clone();
        parts.iter().map(|part| (record(part), part["body"].clone())).collect()
    }

    /// The forms of the sign-ins, in order.
    pub fn sign_ins(&self) -> Vec<String> {
        self.sign_ins.borrow().clone()
    }

    /// The only record whose name starts like this.
    pub fn record(&self, start: &str) -> Map<String, Value> {
        let records = self.records.borrow();
        let mut found = records.iter().filter(|(name, _)| name.starts_with(start));
        let (_, record) = found.next().unwrap_or_else(|| panic!("no {start}"));
        assert!(found.next().is_none(), "more than one {start}");
        record.clone()
    }

    pub fn respond(&self, request: &HttpRequest) -> Result<HttpResponse, CallError> {
        if self.down.get() {
            return Ok(response(503, "<html>down</html>"));
        }
        if request.url.ends_with("/services/oauth2/token") {
            self.sign_ins.borrow_mut().push(String::from_utf8(request.body.clone()).unwrap());
            let queued = self.sign_in_responses.borrow_mut().pop_front();
            return queued.unwrap_or_else(|| {
                self.token.set(self.token.get() + 1);
                self.expired.set(false);
                Ok(response(200, &json!({"access_token": self.current()}).to_string()))
            });
        }
        assert_eq!(request.url, "https://tollbridge.my.salesforce.example/services/data/v67.0/composite");
        let call: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(call["collateSubrequests"], false);
        self.composites.borrow_mut().push(call.clone());
        if let Some(queued) = self.responses.borrow_mut().pop_front() {
            return queued;
        }
        let bearer = format!("Bearer {}", self.current());
        let carries = request.headers.iter().any(|(name, value)| name == "authorization" && *value == bearer);
        if self.expired.get() || !carries {
            return Ok(response(401, &refused("INVALID_SESSION_ID", "Session expired or invalid", &[]).to_string()));
        }
        let parts = call["compositeRequest"].as_array().unwrap();
        if call["allOrNone"] == true {
            return Ok(self.write(parts));
        }
        let each = parts.iter().map(|part| self.write(core::slice::from_ref(part)).body);
        let outcomes = each.map(|body| serde_json::from_slice::<Value>(&body).unwrap()["compositeResponse"][0].clone());
        Ok(response(200, &json!({"compositeResponse": outcomes.collect::<Vec<_>>()}).to_string()))
    }

    fn current(&self) -> String {
        format!("sf-token-{}", self.token.get())
    }

    fn write(&self, parts: &[Value]) -> HttpResponse {
        assert!(parts.len() <= 25, "a Composite call has at most 25 subrequests");
        let mut records = self.records.borrow_mut();
        let version =
            |fields: Option<&Map<String, Value>>| fields.and_then(|fields| fields.get("Version__c")?.as_u64());
        let older = |part: &Value| version(part["body"].as_object()) < version(records.get(&record(part)));
        if parts.iter().any(|part| part["body"].get("Version__c").is_some() && older(part)) {
            let halted = (400, refused("PROCESSING_HALTED", "rolled back", &[]));
            let cause = (400, refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "an older version", &["Version__c"]));
            let last = parts.len() - 1;
            let responses: Vec<_> =
                (0..parts.len()).map(|index| if index == last { cause.clone() } else { halted.clone() }).collect();
            return composite(&responses);
        }
        let refusals = self.refused.borrow();
        let error_of = |part: &Value| {
            refusals.iter().find(|(start, _)| record(part).starts_with(start.as_str())).map(|(_, error)| error.clone())
        };
        if parts.iter().any(|part| error_of(part).is_some()) {
            let halted = rolled_back();
            let responses: Vec<_> =
                parts.iter().map(|part| error_of(part).map_or_else(|| halted.clone(), |error| (400, error))).collect();
            return composite(&responses);
        }
        if let Some(missing) =
            (0..parts.len()).find(|index| names_a_missing_payment(&parts[*index], &parts[..*index], &records))
        {
            let halted = (400, refused("PROCESSING_HALTED", "rolled back", &[]));
            let cause = (400, refused("INVALID_FIELD", "Foreign key external ID not found", &[]));
            let responses: Vec<_> =
                (0..parts.len()).map(|index| if index == missing { cause.clone() } else { halted.clone() }).collect();
            return composite(&responses);
        }
        for part in parts {
            assert_eq!(part["method"], "PATCH");
            let fields = part["body"].as_object().unwrap().clone();
            records.entry(record(part)).or_default().extend(fields);
            *self.written.borrow_mut().entry(record(part)).or_default() += 1;
        }
        composite(&vec![(200, Value::Null); parts.len()])
    }
}

/// The result of a record that is rolled back because of another one.
fn rolled_back() -> (u16, Value) {
    (400, refused("PROCESSING_HALTED", "rolled back", &[]))
}

fn record(part: &Value) -> String {
    part["url"].as_str().unwrap().strip_prefix("/services/data/v67.0/sobjects/").unwrap().to_owned()
}

/// Whether a lookup names a payment that does not exist and that the same call does not write before.
fn names_a_missing_payment(part: &Value, before: &[Value], records: &BTreeMap<String, Map<String, Value>>) -> bool {
    part["body"]["MaldoPay_Payment__r"]["Reference__c"].as_str().is_some_and(|reference| {
        let parent = format!("MaldoPay_Payment__c/Reference__c/{reference}");
        !records.contains_key(&parent) && !before.iter().any(|part| record(part) == parent)
    })
}
