//! The default mapper component: a payment and its new events as Salesforce records.
//!
//! It writes the payment, the events that Salesforce has not confirmed, and the Order or Invoice that the payment is
//! for, in this order, because each names the one before. It imports nothing.

mod fields;
mod names;
mod records;
mod value_sets;
mod values;

#[cfg(target_family = "wasm")]
mod component;

#[cfg(not(target_family = "wasm"))]
pub use fields::fields;
pub use fields::{Field, FieldType};
pub use records::{OBJECTS, records};
pub use tollbridge_connector::VERSION_FIELD;
pub use value_sets::ValueSet;
pub use values::FieldError;
