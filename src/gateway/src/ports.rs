//! What the gateway needs of the world, besides the ledger's store and clock.

use serde::Serialize;
use tollbridge_connector::types::{Command, Delivery, Detail, Header, Payment, PaymentEvent, RecordWrite, Site};
use tollbridge_domain::Timestamp;
pub use tollbridge_ledger::Random;
use tollbridge_ledger::{Clock, Store};

use crate::config::{self, MaldoPaySecrets};

/// Everything effectful, in one place.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// The key-value store.
    pub store: &'a dyn Store,
    /// The time of day.
    pub clock: &'a dyn Clock,
    /// The clock of the store, where it has one that can be asked.
    pub store_clock: Option<&'a dyn StoreClock>,
    /// Outbound calls.
    pub http: &'a dyn Http,
    /// The payment provider's component.
    pub provider: &'a dyn Provider,
    /// The record mapper's component, for sites without a document.
    pub mapper: &'a dyn Mapper,
    /// The record mapper's component for sites with a document of their own.
    pub documents: &'a dyn Mapper,
    /// Unpredictable bytes.
    pub random: &'a dyn Random,
    /// Where log lines go.
    pub sink: &'a dyn Sink,
}

/// An outbound call.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long all of it may take.
    pub timeout_milliseconds: u64,
    /// How many bytes of an answer's body are read; one that has more is none.
    pub longest_answer: usize,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The value of the first header of this name, which is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// Why nothing came back. Which of the two it is decides whether money may have moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The request was not sent: no connection, or not allowed.
    #[error("not sent: {0}")]
    NotSent(String),
    /// It may have arrived.
    #[error("no answer: {0}")]
    NoResponse(String),
}

impl CallError {
    /// In log lines.
    #[must_use]
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotSent(_) => "not_sent",
            Self::NoResponse(_) => "unanswered",
        }
    }
}

/// The clock of the store's server.
pub trait StoreClock {
    /// What time it is there; none where it does not say.
    fn now(&self) -> Option<Timestamp>;
}

/// Calls to the outside.
pub trait Http {
    /// Sends the request and waits for the whole answer, of which it never holds more than may be read. Never sends it twice.
    ///
    /// # Errors
    /// There was none; see [`CallError`].
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, CallError>;
}

/// Takes log lines.
pub trait Sink {
    /// Writes one line.
    fn line(&self, line: &str);
}

/// What a provider component says against something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderProblem {
    /// What it is about: a code for machines.
    pub code: &'static str,
    /// The field, where it is about one.
    pub field: Option<String>,
    /// In words, without values.
    pub detail: String,
}

/// The payment provider's component.
pub trait Provider {
    /// Whether one of the keys signed the delivery.
    ///
    /// # Errors
    /// Why it is not believed.
    fn verify(
        &self,
        delivery: &Delivery,
        site: &config::Site,
        keys: &[String],
        now: i64,
    ) -> Result<(), ProviderProblem>;

    /// Reads a verified delivery.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn decode(&self, delivery: &Delivery, site: &config::Site) -> Result<PaymentEvent, ProviderProblem>;

    /// Describes the request for a command, relative to the site's base URL.
    ///
    /// # Errors
    /// Why the command cannot be put.
    fn encode(&self, command: &Command, site: &Site, secrets: &MaldoPaySecrets) -> Result<Encoded, ProviderProblem>;

    /// Reads the answer to a command.
    ///
    /// # Errors
    /// Why it says nothing about the outcome.
    fn interpret(&self, command: &Command, status: u16, body: Vec<u8>) -> Result<PaymentEvent, ProviderProblem>;

    /// What each of these bodies says besides: of deliveries that were verified, and of answers that were read.
    fn details(&self, bodies: &[String], site: &config::Site) -> Vec<Vec<Detail>>;
}

/// A provider's request, for the gateway to send.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The method.
    pub method: String,
    /// Below the site's base URL.
    pub path: String,
    /// The headers.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a payment could not be mapped, or one of the things that are wrong with a document or a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MappingProblem {
    /// The field, or the place in the document.
    pub field: String,
    /// In words, without the value.
    pub detail: String,
}

/// The record mapper's component.
pub trait Mapper {
    /// The records as they should be, by the customer's document; the empty one leaves it to the mapper.
    ///
    /// # Errors
    /// A field could not be computed.
    fn records(
        &self,
        payment: &Payment,
        events: &[PaymentEvent],
        site: &Site,
        document: &str,
    ) -> Result<Vec<RecordWrite>, MappingProblem>;

    /// Whether a document can be mapped by.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn check(&self, document: &str) -> Result<(), Vec<MappingProblem>>;
}
