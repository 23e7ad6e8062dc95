//! What the provider said besides of the customer and the method. It is not kept with the events: where a document may ask
//! for it, it is read again from what the provider sent.

use tollbridge_connector::{Details, types};
use tollbridge_domain::{Event, OperationReference};
use tollbridge_ledger::History;

use super::sync::SalesforceSync;

impl SalesforceSync<'_> {
    /// What was said besides with every event. Reads nothing where no document may ask for it.
    pub(super) fn details(&self, history: &History) -> Details {
        let mapping = &self.context.site.mapping;
        if mapping.document.is_none() && mapping.shadow.is_none() {
            return Details::default();
        }
        let entries = history.entries.iter();
        let said = entries.filter_map(|entry| Some((entry.fact.event()?, history.raw.get(&entry.sequence)?)));
        let (events, bodies): (Vec<&Event>, Vec<String>) = said.map(|(event, raw)| (event, raw.clone())).unzip();
        let details = self.context.ports.provider.details(&bodies, self.context.site);
        Details::of(events.into_iter().zip(details))
    }
}

/// Events with the references of the operations that they are about, as a mapper sees them.
pub fn named<'a>(
    history: &History,
    events: impl Iterator<Item = &'a Event>,
    details: &Details,
) -> Vec<types::PaymentEvent> {
    events
        .map(|event| {
            let named = OperationReference { payment: history.reference.clone(), operation: event.operation };
            details.with_event(&event.id, (event.clone(), named.to_string()).into())
        })
        .collect()
}
