//! Removes the payer's data, and the address with the payer's token, from a mapper's error message. The message is
//! stored with the payment and shown to operators, and the mapper can be third-party code, so a message that quotes
//! what MaldoPay said of the payer is replaced.

use tollbridge_connector::types::{Payment, PaymentEvent};

use crate::ports::MappingProblem;

/// Shorter values, such as a country code, occur in other words by chance.
const MIN_BYTES: usize = 4;

/// The problem, without its text where that quotes the payer's data.
pub fn redacted(problem: MappingProblem, payment: &Payment, events: &[PaymentEvent]) -> MappingProblem {
    let details = payment.details.iter().chain(events.iter().flat_map(|event| &event.details));
    let of_events = events.iter().flat_map(|event| [&event.reason, &event.redirect_url]).flatten();
    let values = details.map(|detail| &detail.value).chain(of_events);
    let is_quoted = |value: &String| problem.field.contains(value) || problem.detail.contains(value);
    if !values.filter(|value| value.len() >= MIN_BYTES).any(is_quoted) {
        return problem;
    }
    let detail = "the mapper's message quotes what MaldoPay said of the payer, so it is not stored".to_owned();
    MappingProblem { field: "a field".to_owned(), detail }
}
