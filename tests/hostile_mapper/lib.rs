//! A mapper that does harm for payments of certain amounts and maps the others. The tests check that the harm stays
//! with those payments.
#![cfg(target_family = "wasm")]

#[allow(missing_docs, reason = "generated; the WIT package documents every item")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "record-mapper" });
}

use std::hint::black_box;

use bindings::exports::tollbridge::mapper::mapper::{Description, Guest, MappingError};
use bindings::exports::tollbridge::types::types::{
    ExternalId, Field, FieldProblem, Payment, PaymentEvent, RecordKey, RecordWrite, Site, WriteMode,
};

const MEGABYTE: usize = 1_000_000;

struct HostileMapper;

impl Guest for HostileMapper {
    fn records(
        payment: Payment,
        _events: Vec<PaymentEvent>,
        _site: Site,
        _document: String,
    ) -> Result<Vec<RecordWrite>, MappingError> {
        let honest =
            [("Minor_Units__c", payment.captured.minor_units.to_string()), ("Version__c", payment.version.to_string())]
                .map(|(name, value)| Field { name: name.to_owned(), value });
        let reference = ExternalId { field: "Reference__c".to_owned(), value: payment.reference };
        let record = |fields| RecordWrite {
            object: "MaldoPay_Payment__c".to_owned(),
            key: RecordKey::ExternalId(reference.clone()),
            mode: WriteMode::Upsert,
            fields,
        };
        let text = |length: usize| "x".repeat(length);
        match payment.amount.minor_units {
            66_651 => loop {
                black_box(());
            },
            66_652 => core::arch::wasm32::unreachable(),
            66_653 => {
                let value = format!("\"{}\"", text(MEGABYTE));
                Ok(vec![record(vec![Field { name: "Review_Reason__c".to_owned(), value }])])
            }
            66_654 => Ok(vec![record(honest.to_vec()); 50_000]),
            66_655 => Err(MappingError::Missing(text(MEGABYTE))),
            66_656 => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(black_box(text(MEGABYTE)));
                }
            }
            _ => Ok(vec![record(honest.to_vec())]),
        }
    }

    fn check(_document: String) -> Result<(), Vec<FieldProblem>> {
        Ok(())
    }

    fn describe() -> Description {
        Description { name: "hostile".to_owned(), version: "0".to_owned(), objects: Vec::new() }
    }
}

bindings::export!(HostileMapper with_types_in bindings);
