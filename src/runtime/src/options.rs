//! How an application is served.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::clock::ClockOffset;
use crate::limits::Limits;
use crate::log::Log;
use crate::store::{StoreFaults, StoreLocation};

/// How an application is served. The defaults suit tests: a free port on this machine, and state in memory.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on; with port 0 the system chooses a free port.
    pub listen: SocketAddr,
    /// Where the key-value stores are kept.
    pub state: StoreLocation,
    /// Values for the manifest's variables; they replace the defaults.
    pub variables: BTreeMap<String, String>,
    /// The destination of the component's output.
    pub log: Log,
    /// Switches that make the key-value stores fail.
    pub store_faults: StoreFaults,
    /// Extra time for each commit to a file, to simulate a slow disk in tests.
    pub slower_commits: Duration,
    /// How far the component's wall clock is ahead of this machine's; for tests.
    pub clock_offset: ClockOffset,
    /// How far the clock of the Redis servers that the component connects to is ahead; for tests.
    pub redis_clock_offset: ClockOffset,
    /// The limits per client, host and request.
    pub limits: Limits,
    /// The time limit of one request, including the component's work after its response.
    pub request_limit: Duration,
    /// How long stopping waits for running requests.
    pub stop_limit: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            state: StoreLocation::Memory,
            variables: BTreeMap::new(),
            log: Log::Inherit,
            store_faults: StoreFaults::default(),
            slower_commits: Duration::ZERO,
            clock_offset: ClockOffset::default(),
            redis_clock_offset: ClockOffset::default(),
            limits: Limits::default(),
            request_limit: Duration::from_secs(60),
            stop_limit: Duration::from_secs(30),
        }
    }
}
