//! MaldoPay's response on the wire, and the parts that callbacks share with it.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::books::Transaction;
use super::wire::TransactionRefusal;
use crate::money::Amount;
use crate::signature::hmac_hex;

/// The id as a JSON number, or as a JSON string of the same digits if `quoted`.
pub(crate) fn written_id(id: u64, quoted: bool) -> Box<RawValue> {
    let raw = if quoted { to_raw_value(&id.to_string()) } else { to_raw_value(&id) };
    raw.unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// MaldoPay sends ids sometimes as numbers and sometimes as strings. The sandbox uses strings for every second
/// transaction.
pub(crate) fn writes_strings(transaction_id: u64) -> bool {
    transaction_id.is_multiple_of(2)
}

/// The amount as a JSON number that keeps its decimals: `50.00`.
pub(crate) fn written_amount(amount: Amount) -> Box<RawValue> {
    RawValue::from_string(amount.to_string()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// MaldoPay's currency conversion of an amount. The sandbox converts only lira, always at the same rate.
#[derive(Serialize)]
pub(crate) struct ResponseConversion {
    converted_amount: Box<RawValue>,
    converted_rate: &'static str,
    converted_to: &'static str,
}

impl ResponseConversion {
    pub(crate) fn of(amount: Amount) -> Option<Self> {
        if amount.currency() != "TRY" {
            return None;
        }
        let cents = amount.minor_units().checked_mul(29)?.checked_div(1000)?;
        let converted = Amount::parse("0", "EUR")?.of(cents);
        Some(Self { converted_amount: written_amount(converted), converted_rate: "0.029", converted_to: "EUR" })
    }
}

/// The body of a response.
#[derive(Serialize)]
pub(crate) struct ResponseBody {
    transaction: ResponseTransaction,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversion: Option<ResponseConversion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect: Option<String>,
    checksum: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<ResponseUser>,
}

/// What MaldoPay knows about the customer. Only methods that name a bank include it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseUser {
    player_id: String,
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseTransaction {
    code_id: Box<RawValue>,
    code_message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<Box<RawValue>>,
}

impl ResponseBody {
    /// Answers with a transaction. The checksum is assumed to be made as in callbacks.
    pub(crate) fn about(transaction: &Transaction, redirect: Option<String>, key: &str) -> Self {
        let quoted = writes_strings(transaction.wire_id);
        let signed = format!(
            "{}|{}|{}|{}",
            transaction.code,
            transaction.wire_id,
            transaction.amount,
            transaction.amount.currency()
        );
        Self {
            transaction: ResponseTransaction {
                code_id: written_id(transaction.code, quoted),
                code_message: transaction.message.clone(),
                service_id: transaction.service.map(|service| service.id.to_string()),
                transaction_id: Some(written_id(transaction.wire_id, quoted)),
            },
            amount: Some(written_amount(transaction.amount)),
            currency: Some(transaction.amount.currency()),
            conversion: ResponseConversion::of(transaction.amount),
            redirect,
            checksum: hmac_hex(key.as_bytes(), signed.as_bytes()),
            user: user(transaction),
        }
    }

    /// Answers that nothing was carried out.
    pub(crate) fn refused(refusal: &TransactionRefusal, key: &str) -> Self {
        Self {
            transaction: ResponseTransaction {
                code_id: written_id(refusal.code, false),
                code_message: refusal.message.clone(),
                service_id: None,
                transaction_id: None,
            },
            amount: None,
            currency: None,
            conversion: None,
            redirect: None,
            checksum: hmac_hex(key.as_bytes(), refusal.code.to_string().as_bytes()),
            user: None,
        }
    }
}

fn user(transaction: &Transaction) -> Option<ResponseUser> {
    transaction.service.filter(|service| service.bank.is_some())?;
    let player_id = transaction.player.clone()?;
    Some(ResponseUser { player_id, status: "VERIFIED" })
}
