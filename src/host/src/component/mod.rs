//! `tollbridge component`: a mapper or a provider that somebody built, looked at before it is named in a manifest.

mod check;
mod inspection;
mod types;
mod world;

pub use check::{Arguments as CheckArguments, EXAMPLES as CHECK_EXAMPLES, check};
