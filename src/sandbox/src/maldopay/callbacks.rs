//! Builds a callback from its fields to the signed request. Tests can make every part of it wrong.

use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};

use super::books::Transaction;
use super::code;
use super::response_body::{ResponseConversion, writes_strings, written_amount, written_id};
use crate::signature::{CallbackEncoding, Seal, Signature, SignedField, SignedRequest, sealed_callback};

/// A callback about a transaction, not yet signed.
#[derive(Clone, Debug)]
pub struct Callback {
    transaction: u64,
    fields: Vec<SignedField>,
    dated: bool,
    encoding: CallbackEncoding,
    seal: Seal,
    signature: Option<Signature>,
    key: Option<String>,
}

impl Callback {
    /// The callback that reports `result` (`CONFIRMED`, `PENDING`, `CANCELED`, `DECLINED`) for a transaction, with the
    /// fields in MaldoPay's order.
    #[must_use]
    pub fn for_transaction(transaction: &Transaction, result: &str) -> Self {
        let quoted = writes_strings(transaction.wire_id);
        let mut callback = Self {
            transaction: transaction.id,
            fields: Vec::new(),
            dated: false,
            encoding: CallbackEncoding::Json,
            seal: Seal::Genuine,
            signature: None,
            key: None,
        };
        callback.set("result", text(result));
        callback.set("type", text(transaction.kind.as_str()));
        callback.set("codeId", written_id(code_of(result), quoted));
        if let Some(service) = transaction.service {
            callback.set("serviceId", text(&service.id.to_string()));
        }
        callback.set("dateUpdated", text(&written_time(transaction.created)));
        callback.set("referenceOrderId", text(&transaction.reference));
        callback.set("maldoTransactionId", written_id(transaction.wire_id, quoted));
        if let Some(original) = transaction.wire_original() {
            callback.set("originalTransactionId", written_id(original, quoted));
        }
        callback.set("amount", written_amount(transaction.amount));
        callback.set("currencyCode", text(transaction.amount.currency()));
        let began = transaction.original.is_none();
        if let Some(bank) = transaction.service.and_then(|service| service.bank).filter(|_| began) {
            callback.set("bankName", text(bank));
        }
        if let Some(conversion) = ResponseConversion::of(transaction.amount) {
            callback.set("conversion", json(&conversion));
        }
        callback
    }

    /// The transaction type: `DEPOSIT`, `REFUND`, `CHARGEBACK` …
    #[must_use]
    pub fn kind(self, kind: &str) -> Self {
        self.with("type", text(kind))
    }

    /// The result, with the code that belongs to it.
    #[must_use]
    pub fn result(self, result: &str) -> Self {
        self.with("result", text(result)).code_id(code_of(result))
    }

    /// The amount as a JSON number of exactly these characters; text that is no JSON number is sent as a string.
    #[must_use]
    pub fn amount(self, amount: &str) -> Self {
        let written = RawValue::from_string(amount.to_owned()).unwrap_or_else(|_| text(amount));
        self.with("amount", written)
    }

    /// The currency.
    #[must_use]
    pub fn currency(self, currency: &str) -> Self {
        self.with("currencyCode", text(currency))
    }

    /// The time, as `YYYY-MM-DD HH:MM:SS`. The default is the time of sending, made later than that of the last
    /// callback.
    #[must_use]
    pub fn date(mut self, date: &str) -> Self {
        self.set("dateUpdated", text(date));
        self.dated = true;
        self
    }

    pub(crate) fn dated_at(self, time: Timestamp) -> Self {
        self.date(&written_time(time))
    }

    /// The merchant's reference.
    #[must_use]
    pub fn reference(self, reference: &str) -> Self {
        self.with("referenceOrderId", text(reference))
    }

    /// MaldoPay's id of the transaction.
    #[must_use]
    pub fn transaction_id(self, id: u64) -> Self {
        self.with("maldoTransactionId", written_id(id, writes_strings(id)))
    }

    /// The transaction that this one acts on.
    #[must_use]
    pub fn original(self, id: u64) -> Self {
        self.with("originalTransactionId", written_id(id, writes_strings(id)))
    }

    /// The reason in words.
    #[must_use]
    pub fn reason(self, reason: &str) -> Self {
        self.with("reason", text(reason))
    }

    /// The reason's code.
    #[must_use]
    pub fn reason_code(self, code: &str) -> Self {
        self.with("reasonCode", text(code))
    }

    /// MaldoPay's code.
    #[must_use]
    pub fn code_id(self, code: u64) -> Self {
        self.with("codeId", written_id(code, false))
    }

    /// Any field, as JSON text. It replaces the field of that name or is added at the end.
    #[must_use]
    pub fn field(self, name: &str, value: Box<RawValue>) -> Self {
        self.with(name, value)
    }

    /// Leaves a field out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self
    }

    /// Leaves the signature out.
    #[must_use]
    pub fn without_checksum(mut self) -> Self {
        self.seal = Seal::Omitted;
        self
    }

    /// Replaces the signature.
    #[must_use]
    pub fn checksum(mut self, checksum: &str) -> Self {
        self.seal = Seal::Altered(checksum.to_owned());
        self
    }

    /// The body's encoding. The default is JSON.
    #[must_use]
    pub fn encoding(mut self, encoding: CallbackEncoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// The signature scheme. The default is the merchant's.
    #[must_use]
    pub fn signature(mut self, signature: Signature) -> Self {
        self.signature = Some(signature);
        self
    }

    /// The signing key. The default is the merchant's.
    #[must_use]
    pub fn signed_with(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// The transaction whose clock dates this callback, unless the callback has a date.
    pub(crate) fn undated(&self) -> Option<u64> {
        (!self.dated).then_some(self.transaction)
    }

    /// The request that carries the callback. Every attempt builds it anew, since a scheme may sign the time of
    /// sending.
    pub(crate) fn request(&self, signature: Signature, key: &str, now: Timestamp) -> SignedRequest {
        sealed_callback(
            &self.fields,
            self.signature.unwrap_or(signature),
            self.key.as_deref().unwrap_or(key),
            self.encoding,
            now.as_second(),
            &self.seal,
        )
    }

    fn with(mut self, name: &str, value: Box<RawValue>) -> Self {
        self.set(name, value);
        self
    }

    fn set(&mut self, name: &str, value: Box<RawValue>) {
        match self.fields.iter_mut().find(|(field, _)| field == name) {
            Some((_, current)) => *current = value,
            None => self.fields.push((name.to_owned(), value)),
        }
    }
}

fn code_of(result: &str) -> u64 {
    match result {
        "CONFIRMED" => code::APPROVED,
        "PENDING" => code::PENDING,
        "CANCELED" => code::CANCELED,
        _ => code::DECLINED,
    }
}

fn text(value: &str) -> Box<RawValue> {
    json(&value)
}

fn json(value: &impl serde::Serialize) -> Box<RawValue> {
    // Strings and plain structures always serialise.
    to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// MaldoPay's time format: UTC without a zone.
fn written_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
