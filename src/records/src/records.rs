//! The records of a payment, in the order in which they must be written.

use tollbridge_connector::types::{
    ExternalId, Field, Payment, PaymentEvent, RecordKey, RecordWrite, Site, SourceRecord, WriteMode,
};

use crate::fields::{self, EventSource, PaymentSource, Row};
use crate::values::{FieldError, FieldValue};

/// The objects that this mapper writes.
pub const OBJECTS: [&str; 4] = ["MaldoPay_Payment__c", "MaldoPay_Event__c", "Order", "Invoice"];

/// The records as they should be after these events.
///
/// # Errors
/// A value cannot be written; only a component that is not Tollbridge's own passes such a value.
pub fn records(payment: &Payment, events: &[PaymentEvent], site: &Site) -> Result<Vec<RecordWrite>, FieldError> {
    let mut writes = Vec::with_capacity(events.len().saturating_add(3));
    let source = PaymentSource { payment, site, has_events: !events.is_empty() };
    writes.push(payment_record(payment, written(fields::PAYMENT, |read| read(&source))?));
    for event in events {
        let source = EventSource { payment, event, site };
        writes.push(RecordWrite {
            object: "MaldoPay_Event__c".to_owned(),
            key: external_id(fields::EVENT_ID.name, &event.id),
            mode: WriteMode::InsertOnce,
            fields: written(fields::EVENT, |read| read(&source))?,
        });
    }
    writes.extend(source_record(payment)?);
    let lookups = written(fields::LOOKUPS, |read| read(&source))?;
    if !lookups.is_empty() {
        writes.push(payment_record(payment, lookups));
    }
    Ok(writes)
}

fn written<'a, R: Copy>(rows: &[Row<R>], value: impl Fn(R) -> FieldValue<'a>) -> Result<Vec<Field>, FieldError> {
    let mut fields = Vec::with_capacity(rows.len());
    for row in rows {
        fields.extend(value(row.read).written(row.field.name)?);
    }
    Ok(fields)
}

fn payment_record(payment: &Payment, fields: Vec<Field>) -> RecordWrite {
    RecordWrite {
        object: "MaldoPay_Payment__c".to_owned(),
        key: external_id(fields::REFERENCE.name, &payment.reference),
        mode: WriteMode::Upsert,
        fields,
    }
}

/// The Order or Invoice, with the sums over all its payments: whichever of them is synced, it shows the same. Another
/// object has fields that only a mapping of its own can know.
fn source_record(payment: &Payment) -> Result<Option<RecordWrite>, FieldError> {
    let source = payment.source.as_ref().filter(|source| matches!(source.object.as_str(), "Order" | "Invoice"));
    let (Some(SourceRecord { object, id, .. }), Some(totals)) = (source, payment.record.as_ref()) else {
        return Ok(None);
    };
    Ok(Some(RecordWrite {
        object: object.clone(),
        key: RecordKey::Id(id.clone()),
        mode: WriteMode::Update,
        fields: written(fields::TOTALS, |read| read(totals))?,
    }))
}

fn external_id(field: &str, value: &str) -> RecordKey {
    RecordKey::ExternalId(ExternalId { field: field.to_owned(), value: value.to_owned() })
}
