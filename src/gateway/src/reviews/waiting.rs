//! What a payment waits for a person for: each reason by its name, and the token that stands for exactly these.

use sha2::{Digest as _, Sha256};
use tollbridge_domain::{Payment, PaymentReference};
use tollbridge_ledger::{Failure, SyncState};

/// What stands before Salesforce's code in the name of its refusal.
const SALESFORCE: &str = "salesforce:";

/// The reasons that a payment is in review for, as they are now.
pub struct Waiting<'a> {
    payment: &'a Payment,
    /// What Salesforce refused, where a person must do something about it.
    pub refusal: Option<&'a Failure>,
}

impl<'a> Waiting<'a> {
    /// Those of this payment, of which Salesforce was told so much.
    pub fn of(payment: &'a Payment, sync_state: &'a SyncState) -> Self {
        let refusal = sync_state.retry.failure.as_ref().filter(|failure| failure.terminal || failure.needs_person);
        Self { payment, refusal }
    }

    /// Whether nobody need look at it.
    pub fn is_empty(&self) -> bool {
        self.payment.review.is_empty() && self.refusal.is_none()
    }

    /// The name of Salesforce's refusal: `salesforce:` and its code.
    pub fn refusal_name(&self) -> Option<String> {
        self.refusal.map(|failure| format!("{SALESFORCE}{}", failure.code))
    }

    /// All names, as they are listed.
    pub fn names(&self) -> Vec<String> {
        self.payment.review.keys().map(ToString::to_string).chain(self.refusal_name()).collect()
    }

    /// Stands for these reasons of this payment, with what each rests on, and for this refusal; none where there are none.
    /// Where anything of that changes, the token is another one.
    pub fn token(&self) -> Option<String> {
        (!self.is_empty()).then(|| digest(&self.payment.reference, self))
    }
}

fn digest(reference: &PaymentReference, waiting: &Waiting<'_>) -> String {
    let mut hasher = Sha256::new();
    // None of the parts has a line end in it.
    hasher.update(reference.as_str());
    for (reason, evidence) in &waiting.payment.review {
        hasher.update(format!("\n{reason} {}", evidence.as_str()));
    }
    if let Some(failure) = waiting.refusal {
        hasher.update(format!("\n{SALESFORCE}{} {}", failure.code, failure.at));
    }
    let mut token = base16ct::lower::encode_string(&hasher.finalize());
    token.truncate(32);
    token
}
