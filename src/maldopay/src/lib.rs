//! The MaldoPay provider component: verifies and reads its callbacks, describes its requests, reads its answers.
//!
//! It imports nothing. What it knows of MaldoPay is in the reference; what it assumes is in [`assumed`] and in
//! `docs/maldopay.md`.

pub mod assumed;
mod body;
mod codes;
mod decode;
mod details;
mod encode;
mod interpret;
mod signature;
mod signing;
mod unsigned_names;
mod verify;

#[cfg(target_family = "wasm")]
mod component;

pub use decode::{DecodeError, decode};
pub use details::details;
pub use encode::{Credentials, EncodeError, EncodedRequest, encode};
pub use interpret::{InterpretError, interpret};
pub use signing::Signing;
pub use verify::{Rejection, verify};
