//! The operations that a provider carries out, and what a payment is made for.

use serde::{Deserialize, Serialize};

/// What a payment was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Money in, at once.
    Charge,
    /// Money in, reserved first and captured later.
    Authorize,
    /// Money out.
    Payout,
    /// The payment did not begin in Tollbridge: the provider reported a payment that Tollbridge does not know.
    Unmatched,
}

impl Intent {
    /// Every intent, in the order of their definition.
    pub const ALL: [Self; 4] = [Self::Charge, Self::Authorize, Self::Payout, Self::Unmatched];

    /// The name in the HTTP interface and in Salesforce.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Authorize => "authorize",
            Self::Payout => "payout",
            Self::Unmatched => "unmatched",
        }
    }
}

/// An operation that Tollbridge requests from a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Take the money at once; opens a payment.
    Charge,
    /// Reserve the money; opens a payment.
    Authorize,
    /// Send money out; opens a payment.
    Payout,
    /// Take the reserved amount, or part of it.
    Capture,
    /// Give back the captured amount, or part of it.
    Refund,
    /// Release what is still reserved.
    Void,
}

impl Operation {
    /// The intent of the payment that this operation opens, if it opens one.
    #[must_use]
    pub fn opens(self) -> Option<Intent> {
        match self {
            Self::Charge => Some(Intent::Charge),
            Self::Authorize => Some(Intent::Authorize),
            Self::Payout => Some(Intent::Payout),
            Self::Capture | Self::Refund | Self::Void => None,
        }
    }

    /// The name in the HTTP interface, logs and the journal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Authorize => "authorize",
            Self::Payout => "payout",
            Self::Capture => "capture",
            Self::Refund => "refund",
            Self::Void => "void",
        }
    }
}
