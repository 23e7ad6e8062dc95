//! Limits what one client, one host or one request may occupy, so that none blocks the others.

use std::time::Duration;

use crate::engine::INSTANCES;

/// The limits per client, host and request. The defaults suit a gateway on the public internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open connections in total.
    pub connections: usize,
    /// Open connections from one IPv4 address or one IPv6 network of 64 bits.
    pub connections_per_address: usize,
    /// The time limit for a request's head, and for a connection without a request.
    pub head_wait: Duration,
    /// The time limit for a request's body.
    pub body_wait: Duration,
    /// The first part of that time, during which no byte has to arrive.
    pub body_start: Duration,
    /// The bytes of a body that must arrive per second after that.
    pub body_rate: usize,
    /// The maximum length of a body in bytes.
    pub longest_body: usize,
    /// Requests in the component at once, including its work after the response; 256 at most.
    pub instances: usize,
    /// How long a complete request waits for an instance.
    pub instance_wait: Duration,
    /// The component's calls to one host at once, each of which occupies an instance. The same number may wait.
    pub calls_per_host: usize,
    /// How long a waiting call waits.
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
            // Together with the waiting calls, half of the instances.
            calls_per_host: 64,
            call_wait: Duration::from_secs(2),
        }
    }
}
