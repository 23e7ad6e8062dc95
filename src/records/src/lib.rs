//! The default mapper component: a payment and its news as the records of design §8.
//!
//! It writes the payment, the events that Salesforce was not told of, and the Order or Invoice that the payment is for,
//! in this order, because each names the one before. It imports nothing.

mod fields;
mod names;
mod records;

#[cfg(target_family = "wasm")]
mod component;

pub use records::{MappingError, OBJECTS, records};
