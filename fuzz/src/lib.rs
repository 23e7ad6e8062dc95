//! What strangers may send, put through everything that reads it, with what must hold whatever they send.
//!
//! Each target takes any bytes as a [message](message) and panics when something does not hold. `make fuzz` drives the
//! targets with libFuzzer for as long as one likes; `tests/short_runs.rs` drives them for seconds with every test run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target reports by panicking, as tests do"
)]

mod answers;
mod deliveries;
/// The gateway's doubles are those of its own tests; a target uses only some of them.
#[allow(dead_code, unused_imports, reason = "they are the doubles of other tests too")]
#[path = "../../src/gateway/tests/gateway/doubles/mod.rs"]
mod doubles;
mod gateway;
mod message;
mod mutation;
pub mod oracle;
mod problems;
mod requests;
mod salesforce;
mod seeds;

pub use answers::answers;
pub use deliveries::deliveries;
pub use mutation::mutated;
pub use requests::requests;
pub use salesforce::salesforce;

/// A target: what reads the input, and inputs to begin with.
pub struct Target {
    /// Its name, which is also that of its corpus.
    pub name: &'static str,
    /// Puts an input through it, and panics when something does not hold.
    pub run: fn(&[u8]),
    /// Small inputs such as really come.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: [Target; 4] = [
    Target { name: "deliveries", run: deliveries, seeds: seeds::deliveries },
    Target { name: "requests", run: requests, seeds: seeds::requests },
    Target { name: "salesforce", run: salesforce, seeds: seeds::salesforce },
    Target { name: "answers", run: answers, seeds: seeds::answers },
];
