//! The ports: what the gateway needs of its host, in addition to the ledger's store and clock.

use serde::Serialize;
use tollbridge_connector::types::{Command, Delivery, Detail, Header, Payment, PaymentEvent, RecordWrite, Site};
use tollbridge_domain::{DeliveryProblem, Timestamp};
pub use tollbridge_ledger::Random;
use tollbridge_ledger::{Clock, Store};

use crate::config;

/// Everything that has effects.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// The key-value store.
    pub store: &'a dyn Store,
    /// The wall clock and the monotonic clock.
    pub clock: &'a dyn Clock,
    /// The clock of the store's server, where it can be read.
    pub store_clock: Option<&'a dyn StoreClock>,
    /// Outbound calls.
    pub http: &'a dyn Http,
    /// The payment provider's component.
    pub provider: &'a dyn Provider,
    /// The mapper for sites without a document.
    pub mapper: &'a dyn Mapper,
    /// The mapper for sites with a document.
    pub documents: &'a dyn Mapper,
    /// Unpredictable bytes.
    pub random: &'a dyn Random,
    /// Receives log lines.
    pub sink: &'a dyn Sink,
}

/// An outbound call.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// In capitals.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// In the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// May be empty.
    pub body: Vec<u8>,
    /// For the whole call.
    pub timeout_milliseconds: u64,
    /// The maximum size of the response body. A longer response counts as none.
    pub max_response_bytes: usize,
}

/// The response to an outbound call.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// With names in lower case.
    pub headers: Vec<(String, String)>,
    /// The complete body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The value of the first header of this name, given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// Why a call has no response. The difference decides whether money may have moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The request was not sent: there was no connection.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The request was not sent, since this host denied it: the manifest does not allow the address, or too many calls
    /// are in progress. Only this deployment can change that.
    #[error("denied by this host, and not sent: {0}")]
    Denied(String),
    /// The request may have arrived.
    #[error("no answer: {0}")]
    NoResponse(String),
}

impl CallError {
    /// The code in log lines.
    #[must_use]
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotSent(_) => "not_sent",
            Self::Denied(_) => "denied",
            Self::NoResponse(_) => "unanswered",
        }
    }
}

/// The clock of the store's server.
pub trait StoreClock {
    /// The server's time; none where it cannot be read.
    fn now(&self) -> Option<Timestamp>;
}

/// Makes outbound calls.
pub trait Http {
    /// Sends the request once, and waits for the whole response. It never holds more of the response than may be read.
    ///
    /// # Errors
    /// There is no response; see [`CallError`].
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, CallError>;
}

/// Receives log lines.
pub trait Sink {
    /// Writes one line.
    fn line(&self, line: &str);
}

/// A problem that a provider component reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderProblem {
    /// The error code, for programs.
    pub code: &'static str,
    /// The field that has the problem, if it is one field.
    pub field: Option<String>,
    /// In words, without values of fields.
    pub detail: String,
}

/// Why a verified delivery cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecodable {
    /// The field that cannot be read; none for the body as a whole.
    pub field: Option<String>,
    /// What is wrong with it.
    pub problem: DeliveryProblem,
    /// In words, without values of fields.
    pub detail: String,
}

/// What a delivery is about that cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The reference that it names.
    pub reference: Option<String>,
    /// The transactions that it names.
    pub transactions: Vec<String>,
    /// SHA-256 of what was signed, in hex.
    pub digest: String,
}

/// The payment provider's component.
pub trait Provider {
    /// Verifies that one of the keys signed the delivery.
    ///
    /// # Errors
    /// The delivery is not authentic, for this reason.
    fn verify(
        &self,
        delivery: &Delivery,
        site: &config::Site,
        keys: &[String],
        now: i64,
    ) -> Result<(), ProviderProblem>;

    /// Decodes a verified delivery that arrived `now`.
    ///
    /// # Errors
    /// The delivery cannot be decoded, for this reason.
    fn decode(&self, delivery: &Delivery, site: &config::Site, now: i64) -> Result<PaymentEvent, Undecodable>;

    /// What a verified delivery is about that cannot be decoded.
    fn identify(&self, delivery: &Delivery, site: &config::Site) -> Identity;

    /// Encodes a command as a request, relative to the site's base URL.
    ///
    /// # Errors
    /// The command cannot be expressed, for this reason.
    fn encode(&self, command: &Command, site: &config::Site) -> Result<ProviderRequest, ProviderProblem>;

    /// Interprets the response to a command.
    ///
    /// # Errors
    /// The response does not determine the outcome, for this reason.
    fn interpret(&self, command: &Command, status: u16, body: Vec<u8>) -> Result<PaymentEvent, ProviderProblem>;

    /// The additional data in each of these bodies of verified deliveries and interpreted responses.
    fn details(&self, bodies: &[String], site: &config::Site) -> Vec<Vec<Detail>>;
}

/// A provider's request, to be sent by the gateway.
#[derive(Clone, Debug)]
pub struct ProviderRequest {
    /// In capitals.
    pub method: String,
    /// Relative to the site's base URL.
    pub path: String,
    /// In the order in which they are sent.
    pub headers: Vec<Header>,
    /// May be empty.
    pub body: Vec<u8>,
}

/// Why a payment cannot be mapped, or one of the problems of a document or a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MappingProblem {
    /// The field, or the place in the document.
    pub field: String,
    /// In words, without the value.
    pub detail: String,
}

/// A mapper component.
pub trait Mapper {
    /// Maps the payment to records by this document. An empty document selects the built-in mapping; mappers without
    /// document support accept only that.
    ///
    /// # Errors
    /// A field cannot be computed.
    fn records(
        &self,
        payment: &Payment,
        events: &[PaymentEvent],
        site: &Site,
        document: &str,
    ) -> Result<Vec<RecordWrite>, MappingProblem>;

    /// Checks that a document is valid.
    ///
    /// # Errors
    /// All problems of the document.
    fn check(&self, document: &str) -> Result<(), Vec<MappingProblem>>;
}
