//! How an application is to be served.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::clock::ClockOffset;
use crate::limits::Limits;
use crate::log::Log;
use crate::store::{State, StoreFaults};

/// How an application is to be served. The default is what a test wants: any free port of this machine, state in
/// memory.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on; with port 0 the system chooses a free one.
    pub listen: SocketAddr,
    /// Where the key-value stores are kept.
    pub state: State,
    /// Values for the manifest's variables, in place of their defaults.
    pub variables: BTreeMap<String, String>,
    /// Where what the component prints goes.
    pub log: Log,
    /// A switch that makes the key-value stores fail.
    pub store_faults: StoreFaults,
    /// How much longer each commit to a file takes than it would, as on a slow disk; for tests.
    pub slower_commits: Duration,
    /// How far the component's wall clock is ahead of this machine's; for tests.
    pub clock_offset: ClockOffset,
    /// How far the clock is ahead that the servers show to which the component connects with Redis's protocol; for tests.
    pub redis_clock_offset: ClockOffset,
    /// How much one client, one host or one request may hold.
    pub limits: Limits,
    /// How long one request may take, with what the component does after its response.
    pub request_limit: Duration,
    /// How long stopping waits for the requests that are running.
    pub stop_limit: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            state: State::Memory,
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
