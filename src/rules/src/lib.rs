//! The rules mapper component: maps a payment and its events to Salesforce records, by a document that the customer
//! writes.
//!
//! A document says for every record its object, its key, when it is written, and how each field is computed, in jq;
//! `docs/mappings.md` describes the format. The component imports nothing, always terminates, and calculates with money
//! exactly or not at all. Expressions can use only what is on a list ([`FUNCTIONS`]). Their values have no floating
//! point and no amounts that could be added by accident, and their resources are bounded.
//!
//! Data flows one way: a document is parsed into records, their expressions are checked and compiled to programs, and
//! the programs turn the input that is built from a payment into the values of fields.

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
pub use mapping::{CompiledMapping, Target, check};
pub use problem::{DocumentProblem, MappingError};

/// The document that an empty one selects: it writes what the compiled mapper writes.
pub const DEFAULT_DOCUMENT: &str = include_str!("../../../profiles/order.toml");
