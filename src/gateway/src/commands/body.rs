//! Parses the bodies of commands into domain types.

use serde_json::Value;
use serde_json::value::RawValue;
use tollbridge_connector::types::{Customer, MethodValue};
use tollbridge_domain::{Country, Currency, Invoice, Money, Operation, SourceRecord, Tax, TaxRate};

use super::customer::Payer;
use crate::config::Site;
use crate::http::body::Body;
use crate::http::fields::{BodyObject, invalid};
use crate::http::members::member;
use crate::http::problem::Problem;

/// The body of a request to open a payment.
pub struct OpenBody {
    pub operation: Operation,
    pub amount: Money,
    pub tax: Option<Tax>,
    pub method: String,
    pub source: SourceRecord,
    /// The source with its object and id as the caller spelled them.
    pub source_as_written: SourceRecord,
    pub invoice: Option<Invoice>,
    pub customer: Customer,
    pub description: Option<String>,
    pub method_values: Vec<MethodValue>,
    pub another: bool,
}

/// The site that the body names.
pub fn site_name(value: &Value) -> Result<&str, Problem> {
    let site = value.get("site").ok_or_else(|| invalid("site", "missing"))?;
    site.as_str().ok_or_else(|| invalid("site", "write it as a string"))
}

impl OpenBody {
    /// Reads it for this site.
    pub fn read(body: &Body, site: &Site) -> Result<Self, Problem> {
        let fields = BodyObject::root(
            &body.value,
            &[
                "site",
                "intent",
                "amount",
                "currency",
                "method",
                "source",
                "invoice",
                "customer",
                "contact",
                "account",
                "tax",
                "description",
                "methodData",
                "another",
            ],
        )?;
        let operation = match fields.required("intent", fields.text("intent", 16)?)? {
            "charge" => Operation::Charge,
            "authorize" => Operation::Authorize,
            "payout" => Operation::Payout,
            _ => return Err(invalid("intent", "one of charge, authorize, payout")),
        };
        let currency = currency(&fields, site)?;
        fields.given("amount")?;
        // The text of a number keeps digits that a float would lose.
        let amount = fields.required("amount", member(&body.text, "amount"))?;
        let amount = money("amount", amount, currency)?;
        if !amount.is_positive() {
            return Err(invalid("amount", "must be more than zero"));
        }
        fields.given("tax")?;
        let tax = match member(&body.text, "tax") {
            Some(written) => tax(&fields, written, amount)?,
            None => None,
        };
        let method = fields.required("method", fields.text("method", 40)?)?;
        if !site.settings.provider.services.iter().any(|service| service.name == method) {
            return Err(Problem::field("unknown_method", "method", "method: this site has no method of this name"));
        }
        let (source, source_as_written) = source(&fields)?;
        let invoice = invoice(&fields)?;
        let payer = Payer::read(&fields, method, site)?;
        Ok(Self {
            operation,
            amount,
            tax,
            method: method.to_owned(),
            source,
            source_as_written,
            invoice,
            customer: payer.customer,
            description: fields.text_or_null("description", 255)?.map(ToOwned::to_owned),
            method_values: payer.method_values,
            another: fields.flag("another")?.unwrap_or(false),
        })
    }
}

/// The amount of an operation on a payment. None means all that is left.
pub fn operation_amount(body: &Body, currency: Currency) -> Result<Option<Money>, Problem> {
    let fields = BodyObject::root(&body.value, &["amount", "currency"])?;
    let code = fields.text("currency", 8)?;
    if code.is_some_and(|code| code != currency.code()) {
        return Err(invalid("currency", format!("the payment is in {currency}")));
    }
    fields.given("amount")?;
    match member(&body.text, "amount") {
        Some(amount) => money("amount", amount, currency).map(Some),
        None => Ok(None),
    }
}

fn currency(fields: &BodyObject<'_>, site: &Site) -> Result<Currency, Problem> {
    let code = fields.required("currency", fields.text("currency", 8)?)?;
    let currency = Currency::parse(code).map_err(|error| invalid("currency", error))?;
    if site.currencies.contains(&currency) {
        return Ok(currency);
    }
    let allowed: Vec<&str> = site.currencies.iter().map(|currency| currency.code()).collect();
    let detail = format!("currency: this site takes {}", allowed.join(", "));
    Err(Problem::field("currency_not_allowed", "currency", detail))
}

fn money(field: &str, raw: &RawValue, currency: Currency) -> Result<Money, Problem> {
    let text = raw.get();
    let is_number = text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match quoted {
        Some(decimal) => Money::parse(decimal, currency),
        None if is_number => Money::parse_number(text, currency),
        None => return Err(invalid(field, "write it as a decimal string or a number")),
    }
    .map_err(|error| invalid(field, error))
}

/// The tax within the amount. It must match the amount at its rate.
fn tax(fields: &BodyObject<'_>, raw: &RawValue, total: Money) -> Result<Option<Tax>, Problem> {
    let Some(tax) = fields.object("tax", "tax", &["amount", "rate", "country", "inclusive"])? else { return Ok(None) };
    tax.given("amount")?;
    let amount = tax.required("amount", member(raw.get(), "amount"))?;
    let amount = money("tax.amount", amount, total.currency())?;
    let rate = tax.text("rate", 16)?.map(TaxRate::parse).transpose();
    let rate = rate.map_err(|error| invalid("tax.rate", error))?;
    let country = tax.text("country", 2)?.map(Country::parse).transpose();
    let country = country.map_err(|error| invalid("tax.country", error))?;
    let inclusive = tax.flag("inclusive")?.unwrap_or(true);
    Tax::within(total, amount, rate, country, inclusive).map(Some).map_err(|error| invalid("tax.amount", error))
}

/// The source record, in Salesforce's spelling and as it was written.
pub fn source(fields: &BodyObject<'_>) -> Result<(SourceRecord, SourceRecord), Problem> {
    let source = fields.required("source", fields.object("source", "source", &["object", "id", "number"])?)?;
    let object = source.required("object", source.text("object", 80)?)?;
    let id = source.required("id", source.text("id", 18)?)?;
    SourceRecord::check_object(object).map_err(|error| invalid("source.object", error))?;
    SourceRecord::canonical_id(id).map_err(|error| invalid("source.id", error))?;
    let number = source.text_or_null("number", 80)?.map(ToOwned::to_owned);
    let read = |read: fn(String, String, Option<String>) -> Result<SourceRecord, _>| {
        read(object.to_owned(), id.to_owned(), number.clone()).map_err(|error| invalid("source", error))
    };
    Ok((read(SourceRecord::parse)?, read(SourceRecord::as_written)?))
}

/// The invoice that the body names in addition to the source.
pub fn invoice(fields: &BodyObject<'_>) -> Result<Option<Invoice>, Problem> {
    let Some(invoice) = fields.object("invoice", "invoice", &["id", "number"])? else { return Ok(None) };
    let number = invoice.required("number", invoice.text("number", 80)?)?;
    let id = invoice.text("id", 18)?;
    id.map(SourceRecord::canonical_id).transpose().map_err(|error| invalid("invoice.id", error))?;
    let read = Invoice::parse(id.map(ToOwned::to_owned), number.to_owned());
    read.map(Some).map_err(|error| invalid("invoice", error))
}
