//! A mapper's words about what is wrong are kept with the payment, logged nowhere and shown to whoever looks. The mapper may
//! be anybody's, so words that quote what MaldoPay said of the payer are left out.

use tollbridge_connector::types::{Payment, PaymentEvent};

use crate::ports::MappingProblem;

/// Shorter values, such as a country, stand in other words by chance.
const SHORTEST: usize = 4;

/// The problem without words that quote what was given to the mapper of the payer.
pub fn without_quotes(problem: MappingProblem, payment: &Payment, events: &[PaymentEvent]) -> MappingProblem {
    let details = payment.details.iter().chain(events.iter().flat_map(|event| &event.details));
    let values = details.map(|detail| &detail.value).chain(events.iter().filter_map(|event| event.reason.as_ref()));
    let is_quoted = |value: &String| problem.field.contains(value) || problem.detail.contains(value);
    if !values.filter(|value| value.len() >= SHORTEST).any(is_quoted) {
        return problem;
    }
    let detail = "the mapper's words quote what MaldoPay said of the payer, so they are not kept".to_owned();
    MappingProblem { field: "a field".to_owned(), detail }
}
