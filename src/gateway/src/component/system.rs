//! The clock, randomness and output of the host.

use std::io::Write as _;

use tollbridge_domain::Timestamp;
use tollbridge_ledger::Clock;

use crate::ports::{Random, Sink};

/// The host's clocks.
pub struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        let now = wasi::clocks::wall_clock::now();
        let milliseconds = now.seconds.saturating_mul(1000).saturating_add(u64::from(now.nanoseconds / 1_000_000));
        Timestamp::from_milliseconds(i64::try_from(milliseconds).unwrap_or(0)).unwrap_or(Timestamp::EPOCH)
    }

    fn elapsed_milliseconds(&self) -> i64 {
        i64::try_from(wasi::clocks::monotonic_clock::now() / 1_000_000).unwrap_or(i64::MAX)
    }
}

/// The host's randomness.
pub struct Host;

impl Random for Host {
    fn fill(&self, bytes: &mut [u8]) {
        let length = u64::try_from(bytes.len()).unwrap_or(0);
        let random = wasi::random::random::get_random_bytes(length);
        for (byte, drawn) in bytes.iter_mut().zip(random) {
            *byte = drawn;
        }
    }
}

/// Standard output, where Spin collects a component's log.
pub struct Output;

impl Sink for Output {
    fn line(&self, line: &str) {
        // A log that cannot be written must not fail a payment.
        drop(writeln!(std::io::stdout(), "{line}"));
    }
}
