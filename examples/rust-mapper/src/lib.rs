//! A record mapper in Rust: the payment's own record, and the paid amount on the Order that it is for.
//!
//! It receives a payment and returns the complete records. Tollbridge compares them with the last ones and sends only
//! the changes.
#![cfg(target_family = "wasm")]

#[allow(missing_docs, reason = "generated; the WIT package documents every item")]
mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "record-mapper" });
}

use bindings::exports::tollbridge::mapper::mapper::{Description, Guest, MappingError};
use bindings::exports::tollbridge::types::types::{
    ExternalId, Field, FieldProblem, Payment, PaymentEvent, PaymentStatus, RecordKey, RecordTotals, RecordWrite, Site,
    SourceRecord, WriteMode,
};
use serde_json::Value;

/// The amount in decimal notation: 14990 of TRY is 149.90. It uses only integers, so nothing is ever rounded.
fn decimal(minor_units: i128, currency: &str) -> String {
    let decimals: usize = match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    };
    let digits = format!("{:0width$}", minor_units.abs(), width = decimals.saturating_add(1));
    let sign = if minor_units < 0 { "-" } else { "" };
    match digits.split_at_checked(digits.len().saturating_sub(decimals)) {
        Some((whole, part)) if !part.is_empty() => format!("{sign}{whole}.{part}"),
        _ => format!("{sign}{digits}"),
    }
}

/// Fields from their names and their values, which are JSON text.
fn fields<const N: usize>(values: [(&str, String); N]) -> Vec<Field> {
    values.into_iter().map(|(name, value)| Field { name: name.to_owned(), value }).collect()
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

fn status(status: PaymentStatus) -> String {
    text(match status {
        PaymentStatus::Pending => "pending",
        PaymentStatus::Authorized => "authorized",
        PaymentStatus::PartiallyCaptured => "partially_captured",
        PaymentStatus::Captured => "captured",
        PaymentStatus::Settled => "settled",
        PaymentStatus::PartiallyRefunded => "partially_refunded",
        PaymentStatus::Refunded => "refunded",
        PaymentStatus::Failed => "failed",
        PaymentStatus::Canceled => "canceled",
        PaymentStatus::Disputed => "disputed",
        PaymentStatus::ChargedBack => "charged_back",
        PaymentStatus::PaidOut => "paid_out",
    })
}

fn payment_record(payment: &Payment, site: &Site) -> RecordWrite {
    let currency = payment.amount.currency.as_str();
    let reasons = payment.review_reasons.join("; ");
    let mut fields = fields([
        ("Status__c", status(payment.status)),
        ("Currency__c", text(currency)),
        ("Amount__c", decimal(payment.amount.minor_units.into(), currency)),
        ("Captured_Amount__c", decimal(payment.captured.minor_units.into(), currency)),
        ("Refunded_Amount__c", decimal(payment.refunded.minor_units.into(), currency)),
        ("Needs_Review__c", (!reasons.is_empty()).to_string()),
        ("Review_Reason__c", if reasons.is_empty() { "null".to_owned() } else { text(&reasons) }),
        // Salesforce refuses a lower version than it has, so an older state never overwrites a newer one.
        ("Version__c", payment.version.to_string()),
    ]);
    if site.multi_currency {
        fields.push(Field { name: "CurrencyIsoCode".to_owned(), value: text(currency) });
    }
    let key = ExternalId { field: "Reference__c".to_owned(), value: payment.reference.clone() };
    RecordWrite {
        object: "MaldoPay_Payment__c".to_owned(),
        key: RecordKey::ExternalId(key),
        mode: WriteMode::Upsert,
        fields,
    }
}

/// The Order shows the sums over all its payments, so each of them produces the same record.
fn order_record(source: &SourceRecord, totals: &RecordTotals) -> RecordWrite {
    let currency = totals.captured.currency.as_str();
    let [captured, refunded, charged_back] =
        [&totals.captured, &totals.refunded, &totals.charged_back].map(|amount| i128::from(amount.minor_units));
    let kept = captured.saturating_sub(refunded).saturating_sub(charged_back);
    let [kept, captured, refunded] = [kept, captured, refunded].map(|amount| decimal(amount, currency));
    let description = format!("{kept} of {captured} {currency} kept");
    RecordWrite {
        object: "Order".to_owned(),
        key: RecordKey::Id(source.id.clone()),
        mode: WriteMode::Update,
        fields: fields([
            ("MaldoPay_Status__c", status(totals.status)),
            ("MaldoPay_Captured_Amount__c", captured),
            ("MaldoPay_Refunded_Amount__c", refunded),
            ("Description", text(&description)),
        ]),
    }
}

fn document_problem() -> FieldProblem {
    FieldProblem { field: "document".to_owned(), problem: "this mapper takes no document".to_owned() }
}

struct Mapper;

impl Guest for Mapper {
    fn records(
        payment: Payment,
        _events: Vec<PaymentEvent>,
        site: Site,
        document: String,
    ) -> Result<Vec<RecordWrite>, MappingError> {
        if !document.is_empty() {
            return Err(MappingError::Field(document_problem()));
        }
        let mut writes = vec![payment_record(&payment, &site)];
        let source = payment.source.as_ref().filter(|source| source.object == "Order");
        if let (Some(source), Some(totals)) = (source, &payment.record) {
            writes.push(order_record(source, totals));
        }
        Ok(writes)
    }

    fn check(document: String) -> Result<(), Vec<FieldProblem>> {
        if document.is_empty() { Ok(()) } else { Err(vec![document_problem()]) }
    }

    fn describe() -> Description {
        Description {
            name: "rust-mapper".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            objects: ["MaldoPay_Payment__c", "Order"].map(str::to_owned).to_vec(),
        }
    }
}

bindings::export!(Mapper with_types_in bindings);
