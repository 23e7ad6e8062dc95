//! The one table of the fields that Tollbridge writes in Salesforce: name, type, purpose and value. The mapper writes
//! from it, the sandbox's organisation has these fields, `make salesforce` writes their metadata, and a test compares
//! `docs/salesforce.md` with it.

use tollbridge_connector::VERSION_FIELD;
use tollbridge_connector::types::{Conversion, Money, Payment, PaymentEvent, RecordTotals, Site};

use crate::names;
use crate::value_sets::ValueSet;
use crate::values::FieldValue;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// At most so many characters; no two records have the same, and records are found by it.
    ExternalId(usize),
    /// At most so many characters.
    Text(usize),
    /// A text that is one of these today. Salesforce accepts any other too.
    Picklist(ValueSet),
    /// Text of up to 32,768 characters.
    LongText,
    /// A number with so many decimals.
    Number(u8),
    /// True or false.
    Checkbox,
    /// A date with its time.
    DateTime,
    /// The id of a record of this object.
    Lookup(&'static str),
}

/// One field of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The API name.
    pub name: &'static str,
    /// The component leaves this out: only the organisation and its people need it.
    #[cfg(not(target_family = "wasm"))]
    pub holds: FieldType,
    /// What it is for, for `docs/salesforce.md` and for the help that Salesforce shows beside the field.
    #[cfg(not(target_family = "wasm"))]
    pub purpose: &'static str,
}

/// A field, and what goes into it.
pub(crate) struct Row<R> {
    pub(crate) field: Field,
    pub(crate) read: R,
}

const fn field(name: &'static str, holds: FieldType, purpose: &'static str) -> Field {
    #[cfg(target_family = "wasm")]
    let _ = (holds, purpose);
    Field {
        name,
        #[cfg(not(target_family = "wasm"))]
        holds,
        #[cfg(not(target_family = "wasm"))]
        purpose,
    }
}

const fn row<R: Copy>(name: &'static str, holds: FieldType, purpose: &'static str, read: R) -> Row<R> {
    Row { field: field(name, holds, purpose), read }
}

/// The source of a payment's own record.
pub(crate) struct PaymentSource<'a> {
    pub(crate) payment: &'a Payment,
    pub(crate) site: &'a Site,
    pub(crate) has_events: bool,
}

/// The source of an event's record.
pub(crate) struct EventSource<'a> {
    pub(crate) payment: &'a Payment,
    pub(crate) event: &'a PaymentEvent,
    pub(crate) site: &'a Site,
}

pub(crate) type FromPayment = for<'a> fn(&'a PaymentSource<'a>) -> FieldValue<'a>;
pub(crate) type FromEvent = for<'a> fn(&'a EventSource<'a>) -> FieldValue<'a>;
pub(crate) type FromTotals = for<'a> fn(&'a RecordTotals) -> FieldValue<'a>;

const TEXT: FieldType = FieldType::Text(255);
const CURRENCY: FieldType = FieldType::Text(3);
const AMOUNT: FieldType = FieldType::Number(3);
const WHOLE: FieldType = FieldType::Number(0);
const STATUS: FieldType = FieldType::Picklist(ValueSet::Status);
const PAYMENT_LOOKUP: FieldType = FieldType::Lookup("MaldoPay_Payment__c");

/// The external id of `MaldoPay_Payment__c`.
pub(crate) const REFERENCE: Field =
    field("Reference__c", FieldType::ExternalId(40), "Tollbridge's reference of the payment");

/// The external id of `MaldoPay_Event__c`.
pub(crate) const EVENT_ID: Field = field("Event_Id__c", FieldType::ExternalId(64), "Tollbridge's id of the event");

