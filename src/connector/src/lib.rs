//! The Rust form of the WIT package `tollbridge:types`, and its conversions to and from the domain.
//!
//! All components share this one binding of the types, so that each conversion exists once.

mod details;
mod event;
mod limits;
mod names;
mod payment;
mod variants;

#[allow(missing_docs, reason = "generated; the WIT package documents every item")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tollbridge:vocabulary;
            world vocabulary { import tollbridge:types/types@0.1.0; }
        ",
        path: "../../wit",
        generate_all,
        additional_derives: [PartialEq],
    });
}

pub use bindings::tollbridge::types::types;
pub use details::Details;
pub use event::InvalidEvent;
pub use limits::{MAX_DOCUMENT_BYTES, MAX_RECORDS_BYTES};
pub use names::{METHOD_VALUE_NAMES, VERSION_FIELD, is_method_value_name};
use tollbridge_domain::{Currency, Money};

impl From<Money> for types::Money {
    fn from(money: Money) -> Self {
        Self { minor_units: money.minor_units(), currency: money.currency().code().to_owned() }
    }
}

impl TryFrom<types::Money> for Money {
    type Error = InvalidMoney;

    fn try_from(money: types::Money) -> Result<Self, InvalidMoney> {
        let currency = Currency::parse(&money.currency)?;
        Ok(Self::from_minor_units(money.minor_units, currency)?)
    }
}

/// Why a component's money is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    /// The currency is unknown.
    #[error(transparent)]
    Currency(#[from] tollbridge_domain::UnknownCurrency),
    /// The amount is invalid.
    #[error(transparent)]
    Amount(#[from] tollbridge_domain::MoneyError),
}
