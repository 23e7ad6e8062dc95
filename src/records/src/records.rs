//! Which payment fact goes to which field.

use tollbridge_connector::types::{
    Conversion, ExternalId, Payment, PaymentEvent, RecordKey, RecordWrite, Site, SourceRecord, WriteMode,
};

use crate::fields::Fields;
use crate::names;

/// A field that could not be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingError {
    /// The field's API name.
    pub field: String,
    /// What is wrong, without the value.
    pub problem: String,
}

/// The objects that this mapper writes.
pub const OBJECTS: [&str; 4] = ["MaldoPay_Payment__c", "MaldoPay_Event__c", "Order", "Invoice"];

/// The records as they should be after these events.
///
/// # Errors
/// A value cannot be written; only a component that is not Tollbridge's own hands in such a one.
pub fn records(payment: &Payment, events: &[PaymentEvent], site: &Site) -> Result<Vec<RecordWrite>, MappingError> {
    let mut writes = Vec::with_capacity(events.len().saturating_add(3));
    writes.push(payment_record(payment, events, site)?);
    for event in events {
        writes.push(event_record(payment, event, site)?);
    }
    writes.extend(source_record(payment)?);
    writes.extend(lookups(payment));
    Ok(writes)
}

fn payment_record(payment: &Payment, events: &[PaymentEvent], site: &Site) -> Result<RecordWrite, MappingError> {
    let mut fields = Fields::default();
    fields.text("Status__c", Some(names::status(payment.status)));
    fields.text("Intent__c", Some(names::intent(payment.intent)));
    fields.text("Currency__c", Some(&payment.amount.currency));
    if site.multi_currency {
        fields.text("CurrencyIsoCode", Some(&payment.amount.currency));
    }
    fields.amount("Amount__c", &payment.amount)?;
    fields.number("Minor_Units__c", payment.amount.minor_units);
    for (name, amount) in [
        ("Authorized_Amount__c", &payment.authorized),
        ("Captured_Amount__c", &payment.captured),
        ("Refunded_Amount__c", &payment.refunded),
        ("Charged_Back_Amount__c", &payment.charged_back),
        ("Settled_Amount__c", &payment.settled),
        ("Fee_Amount__c", &payment.fees),
    ] {
        fields.amount(name, amount)?;
    }
    if let Some(tax) = &payment.tax {
        fields.amount("Tax_Amount__c", &tax.amount)?;
        fields.decimal("Tax_Rate__c", tax.rate.as_deref())?;
        fields.text("Tax_Country__c", tax.country.as_deref());
        fields.flag("Tax_Inclusive__c", tax.inclusive);
    }
    conversion(&mut fields, payment.conversion.as_ref())?;
    fields.text("Provider_Reference__c", payment.transaction_id.as_deref());
    fields.text("Legal_Entity__c", Some(&site.legal_entity));
    fields.text("Site__c", Some(&site.name));
    let source = payment.source.as_ref();
    fields.text("Source_Object__c", source.map(|source| source.object.as_str()));
    fields.text("Source_Id__c", source.map(|source| source.id.as_str()));
    fields.text("Source_Number__c", source.and_then(|source| source.number.as_deref()));
    if let Some(invoice) = &payment.invoice {
        fields.text("Invoice_Number__c", Some(&invoice.number));
    }
    fields.number("Attempt__c", payment.attempt);
    fields.text("Correlation_Id__c", Some(&payment.correlation_id));
    fields.text("Reason_Code__c", payment.reason_code.as_deref());
    fields.flag("Needs_Review__c", !payment.review_reasons.is_empty());
    fields.text("Review_Reason__c", review_reason(&payment.review_reasons).as_deref());
    if !events.is_empty() {
        fields.time("Last_Event_At__c", Some(payment.updated_at))?;
    }
    fields.number("Version__c", payment.version);
    Ok(RecordWrite {
        object: "MaldoPay_Payment__c".to_owned(),
        key: external_id("Reference__c", &payment.reference),
        mode: WriteMode::Upsert,
        fields: fields.into_list(),
    })
}

