//! The values that a picklist of the table has. They are the domain's names, as in [`crate::names`].

/// The values of one or more picklists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueSet {
    /// The states of a payment.
    Status,
    /// What a payment was made for.
    Intent,
    /// What an event says happened.
    EventKind,
}

#[cfg(not(target_family = "wasm"))]
impl ValueSet {
    /// The values, in the order in which people see them.
    #[must_use]
    pub fn values(self) -> Vec<&'static str> {
        use tollbridge_domain::{EventKind, Intent, PaymentStatus};
        match self {
            Self::Status => PaymentStatus::ALL.map(PaymentStatus::as_str).into(),
            Self::Intent => Intent::ALL.map(Intent::as_str).into(),
            Self::EventKind => EventKind::ALL.map(EventKind::as_str).into(),
        }
    }
}
