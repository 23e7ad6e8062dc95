//! The value that expressions read: the payment, its events and its site. `docs/mappings.md` lists its parts.

use std::rc::Rc;

use tollbridge_connector::types;
use tollbridge_domain::{EventKind, Intent, PaymentStatus, Timestamp};

use crate::value::{MoneyAmount, Value};

/// The name of an input value that expressions cannot represent. Tollbridge's own components never send one.
pub type Unusable = &'static str;

/// The parts of the input that all expressions of an answer share.
pub struct Input {
    payment: Value,
    events: Vec<Value>,
    site: Value,
}

impl Input {
    /// Builds the input.
    ///
    /// # Errors
    /// A currency is unknown, or a time is out of range.
    pub fn new(payment: &types::Payment, events: &[types::PaymentEvent], site: &types::Site) -> Result<Self, Unusable> {
        Ok(Self {
            payment: of_payment(payment)?,
            events: events.iter().map(of_event).collect::<Result<_, _>>()?,
            site: Value::part(
                "site",
                [
                    ("name", Value::text(&site.name)),
                    ("legal_entity", Value::text(&site.legal_entity)),
                    ("locale", Value::text(&site.locale)),
                    ("multi_currency", site.multi_currency.into()),
                ],
            ),
        })
    }

    /// The input of a record per payment.
    pub fn of_payment(&self) -> Value {
        Value::part("the input", self.shared())
    }

    /// The inputs of a record per event.
    pub fn of_events(&self) -> impl Iterator<Item = Value> {
        self.events
            .iter()
            .map(|event| Value::part("the input", self.shared().into_iter().chain([("event", event.clone())])))
    }

