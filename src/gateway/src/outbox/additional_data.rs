//! Additional data about the customer and the payment method that MaldoPay sent with an event. Events are stored
//! without it. Where a mapping document may use it, it is extracted again from the stored body.

use tollbridge_connector::{Details, types};
use tollbridge_domain::{Event, OperationReference};
use tollbridge_ledger::History;

use super::salesforce_sync::SalesforceSync;

impl SalesforceSync<'_> {
    /// The additional data of every event. Reads nothing on a site without a document.
    pub(super) fn details(&self, history: &History) -> Details {
        let mapping = &self.context.site.mapping;
        if mapping.document.is_none() && mapping.shadow.is_none() {
            return Details::default();
        }
        let entries = history.entries.iter();
        let stored = entries.filter_map(|entry| Some((entry.fact.event()?, history.raw.get(&entry.sequence)?)));
        let (events, bodies): (Vec<&Event>, Vec<String>) = stored.map(|(event, raw)| (event, raw.clone())).unzip();
        let details = self.context.ports.provider.details(&bodies, self.context.site);
        Details::of(events.into_iter().zip(details))
    }
}

/// Events as a mapper receives them: each with the reference of its operation and its additional data.
pub fn mapper_events<'a>(
    history: &History,
    events: impl Iterator<Item = &'a Event>,
    details: &Details,
) -> Vec<types::PaymentEvent> {
    events
        .map(|event| {
            let operation = OperationReference { payment: history.reference.clone(), operation: event.operation };
            details.with_event(&event.id, (event.clone(), operation.to_string()).into())
        })
        .collect()
}
