//! Parses a recorded history and derives the mapper's input from it.

use std::collections::BTreeMap;

use serde::Deserialize;
use tollbridge_connector::{Details, types};
use tollbridge_domain::{
    CorrelationId, Currency, Entry, Fact, Money, OperationReference, Payment, PaymentReference, PaymentSummary,
    RecordTotals, Timestamp,
};
use tollbridge_maldopay::{SignedNumbers, Signing};

/// A recorded history of one payment.
#[derive(Debug)]
pub struct RecordedHistory {
    /// The payment's reference.
    pub reference: PaymentReference,
    /// The entries, ordered by sequence number.
    pub entries: Vec<Entry>,
    /// The site as a mapper sees it.
    pub site: types::Site,
    /// The orders in which the site fixes the field names of its callbacks.
    pub callback_fields: Vec<Vec<String>>,
    /// Whether a later attempt has replaced this one.
    pub superseded: bool,
    /// The other payments for the same record, by attempt number.
    pub others: BTreeMap<u64, PaymentSummary>,
    /// MaldoPay's raw callbacks and answers where they were recorded, by the sequence number of their entry.
    pub raw: BTreeMap<u64, String>,
}

/// Why a text is no history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The JSON does not have the form of a history.
    #[error("not a recorded history: {0}; GET /v1/payments/REF/events answers with one")]
    Form(#[from] serde_json::Error),
    /// An entry's time is invalid.
    #[error("entry {sequence}: receivedAt is not a time such as 2026-11-20T10:15:30.000Z")]
    Time {
        /// The entry's sequence number.
        sequence: u64,
    },
    /// The history has no entries.
    #[error("the history has no entries")]
    Empty,
}

/// The part of the JSON that is read. A mapper has no use for the audit's verdict.
#[derive(Deserialize)]
struct HistoryDocument {
    reference: PaymentReference,
    events: Vec<WrittenEntry>,
    #[serde(default)]
    site: WrittenSite,
    #[serde(default)]
    superseded: bool,
    #[serde(default)]
    others: BTreeMap<u64, PaymentSummary>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenEntry {
    sequence: u64,
    #[serde(flatten)]
    fact: Fact,
    received_at: String,
    correlation_id: CorrelationId,
    #[serde(default)]
    raw: Option<String>,
}

/// The part of a site's configuration that a mapper may see.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenSite {
    name: String,
    legal_entity: String,
    locale: String,
    multi_currency: bool,
    signature: WrittenSignature,
    callback_fields: Vec<Vec<String>>,
}

/// The signature scheme, which decides what additional data a callback may contain.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenSignature {
    #[default]
    ValuesPipe,
    Body,
    StandardWebhooks,
}

impl From<WrittenSignature> for types::SignatureScheme {
    fn from(signature: WrittenSignature) -> Self {
        match signature {
            WrittenSignature::ValuesPipe => Self::ValuesPipe,
            WrittenSignature::Body => Self::Body,
            WrittenSignature::StandardWebhooks => Self::StandardWebhooks,
        }
    }
}

impl Default for WrittenSite {
    fn default() -> Self {
        Self {
            name: "site".to_owned(),
            legal_entity: "Legal entity".to_owned(),
            locale: "en-US".to_owned(),
            multi_currency: false,
            signature: WrittenSignature::default(),
            callback_fields: Vec::new(),
        }
    }
}

impl From<WrittenSite> for types::Site {
    fn from(site: WrittenSite) -> Self {
        Self {
            name: site.name,
            legal_entity: site.legal_entity,
            locale: site.locale,
            multi_currency: site.multi_currency,
            // A mapper does not see the contract with the provider, but the type requires these fields.
            provider: types::ProviderSettings {
                client_id: 0,
                brand_id: 0,
                integration_id: 0,
                services: Vec::new(),
                signature: site.signature.into(),
                amount_format: types::AmountFormat::DecimalString,
                utc_offset_seconds: 0,
                time_zone: None,
                landing_pages: None,
            },
        }
    }
}

