//! The MaldoPay provider component: verifies and reads its callbacks, builds its requests, reads its answers.
//!
//! The component imports nothing. [`assumed`] and `docs/maldopay.md` list what it assumes about MaldoPay beyond the
//! public documentation.

pub mod assumed;
mod body;
mod codes;
mod decode;
mod details;
mod encode;
mod field;
mod interpret;
mod signature;
mod signing;
mod unsigned_names;
mod verify;

#[cfg(target_family = "wasm")]
mod component;

pub use decode::{Identity, decode, identify};
pub use details::details;
pub use encode::{Credentials, EncodeError, EncodedRequest, RequestTypes, encode};
pub use field::DecodeError;
pub use interpret::{InterpretError, interpret};
pub use signing::{SignedNumbers, Signing};
pub use verify::{Rejection, verify};