/// The payment's own fields, in the order in which they are written.
pub(crate) const PAYMENT: &[Row<FromPayment>] = &[
    row("Status__c", STATUS, "the payment's state, such as `captured`", |of| text(names::status(of.payment.status))),
    row(
        "Intent__c",
        FieldType::Picklist(ValueSet::Intent),
        "what it was made for: `charge`, `authorize`, `payout`, or `unmatched`",
        |of| text(names::intent(of.payment.intent)),
    ),
    row("Currency__c", TEXT, "the code of the currency, by ISO 4217", |of| text(&of.payment.amount.currency)),
    row("CurrencyIsoCode", CURRENCY, "Salesforce's own, if the organisation has several currencies", |of| {
        iso_code(of.site, &of.payment.amount)
    }),
    row("Amount__c", AMOUNT, "the requested amount", |of| amount(&of.payment.amount)),
    row("Minor_Units__c", WHOLE, "the amount in the currency's smallest unit", |of| {
        FieldValue::Number(of.payment.amount.minor_units.into())
    }),
    row("Authorized_Amount__c", AMOUNT, "how much of it is or was reserved", |of| amount(&of.payment.authorized)),
    row("Captured_Amount__c", AMOUNT, "how much was captured", |of| amount(&of.payment.captured)),
    row("Refunded_Amount__c", AMOUNT, "how much went back to the payer", |of| amount(&of.payment.refunded)),
    row("Charged_Back_Amount__c", AMOUNT, "how much was charged back and not won again", |of| {
        amount(&of.payment.charged_back)
    }),
    row("Settled_Amount__c", AMOUNT, "how much was settled", |of| amount(&of.payment.settled)),
    row("Fee_Amount__c", AMOUNT, "MaldoPay's fees", |of| amount(&of.payment.fees)),
    row("Tax_Amount__c", AMOUNT, "the tax within the amount", |of| {
        of.payment.tax.as_ref().map_or(FieldValue::Unwritten, |tax| amount(&tax.amount))
    }),
    row("Tax_Rate__c", FieldType::Number(4), "the rate of the tax, in percent", |of| {
        of.payment.tax.as_ref().map_or(FieldValue::Unwritten, |tax| FieldValue::Decimal(tax.rate.as_deref()))
    }),
    row("Tax_Country__c", FieldType::Text(2), "the country of the tax, by ISO 3166-1", |of| {
        of.payment.tax.as_ref().map_or(FieldValue::Unwritten, |tax| FieldValue::Text(tax.country.as_deref()))
    }),
    row("Tax_Inclusive__c", FieldType::Checkbox, "whether the prices included the tax", |of| {
        of.payment.tax.as_ref().map_or(FieldValue::Unwritten, |tax| FieldValue::Flag(tax.inclusive))
    }),
    row("Original_Amount__c", AMOUNT, "the amount that the payer was shown, if MaldoPay converted it", |of| {
        original_amount(of.payment.conversion.as_ref())
    }),
    row("Original_Currency__c", CURRENCY, "the currency of the amount that the payer was shown", |of| {
        original_currency(of.payment.conversion.as_ref())
    }),
    row("Converted_Amount__c", AMOUNT, "the amount after MaldoPay converted it", |of| {
        converted_amount(of.payment.conversion.as_ref())
    }),
    row("Converted_Currency__c", CURRENCY, "the currency of the converted amount", |of| {
        converted_currency(of.payment.conversion.as_ref())
    }),
    row("Conversion_Rate__c", FieldType::Text(32), "the rate of the conversion, as MaldoPay wrote it", |of| {
        rate(of.payment.conversion.as_ref())
    }),
    row("Provider_Reference__c", TEXT, "MaldoPay's id of the payment's first transaction", |of| {
        FieldValue::Text(of.payment.transaction_id.as_deref())
    }),
    row("Legal_Entity__c", TEXT, "the legal entity that the payment belongs to", |of| text(&of.site.legal_entity)),
    row("Site__c", TEXT, "the name of Tollbridge's site", |of| text(&of.site.name)),
    row("Source_Object__c", TEXT, "the object of the record that the payment is for", |of| {
        FieldValue::Text(of.payment.source.as_ref().map(|source| source.object.as_str()))
    }),
    row("Source_Id__c", TEXT, "the id of the record that the payment is for", |of| {
        FieldValue::Text(of.payment.source.as_ref().map(|source| source.id.as_str()))
    }),
    row("Source_Number__c", TEXT, "the number of the record that the payment is for", |of| {
        FieldValue::Text(of.payment.source.as_ref().and_then(|source| source.number.as_deref()))
    }),
    row("Invoice_Number__c", TEXT, "the number of the payment's invoice", |of| {
        of.payment.invoice.as_ref().map_or(FieldValue::Unwritten, |invoice| text(&invoice.number))
    }),
    row("Attempt__c", WHOLE, "which attempt for its record the payment is", |of| {
        FieldValue::Number(of.payment.attempt.into())
    }),
    row("Correlation_Id__c", TEXT, "the correlation id of the request that began the payment", |of| {
        text(&of.payment.correlation_id)
    }),
    row("Reason_Code__c", TEXT, "the code of MaldoPay's last reason", |of| {
        FieldValue::Text(of.payment.reason_code.as_deref())
    }),
    row("Needs_Review__c", FieldType::Checkbox, "whether a person must look at it", |of| {
        FieldValue::Flag(!of.payment.review_reasons.is_empty())
    }),
    row("Review_Reason__c", FieldType::LongText, "why a person must look at it", |of| {
        FieldValue::Reasons(&of.payment.review_reasons)
    }),
    row("Last_Event_At__c", FieldType::DateTime, "when Tollbridge last heard of the payment", |of| {
        if of.has_events { FieldValue::Time(Some(of.payment.updated_at)) } else { FieldValue::Unwritten }
    }),
    row(VERSION_FIELD, WHOLE, "grows with every change, so that nothing older overwrites it", |of| {
        FieldValue::Number(of.payment.version.into())
    }),
];

