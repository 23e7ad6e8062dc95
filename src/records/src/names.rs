//! The values of Salesforce's fields for the payment's enums. They are the domain's names, as in the HTTP interface.

use tollbridge_connector::types;
use tollbridge_domain::{EventKind, Intent, PaymentStatus};

/// The value of `Status__c`.
pub fn status(status: types::PaymentStatus) -> &'static str {
    PaymentStatus::from(status).as_str()
}

/// The value of `Intent__c`.
pub fn intent(intent: types::Intent) -> &'static str {
    Intent::from(intent).as_str()
}

/// The value of `Kind__c`.
pub fn event_kind(kind: types::EventKind) -> &'static str {
    EventKind::from(kind).as_str()
}
