//! Mapping documents: the shipped ones, refused ones, and hostile ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test whose data is wrong is to stop there"
)]

mod checking;
mod deltas;
mod documentation;
mod golden;
mod histories;
mod hostile_documents;
mod money;
mod profiles;
mod refused_documents;
mod same_as_compiled;

use tollbridge_connector::types::{Payment, PaymentEvent, RecordWrite, Site};
use tollbridge_replay::RecordedHistory;
use tollbridge_rules::{CompiledMapping, MappingError};

/// Evaluates a document with this expression as its only field, for the whole history.
fn field_of(expression: &str, history: &RecordedHistory) -> Result<Option<String>, MappingError> {
    let document = one_field(expression);
    let mapping = CompiledMapping::read(&document).unwrap_or_else(|problems| panic!("{expression}: {problems:?}"));
    let payment: Payment = history.payment(history.entries.len()).unwrap();
    let records = mapping.records(&payment, &history.events(0..history.entries.len()), &history.site)?;
    Ok(records[0].fields.iter().find(|field| field.name == "Value__c").map(|field| field.value.clone()))
}

/// A document with one record that has this field and a constant one.
fn one_field(expression: &str) -> String {
    format!(
        "name = \"one\"\n[[record]]\nname = \"one\"\nobject = \"One__c\"\neach = \"payment\"\nmode = \"upsert\"\n\
         external_id = {{ field = \"Reference__c\", value = '.payment.reference' }}\n[record.fields]\n\
         Always__c = 'true'\nValue__c = '''\n{expression}\n'''\n"
    )
}

/// The problems of a document with this expression as its only field.
fn problems_of(expression: &str) -> Vec<String> {
    let problems = tollbridge_rules::check(&one_field(expression));
    problems.into_iter().map(|problem| problem.problem).collect()
}

/// The compiled mapper.
fn compiled(payment: &Payment, events: &[PaymentEvent], site: &Site) -> Result<Vec<RecordWrite>, String> {
    tollbridge_records::records(payment, events, site).map_err(|error| format!("{}: {}", error.field, error.problem))
}