    fn shared(&self) -> [(&'static str, Value); 3] {
        [("payment", self.payment.clone()), ("events", Value::list(self.events.clone())), ("site", self.site.clone())]
    }
}

fn of_payment(payment: &types::Payment) -> Result<Value, Unusable> {
    let source = payment.source.as_ref().map(|source| {
        Value::part(
            "source",
            [
                ("object", Value::text(&source.object)),
                ("id", Value::text(&source.id)),
                ("number", text(source.number.as_deref())),
            ],
        )
    });
    let invoice = payment.invoice.as_ref().map(|invoice| {
        Value::part("invoice", [("id", text(invoice.id.as_deref())), ("number", Value::text(&invoice.number))])
    });
    Ok(Value::part(
        "payment",
        [
            ("reference", Value::text(&payment.reference)),
            ("intent", Value::text(Intent::from(payment.intent).as_str())),
            ("status", Value::text(PaymentStatus::from(payment.status).as_str())),
            ("method", Value::text(&payment.method)),
            ("amount", money(&payment.amount)?),
            ("tax", tax(payment.tax.as_ref())?),
            ("authorized", money(&payment.authorized)?),
            ("captured", money(&payment.captured)?),
            ("refunded", money(&payment.refunded)?),
            ("charged_back", money(&payment.charged_back)?),
            ("settled", money(&payment.settled)?),
            ("paid_out", money(&payment.paid_out)?),
            ("fees", money(&payment.fees)?),
            ("source", source.unwrap_or(Value::Null)),
            ("invoice", invoice.unwrap_or(Value::Null)),
            ("record", totals("record", payment.record.as_ref())?),
            ("invoice_record", totals("invoice_record", payment.invoice_record.as_ref())?),
            ("attempt", Value::whole(payment.attempt.into())),
            ("superseded", payment.superseded.into()),
            ("transaction_id", text(payment.transaction_id.as_deref())),
            ("conversion", conversion(payment.conversion.as_ref())?),
            ("review_reasons", reasons(&payment.review_reasons)),
            ("reason_code", text(payment.reason_code.as_deref())),
            ("correlation_id", Value::text(&payment.correlation_id)),
            ("version", Value::whole(i64::try_from(payment.version).unwrap_or(i64::MAX))),
            ("created_at", time(Some(payment.created_at), "payment.created_at")?),
            ("updated_at", time(Some(payment.updated_at), "payment.updated_at")?),
            ("details", details(&payment.details)),
        ],
    ))
}

fn totals(name: &'static str, totals: Option<&types::RecordTotals>) -> Result<Value, Unusable> {
    let Some(totals) = totals else { return Ok(Value::Null) };
    Ok(Value::part(
        name,
        [
            ("status", Value::text(PaymentStatus::from(totals.status).as_str())),
            ("payments", Value::whole(totals.payments.into())),
            ("authorized", money(&totals.authorized)?),
            ("captured", money(&totals.captured)?),
            ("refunded", money(&totals.refunded)?),
            ("charged_back", money(&totals.charged_back)?),
            ("settled", money(&totals.settled)?),
            ("paid_out", money(&totals.paid_out)?),
            ("fees", money(&totals.fees)?),
            ("outstanding", money(&totals.outstanding)?),
            ("reference", Value::text(&totals.reference)),
            ("transaction_id", text(totals.transaction_id.as_deref())),
            ("review_reasons", reasons(&totals.review_reasons)),
            ("version", Value::whole(i64::try_from(totals.version).unwrap_or(i64::MAX))),
        ],
    ))
}

fn reasons(reasons: &[String]) -> Value {
    Value::list(reasons.iter().map(|reason| Value::text(reason)).collect())
}

fn of_event(event: &types::PaymentEvent) -> Result<Value, Unusable> {
    let optional = |amount: Option<&types::Money>| amount.map_or(Ok(Value::Null), money);
    Ok(Value::part(
        "event",
        [
            ("id", Value::text(&event.id)),
            ("kind", Value::text(EventKind::from(event.kind).as_str())),
            ("reference", Value::text(&event.reference)),
            ("amount", optional(event.amount.as_ref())?),
            ("fee", optional(event.fee.as_ref())?),
            ("conversion", conversion(event.conversion.as_ref())?),
            ("transaction_id", text(event.transaction_id.as_deref())),
            ("original_transaction_id", text(event.original_transaction_id.as_deref())),
            ("method", text(event.method.as_deref())),
            ("occurred_at", time(event.occurred_at, "event.occurred_at")?),
            ("code", text(event.code.as_deref())),
            ("reason", text(event.reason.as_deref())),
            ("reason_code", text(event.reason_code.as_deref())),
            ("redirect_url", text(event.redirect_url.as_deref())),
            ("digest", Value::text(&event.digest)),
            ("details", details(&event.details)),
        ],
    ))
}

/// The provider's own names. Any name is allowed, and a missing one is null.
fn details(details: &[types::Detail]) -> Value {
    Value::object(details.iter().map(|detail| (Rc::from(detail.name.as_str()), Value::text(&detail.value))).collect())
}

fn text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::text)
}

fn money(money: &types::Money) -> Result<Value, Unusable> {
    MoneyAmount::try_from(money).map(Value::Money).map_err(|_| "an amount in no currency")
}

fn conversion(conversion: Option<&types::Conversion>) -> Result<Value, Unusable> {
    let Some(conversion) = conversion else { return Ok(Value::Null) };
    let original = conversion.original.as_ref().map_or(Ok(Value::Null), money)?;
    Ok(Value::part(
        "conversion",
        [("original", original), ("amount", money(&conversion.amount)?), ("rate", text(conversion.rate.as_deref()))],
    ))
}

fn tax(tax: Option<&types::Tax>) -> Result<Value, Unusable> {
    let Some(tax) = tax else { return Ok(Value::Null) };
    Ok(Value::part(
        "tax",
        [
            ("amount", money(&tax.amount)?),
            ("rate", text(tax.rate.as_deref())),
            ("country", text(tax.country.as_deref())),
            ("inclusive", tax.inclusive.into()),
        ],
    ))
}

/// RFC 3339 in UTC, Salesforce's format for a date and time.
fn time(milliseconds: Option<i64>, name: Unusable) -> Result<Value, Unusable> {
    let Some(milliseconds) = milliseconds else { return Ok(Value::Null) };
    let time = Timestamp::from_milliseconds(milliseconds).map_err(|_| name)?;
    Ok(Value::text(&time.to_string()))
}
