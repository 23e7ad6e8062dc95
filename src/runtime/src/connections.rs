//! Counts open connections, in total and per address, and admits no more than the limits.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections. Clones share the counts.
#[derive(Clone)]
pub(crate) struct Connections {
    most: usize,
    most_per_address: usize,
    open: Arc<Mutex<ConnectionCounts>>,
}

#[derive(Default)]
struct ConnectionCounts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection that counts until this is dropped.
pub(crate) struct ConnectionPermit {
    connections: Connections,
    address: IpAddr,
}

impl Connections {
    /// Admits `most` connections at once, and `most_per_address` from one address.
    pub(crate) fn new(most: usize, most_per_address: usize) -> Connections {
        Connections { most, most_per_address, open: Arc::default() }
    }

    /// Counts one more connection; `None` if a limit is reached.
    pub(crate) fn count(&self, client: IpAddr) -> Option<ConnectionPermit> {
        let address = holder(client);
        let mut open = self.open();
        let here = open.by_address.get(&address).copied().unwrap_or(0);
        if open.all >= self.most || here >= self.most_per_address {
            return None;
        }
        open.all = open.all.saturating_add(1);
        open.by_address.insert(address, here.saturating_add(1));
        Some(ConnectionPermit { connections: self.clone(), address })
    }

    fn open(&self) -> MutexGuard<'_, ConnectionCounts> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.all = open.all.saturating_sub(1);
        let here = open.by_address.get(&self.address).copied().unwrap_or(0).saturating_sub(1);
        if here == 0 {
            open.by_address.remove(&self.address);
        } else {
            open.by_address.insert(self.address, here);
        }
    }
}

/// The address that connections are counted by. A client with IPv6 usually controls a network of 64 bits.
fn holder(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_cannot_use_all_connections() {
        let connections = Connections::new(3, 2);
        let first = connections.count(address("192.0.2.1"));
        let second = connections.count(address("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(connections.count(address("192.0.2.1")).is_none());
        let other = connections.count(address("192.0.2.2"));
        assert!(other.is_some());
        assert!(connections.count(address("192.0.2.3")).is_none(), "three are open");
        drop(first);
        assert!(connections.count(address("192.0.2.1")).is_some());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let connections = Connections::new(9, 1);
        let first = connections.count(address("2001:db8:0:1::1"));
        assert!(first.is_some());
        assert!(connections.count(address("2001:db8:0:1:ffff::9")).is_none());
        assert!(connections.count(address("2001:db8:0:2::1")).is_some());
    }

    #[test]
    fn closed_connections_are_forgotten() {
        let connections = Connections::new(9, 9);
        drop((connections.count(address("192.0.2.1")), connections.count(address("2001:db8::1"))));
        let open = connections.open();
        assert_eq!((open.all, open.by_address.len()), (0, 0));
    }
}
