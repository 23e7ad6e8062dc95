//! The reasons for which a payment is in review, by name, and the token that stands for exactly these reasons.

use sha2::{Digest as _, Sha256};
use tollbridge_domain::{Payment, PaymentReference};
use tollbridge_ledger::{Failure, SyncState};

/// The prefix of Salesforce's error code in the name of a refusal.
const SALESFORCE: &str = "salesforce:";

/// The open reasons for which a payment is in review.
pub struct ReviewReasons<'a> {
    payment: &'a Payment,
    /// A refusal by Salesforce that needs a person.
    pub refusal: Option<&'a Failure>,
}

impl<'a> ReviewReasons<'a> {
    /// The reasons of this payment with this sync state.
    pub fn of(payment: &'a Payment, sync_state: &'a SyncState) -> Self {
        let refusal = sync_state.retry.failure.as_ref().filter(|failure| failure.terminal || failure.needs_person);
        Self { payment, refusal }
    }

    /// Whether the payment needs nobody.
    pub fn is_empty(&self) -> bool {
        self.payment.review.is_empty() && self.refusal.is_none()
    }

    /// The name of the refusal: `salesforce:` and the error code.
    pub fn refusal_name(&self) -> Option<String> {
        self.refusal.map(|failure| format!("{SALESFORCE}{}", failure.code))
    }

    /// All names, in the order of the list.
    pub fn names(&self) -> Vec<String> {
        self.payment.review.keys().map(ToString::to_string).chain(self.refusal_name()).collect()
    }

    /// Stands for these reasons of this payment, with the evidence of each, and for this refusal; none where there are
    /// none. Any change of these changes the token.
    pub fn token(&self) -> Option<String> {
        (!self.is_empty()).then(|| digest(&self.payment.reference, self))
    }
}

fn digest(reference: &PaymentReference, reasons: &ReviewReasons<'_>) -> String {
    let mut hasher = Sha256::new();
    // No part contains a line end, so the parts cannot run into each other.
    hasher.update(reference.as_str());
    for (reason, evidence) in &reasons.payment.review {
        hasher.update(format!("\n{reason} {}", evidence.as_str()));
    }
    if let Some(failure) = reasons.refusal {
        hasher.update(format!("\n{SALESFORCE}{} {}", failure.code, failure.at));
    }
    let mut token = base16ct::lower::encode_string(&hasher.finalize());
    token.truncate(32);
    token
}
