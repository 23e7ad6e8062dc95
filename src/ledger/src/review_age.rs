//! Since when a payment has been in review.

use tollbridge_domain::{Currency, Fact, Money, Timestamp};

use crate::History;

/// How many entries are looked at. If a reason is older than the last of them, its age is that of the first of them.
const MAX_ENTRIES: usize = 64;

impl History {
    /// When the oldest of its open reasons for review arose: when the entry was received since which the payment has
    /// had the reason without a break, or when Salesforce refused it. `None` if it is not in review.
    #[must_use]
    pub fn in_review_since(&self) -> Option<Timestamp> {
        let failure = self.sync_state.retry.failure.as_ref();
        let refused_at = failure.filter(|failure| failure.terminal || failure.needs_person).map(|failure| failure.at);
        let mut since = None;
        let currency = self.any_currency()?;
        let mut open = self.payment(currency)?.reasons();
        for end in (1..=self.entries.len()).rev().take(MAX_ENTRIES) {
            let entries = self.entries.get(..end).unwrap_or_default();
            let (Some(payment), Some(last)) = (self.payment_of(entries, currency), entries.last()) else { break };
            open.retain(|reason| payment.review.contains_key(reason));
            if open.is_empty() {
                break;
            }
            since = Some(last.received_at);
        }
        [since, refused_at].into_iter().flatten().min()
    }

    /// The currency of the payment. If no entry names one, any currency will do: no reason depends on it.
    fn any_currency(&self) -> Option<Currency> {
        let amount = |fact: &Fact| match fact {
            Fact::OperationRequested(request) => Some(request.amount),
            Fact::Event(event) => event.amount,
            Fact::Withdrawn { .. }
            | Fact::TimedOut { .. }
            | Fact::NotFound { .. }
            | Fact::Unreadable(_)
            | Fact::Accepted(_)
            | Fact::Assigned(_)
            | Fact::Erased(_) => None,
        };
        let named = self.entries.iter().find_map(|entry| amount(&entry.fact)).map(Money::currency);
        named.or_else(|| Currency::parse("EUR").ok())
    }
}
