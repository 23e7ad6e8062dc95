//! The rules mapper component: a payment and its news as Salesforce records, by a document that a customer writes.
//!
//! A document says for every record which object it is, how it is found, when it is written, and how each field is
//! computed, in jq; `docs/mappings.md` describes it. It imports nothing, ends always, and calculates with money exactly or
//! not at all: what expressions may do is a list of what is allowed ([`FUNCTIONS`]), their values have no floating point
//! and no amount that could be added by accident, and what they use is bounded.
//!
//! Data passes one way: a document is read into records, their expressions are checked and compiled to programs, and the
//! programs turn the input made of a payment into values, which become fields.

mod document;
mod expression;
mod functions;
mod input;
mod limits;
mod mapping;
mod meter;
mod output;
mod problem;
mod sample;
mod value;

#[cfg(target_family = "wasm")]
mod component;

pub use functions::{Argument, FUNCTIONS, Function};
pub use mapping::{Mapping, check};
pub use problem::{MappingError, Problem};

/// The document that is used where none is given: what the compiled mapper writes.
pub const DEFAULT_DOCUMENT: &str = include_str!("../../../profiles/order.toml");
