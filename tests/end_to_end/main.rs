//! Tollbridge from outside: the built components in the embedded runtime, between the sandboxes of MaldoPay and
//! Salesforce, called over HTTP. Each topic has a folder, and each behaviour a module.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod commands;
mod mappings;
mod operations;
mod reviews;
mod salesforce;
mod stores;
mod webhooks;
mod world;
