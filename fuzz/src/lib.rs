//! Everything that untrusted senders may send, passed through everything that reads it, with the properties that must
//! hold for any input.
//!
//! Each target accepts any bytes as a [message](message), and panics when a property does not hold. `make fuzz` runs
//! the targets with libFuzzer for any length of time; `tests/short_runs.rs` runs them for seconds with every test run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target reports by panicking, as tests do"
)]

mod answers;
mod deliveries;
/// The doubles of the gateway's own tests; a target uses only some of them.
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

/// A target: the code that reads the input, and seeds for it.
pub struct Target {
    /// The name of the target and of its corpus.
    pub name: &'static str,
    /// Passes an input through the target, and panics when a property does not hold.
    pub run: fn(&[u8]),
    /// Small realistic inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: [Target; 4] = [
    Target { name: "deliveries", run: deliveries, seeds: seeds::deliveries },
    Target { name: "requests", run: requests, seeds: seeds::requests },
    Target { name: "salesforce", run: salesforce, seeds: seeds::salesforce },
    Target { name: "answers", run: answers, seeds: seeds::answers },
];
