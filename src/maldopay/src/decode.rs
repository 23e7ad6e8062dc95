//! Reads a verified callback.

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use tollbridge_connector::types::{Conversion, Delivery, EventKind, PaymentEvent, Site};
use tollbridge_domain::{Currency, EventId, Money, TimeZone, Timestamp, TransactionId};

use crate::assumed;
use crate::body::CallbackFields;
use crate::codes::{Class, class};
use crate::field::{DecodeError, currency, currency_code, invalid, names_a_transaction, outcome};
use crate::signing::Signing;
use crate::unsigned_names;

/// What a verified callback is about, as far as it can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The reference that it names.
    pub reference: Option<String>,
    /// The transactions that it names.
    pub transactions: Vec<String>,
    /// SHA-256 of what was signed, in hex.
    pub digest: String,
}

/// Reads what a callback is about that [`decode`] cannot read.
#[must_use]
pub fn identify(delivery: &Delivery, signing: Signing<'_>) -> Identity {
    let fields = CallbackFields::read(delivery, signing).ok();
    let text = |name| fields.as_ref().and_then(|fields| fields.text(name));
    let ids = ["maldoTransactionId", "originalTransactionId"].into_iter().filter_map(text);
    let ids = ids.filter(|id| names_a_transaction(id) && TransactionId::parse(*id).is_ok());
    Identity {
        reference: text("referenceOrderId").map(str::to_owned),
        transactions: ids.map(str::to_owned).collect(),
        digest: digest(delivery, fields.as_ref(), signing),
    }
}

/// Reads the event from a callback. The same event gets the same event id in every repetition and in both encodings. If
/// the scheme signs no field names, only facts that cannot be moved to another name are read. An event with a time that
/// cannot be read gets the time of its arrival, `now`, in milliseconds since 1970.
///
/// # Errors
/// The body or one of its fields cannot be read; see [`DecodeError`].
pub fn decode(delivery: &Delivery, site: &Site, signing: Signing<'_>, now: i64) -> Result<PaymentEvent, DecodeError> {
    let fields = CallbackFields::read(delivery, signing).map_err(|error| DecodeError::Malformed(error.to_string()))?;
    if signing.is_of_values() && !unsigned_names::are_fixed(&fields, signing.orders) {
        unsigned_names::check(&fields, site)?;
    }
    let reference = fields.text("referenceOrderId");
    let transaction = transaction_id(&fields, "maldoTransactionId")?;
    let original = transaction_id(&fields, "originalTransactionId")?;
    if reference.is_none() && transaction.is_none() {
        return Err(DecodeError::Missing("referenceOrderId"));
    }
    let amount = amount(&fields)?;
    // The raw time without its zone: the site's zone may be reconfigured, and the event id must not change with it.
    let date = fields.text("dateUpdated");
    let clock = date.and_then(|text| Timestamp::parse_local(text, 0).ok());
    let occurred_at = match clock {
        Some(clock) => Some(point_in_time(clock, site)?.milliseconds()),
        None => date.map(|_| now),
    };
    let written_at = clock.map(|clock| clock.to_string());
    let code = fields.text("codeId");
    let kind = kind(&fields, code)?;
    let id = EventId::derive(&[
        reference.unwrap_or_default(),
        transaction.as_deref().unwrap_or_default(),
        original.as_deref().unwrap_or_default(),
        fields.text("type").unwrap_or_default(),
        fields.text("result").unwrap_or_default(),
        code.unwrap_or_default(),
        &amount.map(|amount| amount.to_string()).unwrap_or_default(),
        written_at.as_deref().or(date).unwrap_or_default(),
    ]);
    Ok(PaymentEvent {
        id: id.into(),
        kind,
        reference: reference.unwrap_or_default().to_owned(),
        amount: amount.map(Into::into),
        fee: amount.and_then(|amount| fee(&fields, amount.currency())),
        // Nested values are not signed.
        conversion: fields
            .nested("conversion")
            .filter(|_| !signing.is_of_values())
            .and_then(|json| conversion(json, amount)),
        transaction_id: transaction,
        original_transaction_id: original,
        method: method(&fields, site),
        occurred_at,
        code: short(code),
        reason: short(fields.text("reason")),
        reason_code: short(fields.text("reasonCode")),
        redirect_url: None,
        digest: digest(delivery, Some(&fields), signing),
        details: Vec::new(),
    })
}