impl RecordedHistory {
    /// Parses a history from JSON.
    ///
    /// # Errors
    /// See [`HistoryError`].
    ///
    /// ```
    /// use tollbridge_replay::RecordedHistory;
    ///
    /// let json = include_str!("../../../profiles/order/callback-for-an-unknown-payment.json");
    /// let history = RecordedHistory::read(json)?;
    /// assert_eq!(history.entries.len(), 1);
    /// assert_eq!(history.site.name, "tr");
    /// # Ok::<(), tollbridge_replay::HistoryError>(())
    /// ```
    pub fn read(json: &str) -> Result<Self, HistoryError> {
        let written: HistoryDocument = serde_json::from_str(json)?;
        let mut entries = Vec::with_capacity(written.events.len());
        let mut raw = BTreeMap::new();
        for entry in written.events {
            raw.extend(entry.raw.map(|raw| (entry.sequence, raw)));
            let received_at = entry.received_at.strip_suffix('Z').unwrap_or(&entry.received_at);
            let received_at =
                Timestamp::parse_local(received_at, 0).map_err(|_| HistoryError::Time { sequence: entry.sequence })?;
            entries.push(Entry {
                sequence: entry.sequence,
                fact: entry.fact,
                received_at,
                correlation_id: entry.correlation_id,
            });
        }
        entries.sort_by_key(|entry| entry.sequence);
        if entries.is_empty() {
            return Err(HistoryError::Empty);
        }
        let HistoryDocument { reference, mut site, superseded, others, .. } = written;
        let callback_fields = core::mem::take(&mut site.callback_fields);
        Ok(Self { reference, entries, site: site.into(), callback_fields, superseded, others, raw })
    }

    /// Folds the first `entries` entries into the payment that a mapper sees. If nothing names a currency, the currency
    /// is that of the first amount.
    #[must_use]
    pub fn payment(&self, entries: usize) -> Option<types::Payment> {
        let payment = Payment::fold(&self.reference, self.first(entries), self.currency()?)?;
        let payment = if self.superseded { payment.superseded() } else { payment };
        let (record, invoice_record) = (self.record(&payment), self.invoice_record(&payment));
        let payment = types::Payment { record, invoice_record, ..payment.into() };
        Some(self.details(entries).with_payment(payment))
    }

    /// The totals of all payments for the payment's record.
    fn record(&self, payment: &Payment) -> Option<types::RecordTotals> {
        payment.source.as_ref()?;
        let own = PaymentSummary::of(payment, None, true);
        let others: Vec<(u64, PaymentSummary)> = self
            .others
            .iter()
            .map(|(number, other)| (*number, PaymentSummary { sent: true, ..other.clone() }))
            .collect();
        let others = others.iter().map(|(number, other)| (*number, other));
        RecordTotals::of(others.chain([(u64::from(payment.attempt), &own)])).map(Into::into)
    }

    /// The totals of all payments for the payment's invoice. For an invoice next to another record, only this payment
    /// is known.
    fn invoice_record(&self, payment: &Payment) -> Option<types::RecordTotals> {
        if payment.source.as_ref()?.object() == "Invoice" {
            return self.record(payment);
        }
        payment.invoice.as_ref()?.id()?;
        RecordTotals::of([(1, &PaymentSummary::of(payment, None, true))]).map(Into::into)
    }

    /// MaldoPay's additional data in the first `entries` entries.
    fn details(&self, entries: usize) -> Details {
        let signing = Signing {
            scheme: self.site.provider.signature,
            orders: &self.callback_fields,
            numbers: SignedNumbers::AsWritten,
        };
        Details::of(self.first(entries).iter().filter_map(|entry| {
            let Fact::Event(event) = &entry.fact else { return None };
            let raw = self.raw.get(&entry.sequence)?;
            Some((event, tollbridge_maldopay::details(raw, signing)))
        }))
    }

    /// The events among these entries as a mapper sees them, without repetitions.
    #[must_use]
    pub fn events(&self, entries: core::ops::Range<usize>) -> Vec<types::PaymentEvent> {
        let before = self.first(entries.start);
        let details = self.details(entries.end);
        let mut seen: Vec<_> = before.iter().filter_map(event_id).collect();
        let mut events = Vec::new();
        for entry in self.entries.get(entries).unwrap_or_default() {
            let Fact::Event(event) = &entry.fact else { continue };
            if seen.contains(&&event.id) {
                continue;
            }
            seen.push(&event.id);
            let named = OperationReference { payment: self.reference.clone(), operation: event.operation };
            events.push(details.with_event(&event.id, (event.clone(), named.to_string()).into()));
        }
        events
    }

    fn first(&self, entries: usize) -> &[Entry] {
        self.entries.get(..entries.min(self.entries.len())).unwrap_or_default()
    }

    fn currency(&self) -> Option<Currency> {
        let amount = self.entries.iter().find_map(|entry| {
            entry.fact.request().map(|request| request.amount).or_else(|| entry.fact.event()?.amount)
        });
        amount.map(Money::currency).or_else(|| Currency::parse("EUR").ok())
    }
}

fn event_id(entry: &Entry) -> Option<&tollbridge_domain::EventId> {
    entry.fact.event().map(|event| &event.id)
}
