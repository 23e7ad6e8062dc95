//! What several kinds of tests share: who calls the gateway, for which sites and orders, the Redis that is started for them,
//! and what Spin refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "helpers of tests may panic as tests do, and their names say what they are"
)]

pub mod caller;
pub mod group;
pub mod left_out;
pub mod order;
pub mod redis;
pub mod refusals;
pub mod sites;
pub mod spin;
