//! Parses MaldoPay's request format into values with one meaning.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::books::{LandingPages, TransactionType};
use super::code;
use super::services::{Direction, Service, service};
use crate::money::Amount;

/// Why a request creates no transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TransactionRefusal {
    pub(crate) code: u64,
    pub(crate) message: String,
}

impl TransactionRefusal {
    pub(crate) fn new(code: u64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn failed(message: impl Into<String>) -> Self {
        Self::new(code::FAILED, message)
    }
}

/// The merchant's request.
#[derive(Debug)]
pub(crate) enum MerchantRequest {
    Start(StartRequest),
    Follow(FollowUpRequest),
    Status { original: Option<u64>, reference: String },
}

/// The first transaction of a payment or payout: `DEPOSIT`, `AUTHORIZE` or `WITHDRAW`.
#[derive(Debug)]
pub(crate) struct StartRequest {
    pub(crate) kind: TransactionType,
    pub(crate) service: &'static Service,
    pub(crate) amount: Amount,
    pub(crate) reference: String,
    pub(crate) landing: LandingPages,
    /// The merchant's id of the customer.
    pub(crate) player: String,
}

/// A transaction that acts on an earlier one: `CAPTURE`, `REFUND` or `VOID`.
#[derive(Debug)]
pub(crate) struct FollowUpRequest {
    pub(crate) kind: TransactionType,
    pub(crate) original: u64,
    /// Absent only for a void, which releases all that remains.
    pub(crate) amount: Option<Amount>,
    pub(crate) reference: String,
}

#[derive(Deserialize)]
struct Envelope {
    transaction: WrittenTransaction,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenTransaction {
    client_id: Option<Box<RawValue>>,
    #[serde(default)]
    landing_pages: Option<LandingPages>,
    request: WrittenRequest,
    #[serde(default)]
    user: Map<String, Value>,
}

/// Ids and amounts come as numbers and as strings, so the raw text is kept.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenRequest {
    #[serde(rename = "type")]
    kind: String,
    service_id: Option<Box<RawValue>>,
    currency_code: Option<String>,
    amount: Option<Box<RawValue>>,
    reference_order_id: Option<String>,
    original_transaction_id: Option<Box<RawValue>>,
}

/// Parses the `json` of a request whose checksum was right.
pub(crate) fn read(json: &str, client_id: u64) -> Result<MerchantRequest, TransactionRefusal> {
    let envelope: Envelope = serde_json::from_str(json)
        .map_err(|error| TransactionRefusal::failed(format!("json cannot be parsed: {error}")))?;
    let transaction = envelope.transaction;
    if transaction.client_id.as_deref().and_then(whole_number) != Some(client_id) {
        return Err(TransactionRefusal::failed("clientId is not that of the API key"));
    }
    let request = transaction.request;
    let (landing, user) = (transaction.landing_pages.unwrap_or_default(), transaction.user);
    match request.kind.as_str() {
        "DEPOSIT" => start(TransactionType::Deposit, Direction::In, &request, landing, &user),
        "AUTHORIZE" => start(TransactionType::Authorize, Direction::In, &request, landing, &user),
        "WITHDRAW" => start(TransactionType::Withdraw, Direction::Out, &request, landing, &user),
        "CAPTURE" => follow(TransactionType::Capture, &request),
        "REFUND" => follow(TransactionType::Refund, &request),
        "VOID" => follow(TransactionType::Void, &request),
        "STATUS" => status(&request),
        other => Err(TransactionRefusal::failed(format!("type {other} is not known"))),
    }
}

fn start(
    kind: TransactionType,
    direction: Direction,
    request: &WrittenRequest,
    landing: LandingPages,
    user: &Map<String, Value>,
) -> Result<MerchantRequest, TransactionRefusal> {
    let service = request
        .service_id
        .as_deref()
        .and_then(whole_number)
        .and_then(service)
        .filter(|service| service.direction == direction)
        .ok_or_else(|| TransactionRefusal::failed(format!("serviceId is of no service that takes {kind}")))?;
    let amount = amount(request)?.ok_or_else(|| TransactionRefusal::failed("amount and currencyCode are required"))?;
    let reference = reference(request)?;
    let text = |name: &str| user.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let missing = |name: &str| TransactionRefusal::failed(format!("user.{name} is required"));
    let player = text("playerId").ok_or_else(|| missing("playerId"))?.to_owned();
    match service.needs.iter().find(|name| text(name).is_none()) {
        Some(name) => Err(missing(name)),
        None => Ok(MerchantRequest::Start(StartRequest { kind, service, amount, reference, landing, player })),
    }
}

fn follow(kind: TransactionType, request: &WrittenRequest) -> Result<MerchantRequest, TransactionRefusal> {
    let original = request
        .original_transaction_id
        .as_deref()
        .ok_or_else(|| TransactionRefusal::failed("originalTransactionId is required"))?;
    let original = whole_number(original).ok_or_else(no_such_transaction)?;
    let amount = amount(request)?;
    if amount.is_none() && kind != TransactionType::Void {
        return Err(TransactionRefusal::failed("amount and currencyCode are required"));
    }
    let reference = reference(request)?;
    Ok(MerchantRequest::Follow(FollowUpRequest { kind, original, amount, reference }))
}

fn status(request: &WrittenRequest) -> Result<MerchantRequest, TransactionRefusal> {
    let original = match request.original_transaction_id.as_deref() {
        Some(written) => Some(whole_number(written).ok_or_else(no_such_transaction)?),
        None => None,
    };
    let reference = request.reference_order_id.clone().unwrap_or_default();
    Ok(MerchantRequest::Status { original, reference })
}

/// The response to an id or a reference that no transaction has.
pub(crate) fn no_such_transaction() -> TransactionRefusal {
    TransactionRefusal::new(code::NO_SUCH_TRANSACTION, "no such transaction")
}

fn reference(request: &WrittenRequest) -> Result<String, TransactionRefusal> {
    request
        .reference_order_id
        .clone()
        .filter(|reference| !reference.is_empty())
        .ok_or_else(|| TransactionRefusal::failed("referenceOrderId is required"))
}

fn amount(request: &WrittenRequest) -> Result<Option<Amount>, TransactionRefusal> {
    let (Some(written), Some(currency)) = (request.amount.as_deref(), &request.currency_code) else {
        return Ok(None);
    };
    plain(written)
        .and_then(|text| Amount::parse(&text, currency))
        .filter(|amount| amount.minor_units() > 0)
        .map(Some)
        .ok_or_else(|| TransactionRefusal::failed("amount is no positive amount of currencyCode"))
}

fn plain(written: &RawValue) -> Option<String> {
    let text = written.get();
    if text.starts_with('"') { serde_json::from_str(text).ok() } else { Some(text.to_owned()) }
}

fn whole_number(written: &RawValue) -> Option<u64> {
    plain(written)?.parse().ok()
}
