//! `tollbridge component`: inspects a mapper or a provider before a manifest names it.

mod check;
mod inspection;
mod types;
mod world;

pub use check::{Arguments as CheckArguments, EXAMPLES as CHECK_EXAMPLES, check};
