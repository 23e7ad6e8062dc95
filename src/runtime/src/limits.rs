//! How much of the runtime one client, one host or one request may hold, so that none of them holds up the others.

use std::time::Duration;

use crate::engine::INSTANCES;

/// How much one client, one host or one request may hold. The defaults are for a gateway that the public can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address; of IPv6, from one network of 64 bits.
    pub connections_per_address: usize,
    /// How long the head of a request may take, and how long a connection may be without a request.
    pub head_wait: Duration,
    /// How long the body of a request may take.
    pub body_wait: Duration,
    /// The first part of that time, in which nothing need come.
    pub body_start: Duration,
    /// The bytes of a body that must come in each second after that.
    pub body_rate: usize,
    /// The most bytes of a body.
    pub longest_body: usize,
    /// Requests in the component at once, with what it does after its response. There is room for 256 at most.
    pub instances: usize,
    /// How long a request that came as a whole waits for an instance.
    pub instance_wait: Duration,
    /// Calls of the component to one host at once, each of which holds an instance. As many again may wait for their turn.
    pub calls_per_host: usize,
    /// How long such a call waits for its turn.
    pub call_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 1024,
            connections_per_address: 512,
            head_wait: Duration::from_secs(10),
            body_wait: Duration::from_secs(30),
            body_start: Duration::from_secs(5),
            body_rate: 16 * 1024,
            longest_body: 256 * 1024,
            instances: usize::try_from(INSTANCES).unwrap_or(usize::MAX),
            instance_wait: Duration::from_secs(5),
            // With those that wait, half of the instances.
            calls_per_host: 64,
            call_wait: Duration::from_secs(2),
        }
    }
}
