//! Parses the bodies of commands into domain types.

use serde_json::Value;
use serde_json::value::RawValue;
use tollbridge_connector::types::{Customer, MethodValue};
use tollbridge_domain::{Country, Currency, Invoice, Money, Operation, SourceRecord, Tax, TaxRate};

use super::customer::Payer;
use crate::config::Site;
use crate::http::body::Body;
use crate::http::fields::{BodyObject, FieldProblems, invalid};
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
    ///
    /// # Errors
    /// All fields that are wrong or missing, as far as they can be read without each other.
    pub fn read(body: &Body, site: &Site) -> Result<Self, Problem> {
        let mut problems = FieldProblems::default();
        let fields = BodyObject::root_with(
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
            &mut problems,
        )?;
        let operation = problems.value(operation(&fields));
        let currency = problems.value(currency(&fields, site));
        let amount = problems.value(amount(&fields, body, currency)).flatten();
        let tax = fields.object("tax", "tax", &["amount", "rate", "country", "inclusive"], &mut problems);
        let tax = tax.and_then(|fields| tax_within(&fields, body, amount, &mut problems));
        let method = problems.value(method(&fields, site));
        let source = source(&fields, &mut problems);
        let invoice = invoice(&fields, &mut problems);
        let payer = Payer::read(&fields, method, site, &mut problems);
        let description = problems.optional(fields.text_or_null("description", 255));
        let another = problems.optional(fields.flag("another"));
        let (Some(operation), Some(amount), Some(method), Some((source, source_as_written)), false) =
            (operation, amount, method, source, problems.found_any())
        else {
            return Err(problems.into_problem());
        };
        Ok(Self {
            operation,
            amount,
            tax,
            method: method.to_owned(),
            source,
            source_as_written,
            invoice,
            customer: payer.customer,
            description: description.map(ToOwned::to_owned),
            method_values: payer.method_values,
            another: another.unwrap_or(false),
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

fn operation(fields: &BodyObject<'_>) -> Result<Operation, Problem> {
    match fields.required("intent", fields.text("intent", 16)?)? {
        "charge" => Ok(Operation::Charge),
        "authorize" => Ok(Operation::Authorize),
        "payout" => Ok(Operation::Payout),
        _ => Err(invalid("intent", "one of charge, authorize, payout")),
    }
}

/// The amount; none if it is there and its currency is not known.
fn amount(fields: &BodyObject<'_>, body: &Body, currency: Option<Currency>) -> Result<Option<Money>, Problem> {
    fields.given("amount")?;
    // The text of a number keeps digits that a float would lose.
    let amount = fields.required("amount", member(&body.text, "amount"))?;
    let amount = currency.map(|currency| money("amount", amount, currency)).transpose()?;
    if amount.is_some_and(|amount| !amount.is_positive()) {
        return Err(invalid("amount", "must be more than zero"));
    }
    Ok(amount)
}

/// The name of the method, which the site has.
fn method<'a>(fields: &BodyObject<'a>, site: &Site) -> Result<&'a str, Problem> {
    let method = fields.required("method", fields.text("method", 40)?)?;
    if site.settings.provider.services.iter().any(|service| service.name == method) {
        return Ok(method);
    }
    Err(Problem::field("unknown_method", "method", "method: this site has no method of this name"))
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

/// The tax within the total, which it must match at its rate. It is not compared if the total cannot be read.
fn tax_within(fields: &BodyObject<'_>, body: &Body, total: Option<Money>, problems: &mut FieldProblems) -> Option<Tax> {
    let written = member(&body.text, "tax").and_then(|tax| member(tax.get(), "amount"));
    let written = fields.given("amount").and_then(|_| fields.required("amount", written));
    let amount = problems.value(written).zip(total);
    let amount = amount.map(|(amount, total)| money("tax.amount", amount, total.currency()));
    let amount = problems.optional(amount.transpose());
    let rate = fields
        .text("rate", 16)
        .and_then(|rate| rate.map(TaxRate::parse).transpose().map_err(|error| invalid("tax.rate", error)));
    let rate = problems.value(rate);
    let country = fields
        .text("country", 2)
        .and_then(|country| country.map(Country::parse).transpose().map_err(|error| invalid("tax.country", error)));
    let country = problems.value(country);
    let inclusive = problems.value(fields.flag("inclusive"));
    let within = Tax::within(total?, amount?, rate?, country?, inclusive?.unwrap_or(true));
    problems.value(within.map_err(|error| invalid("tax.amount", error)))
}

/// The source record, in Salesforce's spelling and as it was written. It is none after its problems are kept.
pub fn source(fields: &BodyObject<'_>, problems: &mut FieldProblems) -> Option<(SourceRecord, SourceRecord)> {
    if !fields.has("source") {
        problems.add(fields.given("source").and_then(|_| fields.required::<()>("source", None)).err()?);
        return None;
    }
    let source = fields.object("source", "source", &["object", "id", "number"], problems)?;
    let object = source.text("object", 80).and_then(|object| source.required("object", object));
    let object = problems.value(object.and_then(|object| {
        SourceRecord::check_object(object).map(|_| object).map_err(|error| invalid("source.object", error))
    }));
    let id = source.text("id", 18).and_then(|id| source.required("id", id));
    let id = problems.value(
        id.and_then(|id| SourceRecord::canonical_id(id).map(|_| id).map_err(|error| invalid("source.id", error))),
    );
    let number = problems.value(source.text_or_null("number", 80))?.map(ToOwned::to_owned);
    let (object, id) = (object?, id?);
    let read = |read: fn(String, String, Option<String>) -> Result<SourceRecord, _>| {
        read(object.to_owned(), id.to_owned(), number.clone()).map_err(|error| invalid("source", error))
    };
    problems.value(read(SourceRecord::parse)).zip(problems.value(read(SourceRecord::as_written)))
}

/// The invoice that the body names in addition to the source. It is none after its problems are kept.
pub fn invoice(fields: &BodyObject<'_>, problems: &mut FieldProblems) -> Option<Invoice> {
    let invoice = fields.object("invoice", "invoice", &["id", "number"], problems)?;
    let number = invoice.text("number", 80).and_then(|number| invoice.required("number", number));
    let number = problems.value(number);
    let id = problems.value(invoice.text("id", 18).and_then(|id| {
        id.map(SourceRecord::canonical_id).transpose().map(|_| id).map_err(|error| invalid("invoice.id", error))
    }));
    let read = Invoice::parse(id?.map(ToOwned::to_owned), number?.to_owned());
    problems.value(read.map_err(|error| invalid("invoice", error)))
}