/// The lookups of `MaldoPay_Payment__c`, by which the Order and the Invoice list their payments. They are written as a
/// record of their own, so that the payment can be shown if one of the two was deleted.
pub(crate) const LOOKUPS: &[Row<FromPayment>] = &[
    row("Order__c", FieldType::Lookup("Order"), "the Order that the payment is for", |of| {
        lookup(source_id(of.payment, "Order"))
    }),
    row(
        "Invoice__c",
        FieldType::Lookup("Invoice"),
        "the Invoice that the payment is for, if the organisation has them",
        |of| {
            let named = of.payment.invoice.as_ref().and_then(|invoice| invoice.id.as_deref());
            lookup(source_id(of.payment, "Invoice").or(named))
        },
    ),
];

/// An event's fields, in the order in which they are written.
pub(crate) const EVENT: &[Row<FromEvent>] = &[
    row("MaldoPay_Payment__c", PAYMENT_LOOKUP, "the payment that the event belongs to", |of| {
        FieldValue::Payment(&of.payment.reference)
    }),
    row("Kind__c", FieldType::Picklist(ValueSet::EventKind), "what happened, such as `captured`", |of| {
        text(names::event_kind(of.event.kind))
    }),
    row("Amount__c", AMOUNT, "the amount that the event is about", |of| {
        of.event.amount.as_ref().map_or(FieldValue::Unwritten, amount)
    }),
    row("Minor_Units__c", WHOLE, "the amount in the currency's smallest unit", |of| {
        of.event.amount.as_ref().map_or(FieldValue::Unwritten, |amount| FieldValue::Number(amount.minor_units.into()))
    }),
    row("Currency__c", TEXT, "the code of the currency, by ISO 4217", |of| {
        of.event.amount.as_ref().map_or(FieldValue::Unwritten, |amount| text(&amount.currency))
    }),
    row("CurrencyIsoCode", CURRENCY, "Salesforce's own, if the organisation has several currencies", |of| {
        of.event.amount.as_ref().map_or(FieldValue::Unwritten, |amount| iso_code(of.site, amount))
    }),
    row("Fee_Amount__c", AMOUNT, "MaldoPay's fee for it", |of| {
        of.event.fee.as_ref().map_or(FieldValue::Unwritten, amount)
    }),
    row("Original_Amount__c", AMOUNT, "the amount that the payer was shown, if MaldoPay converted it", |of| {
        original_amount(of.event.conversion.as_ref())
    }),
    row("Original_Currency__c", CURRENCY, "the currency of the amount that the payer was shown", |of| {
        original_currency(of.event.conversion.as_ref())
    }),
    row("Converted_Amount__c", AMOUNT, "the amount after MaldoPay converted it", |of| {
        converted_amount(of.event.conversion.as_ref())
    }),
    row("Converted_Currency__c", CURRENCY, "the currency of the converted amount", |of| {
        converted_currency(of.event.conversion.as_ref())
    }),
    row("Conversion_Rate__c", FieldType::Text(32), "the rate of the conversion, as MaldoPay wrote it", |of| {
        rate(of.event.conversion.as_ref())
    }),
    row("Operation_Reference__c", TEXT, "the reference of the operation, as MaldoPay named it", |of| {
        text(&of.event.reference)
    }),
    row("Provider_Reference__c", TEXT, "MaldoPay's id of the transaction", |of| {
        FieldValue::Text(of.event.transaction_id.as_deref())
    }),
    row("Original_Provider_Reference__c", TEXT, "MaldoPay's id of the transaction that this one acts on", |of| {
        FieldValue::Text(of.event.original_transaction_id.as_deref())
    }),
    row("Occurred_At__c", FieldType::DateTime, "when it happened, by MaldoPay's clock", |of| {
        FieldValue::Time(of.event.occurred_at)
    }),
    row("Code__c", TEXT, "MaldoPay's code of the result", |of| FieldValue::Text(of.event.code.as_deref())),
    row("Reason__c", TEXT, "MaldoPay's reason for the result", |of| FieldValue::Text(of.event.reason.as_deref())),
    row("Reason_Code__c", TEXT, "the code of MaldoPay's reason", |of| {
        FieldValue::Text(of.event.reason_code.as_deref())
    }),
    row("Digest__c", TEXT, "SHA-256 of what MaldoPay sent", |of| text(&of.event.digest)),
];

