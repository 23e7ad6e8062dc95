//! `tollbridge config`: makes the two texts of a configuration, and checks them.

mod check;
mod init;
mod source;

pub use check::{Arguments as CheckArguments, EXAMPLES as CHECK_EXAMPLES, check};
pub use init::{Arguments as InitArguments, EXAMPLES as INIT_EXAMPLES, init};
pub use source::{Source, Texts};
