//! The host's clocks, random numbers and standard output.

use std::io::Write as _;

use tollbridge_domain::Timestamp;
use tollbridge_ledger::Clock;

use crate::ports::{Random, Sink};

/// The host's wall clock and monotonic clock.
pub struct HostClock;

impl Clock for HostClock {
    fn now(&self) -> Timestamp {
        let now = wasi::clocks::wall_clock::now();
        let milliseconds = now.seconds.saturating_mul(1000).saturating_add(u64::from(now.nanoseconds / 1_000_000));
        Timestamp::from_milliseconds(i64::try_from(milliseconds).unwrap_or(0)).unwrap_or(Timestamp::EPOCH)
    }

    fn elapsed_milliseconds(&self) -> i64 {
        i64::try_from(wasi::clocks::monotonic_clock::now() / 1_000_000).unwrap_or(i64::MAX)
    }
}

/// The host's random numbers.
pub struct HostRandom;

impl Random for HostRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let length = u64::try_from(bytes.len()).unwrap_or(0);
        let random = wasi::random::random::get_random_bytes(length);
        for (byte, random) in bytes.iter_mut().zip(random) {
            *byte = random;
        }
    }
}

/// Standard output, where Spin collects a component's log.
pub struct Stdout;

impl Sink for Stdout {
    fn line(&self, line: &str) {
        // A log that cannot be written must not fail a payment.
        drop(writeln!(std::io::stdout(), "{line}"));
    }
}
