//! The Rust form of the WIT package `tollbridge:types`, and its conversions to and from the domain.
//!
//! The components that export or import these types share this one binding of them, so that a value is converted in one
//! place only.

mod details;
mod event;
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

/// Why a component's money is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    /// It is in no currency.
    #[error(transparent)]
    Currency(#[from] tollbridge_domain::UnknownCurrency),
    /// It is no amount.
    #[error(transparent)]
    Amount(#[from] tollbridge_domain::MoneyError),
}