/// The fields of an Order or an Invoice, in the order in which they are written.
pub(crate) const TOTALS: &[Row<FromTotals>] = &[
    row("MaldoPay_Status__c", STATUS, "the state of all its payments together", |of| text(names::status(of.status))),
    row("MaldoPay_Captured_Amount__c", AMOUNT, "how much was captured", |of| amount(&of.captured)),
    row("MaldoPay_Refunded_Amount__c", AMOUNT, "how much went back to the payer", |of| amount(&of.refunded)),
    row("MaldoPay_Charged_Back_Amount__c", AMOUNT, "how much was charged back and not won again", |of| {
        amount(&of.charged_back)
    }),
    row("MaldoPay_Settled_Amount__c", AMOUNT, "how much was settled", |of| amount(&of.settled)),
    row("MaldoPay_Paid_Out_Amount__c", AMOUNT, "how much was paid out", |of| amount(&of.paid_out)),
    row("MaldoPay_Transaction_Id__c", TEXT, "MaldoPay's transaction of the payment that represents the record", |of| {
        FieldValue::Text(of.transaction_id.as_deref())
    }),
    row("MaldoPay_Payment__c", PAYMENT_LOOKUP, "the payment that represents the record", |of| {
        FieldValue::Payment(&of.reference)
    }),
    row("MaldoPay_Needs_Review__c", FieldType::Checkbox, "whether a person must look at one of its payments", |of| {
        FieldValue::Flag(!of.review_reasons.is_empty())
    }),
    row("MaldoPay_Review_Reason__c", FieldType::LongText, "why a person must look at them", |of| {
        FieldValue::Reasons(&of.review_reasons)
    }),
];

/// Every field of an object that Tollbridge writes, its external id first; none of another object.
#[cfg(not(target_family = "wasm"))]
#[must_use]
pub fn fields(object: &str) -> Vec<Field> {
    fn of<R>(rows: &[Row<R>]) -> impl Iterator<Item = Field> {
        rows.iter().map(|row| row.field)
    }
    match object {
        "MaldoPay_Payment__c" => [REFERENCE].into_iter().chain(of(PAYMENT)).chain(of(LOOKUPS)).collect(),
        "MaldoPay_Event__c" => [EVENT_ID].into_iter().chain(of(EVENT)).collect(),
        "Order" | "Invoice" => of(TOTALS).collect(),
        _ => Vec::new(),
    }
}

fn text(text: &str) -> FieldValue<'_> {
    FieldValue::Text(Some(text))
}

fn amount(money: &Money) -> FieldValue<'_> {
    FieldValue::Amount(Some(money))
}

fn iso_code<'a>(site: &Site, money: &'a Money) -> FieldValue<'a> {
    if site.multi_currency { text(&money.currency) } else { FieldValue::Unwritten }
}

// A payment that was never converted has none of these fields, so that an organisation without conversions needs none.
// A part that this conversion lacks is cleared, so that none stays from an earlier one.

fn original_amount(conversion: Option<&Conversion>) -> FieldValue<'_> {
    conversion.map_or(FieldValue::Unwritten, |conversion| FieldValue::Amount(conversion.original.as_ref()))
}

fn original_currency(conversion: Option<&Conversion>) -> FieldValue<'_> {
    conversion.map_or(FieldValue::Unwritten, |conversion| {
        FieldValue::Text(conversion.original.as_ref().map(|original| original.currency.as_str()))
    })
}

fn converted_amount(conversion: Option<&Conversion>) -> FieldValue<'_> {
    conversion.map_or(FieldValue::Unwritten, |conversion| amount(&conversion.amount))
}

fn converted_currency(conversion: Option<&Conversion>) -> FieldValue<'_> {
    conversion.map_or(FieldValue::Unwritten, |conversion| text(&conversion.amount.currency))
}

fn rate(conversion: Option<&Conversion>) -> FieldValue<'_> {
    conversion.map_or(FieldValue::Unwritten, |conversion| FieldValue::Text(conversion.rate.as_deref()))
}

fn source_id<'a>(payment: &'a Payment, object: &str) -> Option<&'a str> {
    payment.source.as_ref().filter(|source| source.object == object).map(|source| source.id.as_str())
}

fn lookup(id: Option<&str>) -> FieldValue<'_> {
    id.map_or(FieldValue::Unwritten, text)
}
