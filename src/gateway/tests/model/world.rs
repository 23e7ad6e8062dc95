//! Everything outside the gateway: the store, MaldoPay, Salesforce, the time, and notes of what the actors saw.

use std::collections::BTreeSet;

use super::doubles::{CallError, HttpRequest, HttpResponse, SalesforceDouble, composite, refused};
use super::maldopay::ProviderBooks;
use super::store::{MemoryStore, digest_of};

/// 2026-11-20T10:00:00Z, in milliseconds.
const START: i64 = 1_795_168_800_000;

/// What the actors saw and did, by which a run is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Notes {
    /// Deliveries that were answered OK: the event's id, and its payment.
    pub acknowledged: BTreeSet<(String, String)>,
    /// Deliveries that MaldoPay has to send, by their bodies. It sends them until they are answered OK.
    pub undelivered: BTreeSet<String>,
    /// The payments of commands that succeeded.
    pub answered: BTreeSet<String>,
    /// The idempotency keys of the requested refunds.
    pub refunds_requested: BTreeSet<String>,
    /// The position of the reader of the feed, and the entries that it has seen.
    pub feed: Option<(u64, BTreeSet<u64>)>,
    /// Whether a write took effect only in part, which no supported store does. An entry may then lack its data key,
    /// and the audit reports that.
    pub torn: bool,
    /// What went wrong in an actor.
    pub wrong: BTreeSet<String>,
}

#[derive(Clone)]
pub struct World {
    pub store: MemoryStore,
    pub maldopay: ProviderBooks,
    pub salesforce: SalesforceDouble,
    /// Whether Salesforce refuses payments in a way that needs a person.
    pub salesforce_refuses: bool,
    pub now: i64,
    pub notes: Notes,
    /// The digest of Salesforce's records.
    salesforce_digest: u64,
}

impl World {
    pub fn new() -> Self {
        Self {
            store: MemoryStore::default(),
            maldopay: ProviderBooks::default(),
            salesforce: SalesforceDouble::default(),
            salesforce_refuses: false,
            now: START,
            notes: Notes::default(),
            salesforce_digest: 0,
        }
    }

    /// Carries out a call.
    pub fn respond(&mut self, request: &HttpRequest) -> Result<HttpResponse, CallError> {
        if is_to_maldopay(request) {
            return Ok(self.maldopay.respond(request));
        }
        if self.salesforce_refuses && request.url.ends_with("/composite") {
            let error = refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "not like this", &["Status__c"]);
            let call: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            let parts = call["compositeRequest"].as_array().unwrap();
            return Ok(composite(&vec![(400, error); parts.len()]));
        }
        let response = self.salesforce.respond(request);
        let records = serde_json::to_string(&*self.salesforce.records.borrow()).unwrap();
        self.salesforce_digest = digest_of(&(records, self.salesforce.sign_ins().len()));
        response
    }

    pub fn digest(&self) -> u64 {
        let salesforce = (self.salesforce_digest, self.salesforce_refuses);
        digest_of(&(self.store.digest(), self.maldopay.digest(), salesforce, self.now, &self.notes))
    }
}

pub fn is_to_maldopay(request: &HttpRequest) -> bool {
    request.url.starts_with("https://maldopay.example/")
}