fn event_record(payment: &Payment, event: &PaymentEvent, site: &Site) -> Result<RecordWrite, MappingError> {
    let mut fields = Fields::default();
    fields.parent("MaldoPay_Payment__r", "Reference__c", &payment.reference);
    fields.text("Kind__c", Some(names::event_kind(event.kind)));
    if let Some(amount) = &event.amount {
        fields.amount("Amount__c", amount)?;
        fields.number("Minor_Units__c", amount.minor_units);
        fields.text("Currency__c", Some(&amount.currency));
        if site.multi_currency {
            fields.text("CurrencyIsoCode", Some(&amount.currency));
        }
    }
    if let Some(fee) = &event.fee {
        fields.amount("Fee_Amount__c", fee)?;
    }
    conversion(&mut fields, event.conversion.as_ref())?;
    fields.text("Operation_Reference__c", Some(&event.reference));
    fields.text("Provider_Reference__c", event.transaction_id.as_deref());
    fields.text("Original_Provider_Reference__c", event.original_transaction_id.as_deref());
    fields.time("Occurred_At__c", event.occurred_at)?;
    fields.text("Code__c", event.code.as_deref());
    fields.text("Reason__c", event.reason.as_deref());
    fields.text("Reason_Code__c", event.reason_code.as_deref());
    fields.text("Digest__c", Some(&event.digest));
    Ok(RecordWrite {
        object: "MaldoPay_Event__c".to_owned(),
        key: external_id("Event_Id__c", &event.id),
        mode: WriteMode::InsertOnce,
        fields: fields.into_list(),
    })
}

/// What the payer was shown, beside what it was converted to. A payment that was never converted has none of these fields, so that
/// an organisation without conversions needs none.
fn conversion(fields: &mut Fields, conversion: Option<&Conversion>) -> Result<(), MappingError> {
    let Some(conversion) = conversion else { return Ok(()) };
    // A part that this conversion has not must not stay from an earlier one.
    match &conversion.original {
        Some(original) => fields.amount("Original_Amount__c", original)?,
        None => fields.text("Original_Amount__c", None),
    }
    fields.text("Original_Currency__c", conversion.original.as_ref().map(|original| original.currency.as_str()));
    fields.amount("Converted_Amount__c", &conversion.amount)?;
    fields.text("Converted_Currency__c", Some(&conversion.amount.currency));
    fields.text("Conversion_Rate__c", conversion.rate.as_deref());
    Ok(())
}

/// The Order or Invoice, with the sums over all payments for it: whichever of them is told, it shows the same. Another
/// object has fields that only a mapping of its own can know.
fn source_record(payment: &Payment) -> Result<Option<RecordWrite>, MappingError> {
    let source = payment.source.as_ref().filter(|source| matches!(source.object.as_str(), "Order" | "Invoice"));
    let (Some(source), Some(totals)) = (source, payment.record.as_ref()) else { return Ok(None) };
    let mut fields = Fields::default();
    fields.text("MaldoPay_Status__c", Some(names::status(totals.status)));
    for (name, amount) in [
        ("MaldoPay_Captured_Amount__c", &totals.captured),
        ("MaldoPay_Refunded_Amount__c", &totals.refunded),
        ("MaldoPay_Charged_Back_Amount__c", &totals.charged_back),
        ("MaldoPay_Settled_Amount__c", &totals.settled),
        ("MaldoPay_Paid_Out_Amount__c", &totals.paid_out),
    ] {
        fields.amount(name, amount)?;
    }
    fields.text("MaldoPay_Transaction_Id__c", totals.transaction_id.as_deref());
    fields.parent("MaldoPay_Payment__r", "Reference__c", &totals.reference);
    fields.flag("MaldoPay_Needs_Review__c", !totals.review_reasons.is_empty());
    fields.text("MaldoPay_Review_Reason__c", review_reason(&totals.review_reasons).as_deref());
    Ok(Some(update(source, fields)))
}

/// The Order and the Invoice that the payment is for, by which each lists its payments. A record of its own, so that the
/// payment can be shown where one of them is gone.
fn lookups(payment: &Payment) -> Option<RecordWrite> {
    let source = payment.source.as_ref();
    let of = |object: &str| source.filter(|source| source.object == object).map(|source| source.id.as_str());
    let named = payment.invoice.as_ref().and_then(|invoice| invoice.id.as_deref());
    let mut fields = Fields::default();
    for (name, id) in [("Order__c", of("Order")), ("Invoice__c", of("Invoice").or(named))] {
        if id.is_some() {
            fields.text(name, id);
        }
    }
    let fields = fields.into_list();
    (!fields.is_empty()).then(|| RecordWrite {
        object: "MaldoPay_Payment__c".to_owned(),
        key: external_id("Reference__c", &payment.reference),
        mode: WriteMode::Upsert,
        fields,
    })
}

fn update(source: &SourceRecord, fields: Fields) -> RecordWrite {
    RecordWrite {
        object: source.object.clone(),
        key: RecordKey::Id(source.id.clone()),
        mode: WriteMode::Update,
        fields: fields.into_list(),
    }
}

fn external_id(field: &str, value: &str) -> RecordKey {
    RecordKey::ExternalId(ExternalId { field: field.to_owned(), value: value.to_owned() })
}

fn review_reason(reasons: &[String]) -> Option<String> {
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
