//! What there is outside of the gateway: the store, MaldoPay, Salesforce, the time, and what was noted of what actors saw.

use std::collections::BTreeSet;

use super::doubles::{CallError, HttpRequest, HttpResponse, SalesforceDouble, composite, refused};
use super::maldopay::Books;
use super::store::{MemoryStore, digest_of};

/// 2026-11-20T10:00:00Z, in milliseconds.
const START: i64 = 1_795_168_800_000;

/// What actors saw and did, by which a run is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Notes {
    /// Deliveries that were answered OK: the event's id, and the payment that it is about.
    pub acknowledged: BTreeSet<(String, String)>,
    /// Deliveries that MaldoPay has to send, by their bodies: they are sent until they are answered OK.
    pub undelivered: BTreeSet<String>,
    /// The payments of commands that were answered with success.
    pub answered: BTreeSet<String>,
    /// Idempotency keys of the refunds that were asked for.
    pub refunds_asked: BTreeSet<String>,
    /// Where the reader of the feed goes on, and what it has seen.
    pub feed: Option<(u64, BTreeSet<u64>)>,
    /// Whether only a part of a write took effect, which no store that is promised does. An entry may lack its data key then, and
    /// the audit says so.
    pub torn: bool,
    /// What went wrong in an actor.
    pub wrong: BTreeSet<String>,
}

/// The world.
#[derive(Clone)]
pub struct World {
    pub store: MemoryStore,
    pub maldopay: Books,
    pub salesforce: SalesforceDouble,
    /// Whether Salesforce refuses payments, in a way that only a person can mend.
    pub salesforce_refuses: bool,
    pub now: i64,
    pub notes: Notes,
    /// The digest of what Salesforce has.
    salesforce_digest: u64,
}

impl World {
    pub fn new() -> Self {
        Self {
            store: MemoryStore::default(),
            maldopay: Books::default(),
            salesforce: SalesforceDouble::default(),
            salesforce_refuses: false,
            now: START,
            notes: Notes::default(),
            salesforce_digest: 0,
        }
    }

    /// Carries out a call.
    pub fn answer(&mut self, request: &HttpRequest) -> Result<HttpResponse, CallError> {
        if is_to_maldopay(request) {
            return Ok(self.maldopay.answer(request));
        }
        if self.salesforce_refuses && request.url.ends_with("/composite") {
            let error = refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "not like this", &["Status__c"]);
            let call: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            let parts = call["compositeRequest"].as_array().unwrap();
            return Ok(composite(&vec![(400, error); parts.len()]));
        }
        let answer = self.salesforce.answer(request);
        let records = serde_json::to_string(&*self.salesforce.records.borrow()).unwrap();
        self.salesforce_digest = digest_of(&(records, self.salesforce.sign_ins().len()));
        answer
    }

    pub fn digest(&self) -> u64 {
        let salesforce = (self.salesforce_digest, self.salesforce_refuses);
        digest_of(&(self.store.digest(), self.maldopay.digest(), salesforce, self.now, &self.notes))
    }
}

pub fn is_to_maldopay(request: &HttpRequest) -> bool {
    request.url.starts_with("https://maldopay.example/")
}