/// The digest of the signed content. If only the values are signed, it is the same under any names.
fn digest(delivery: &Delivery, fields: Option<&CallbackFields>, signing: Signing<'_>) -> String {
    let values = fields.filter(|_| signing.is_of_values()).and_then(unsigned_names::signed_text);
    let signed = values.as_ref().map_or(delivery.body.as_slice(), String::as_bytes);
    base16ct::lower::encode_string(&Sha256::digest(signed))
}

/// The site's method that has the callback's service id. The site may no longer have that service; the event is valid
/// all the same.
fn method(fields: &CallbackFields, site: &Site) -> Option<String> {
    let id: u64 = fields.text("serviceId")?.parse().ok()?;
    site.provider.services.iter().find(|service| service.id == id).map(|service| service.name.clone())
}

/// Converts a local clock time, parsed as if it were UTC, to a point in time in the site's zone.
fn point_in_time(clock: Timestamp, site: &Site) -> Result<Timestamp, DecodeError> {
    let point = match &site.provider.time_zone {
        Some(zone) => TimeZone::parse(zone).map_err(|error| invalid("time-zone", error))?.at(clock),
        None => Timestamp::from_milliseconds(
            clock.milliseconds().saturating_sub(i64::from(site.provider.utc_offset_seconds).saturating_mul(1000)),
        ),
    };
    point.map_err(|error| invalid("dateUpdated", error))
}

fn transaction_id(fields: &CallbackFields, name: &'static str) -> Result<Option<String>, DecodeError> {
    let id = fields.text(name).filter(|id| names_a_transaction(id));
    let id = id.map(TransactionId::parse).transpose().map_err(|error| invalid(name, error))?;
    Ok(id.map(Into::into))
}

fn kind(fields: &CallbackFields, code: Option<&str>) -> Result<EventKind, DecodeError> {
    let kind = fields.text("type");
    let outcome = match fields.text("result") {
        Some(result) => outcome(result)?,
        None => code.and_then(class).ok_or(DecodeError::Missing("result"))?,
    };
    match outcome {
        Class::Pending => Ok(assumed::meaning_while_pending(kind)),
        Class::Ended(outcome) => {
            assumed::meaning(kind, outcome).ok_or_else(|| invalid("type", "not a type of transaction that is known"))
        }
    }
}

fn amount(fields: &CallbackFields) -> Result<Option<Money>, DecodeError> {
    let Some(text) = fields.text("amount") else { return Ok(None) };
    let (name, code) = currency_code(fields)?;
    let currency = currency(code).map_err(|error| invalid(name, error))?;
    Money::parse_number(text, currency).map(Some).map_err(|error| invalid("amount", error))
}

/// MaldoPay's fee. The event is valid without it, so an unreadable fee is left out.
fn fee(fields: &CallbackFields, currency: Currency) -> Option<tollbridge_connector::types::Money> {
    Money::parse_number(fields.text("fee")?, currency).ok().map(Into::into)
}

#[derive(Deserialize)]
struct WrittenConversion<'a> {
    #[serde(borrow)]
    converted_amount: &'a RawValue,
    #[serde(borrow, default)]
    converted_rate: Option<&'a RawValue>,
    converted_to: &'a str,
}

/// The currency conversion. The event is valid without it: an unreadable rate is left out, and without a converted
/// amount the whole conversion is.
pub fn conversion(json: &str, original: Option<Money>) -> Option<Conversion> {
    let written: WrittenConversion<'_> = serde_json::from_str(json).ok()?;
    let currency = currency(written.converted_to).ok()?;
    let amount = Money::parse_number(unquoted(written.converted_amount), currency).ok()?;
    let rate = written.converted_rate.map(unquoted).filter(|rate| is_rate(rate));
    Some(Conversion { original: original.map(Into::into), amount: amount.into(), rate: rate.map(str::to_owned) })
}

fn is_rate(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 32 && digits(whole) && digits(fraction)
}

/// A number's text, whether it came as a number or as a string.
pub fn unquoted(raw: &RawValue) -> &str {
    raw.get().trim_matches('"')
}

/// Text for people, truncated to the length of a Salesforce text field.
pub fn short(text: Option<&str>) -> Option<String> {
    text.map(|text| text.chars().take(255).collect())
}
