//! The addresses from which a site accepts callbacks.

use core::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::reader::{ConfigTable, ConfigValue};
use crate::http::message::Request;

/// The header with the address of the client. The host adds it to every request, after what the client sent.
const CLIENT_ADDRESS: &str = "spin-client-addr";

/// Where a callback's address is, and which addresses are accepted.
#[derive(Clone, Debug)]
pub struct CallbackSenders {
    /// The header with the address. Its last value counts: an earlier one may be from the sender itself.
    header: String,
    networks: Vec<IpNet>,
}

/// An address alone, or a network such as `203.0.113.0/24`.
fn network(text: &str) -> Option<IpNet> {
    text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()
}

impl CallbackSenders {
    /// Whether the request comes from one of these addresses. One without a readable address does not.
    pub fn allow(&self, request: &Request) -> bool {
        let mut values = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&self.header));
        let last = values.next_back().and_then(|(_, value)| value.rsplit(',').next());
        last.and_then(address).is_some_and(|address| self.networks.iter().any(|network| network.contains(&address)))
    }
}

/// An address with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip())).ok();
    address.map(|address: IpAddr| address.to_canonical())
}

/// Reads the two keys about the senders of callbacks. The outer `None` means that one of them has a problem.
pub fn callback_senders(table: &mut ConfigTable<'_>) -> Option<Option<CallbackSenders>> {
    let addresses = table.optional("callback_addresses");
    let header = table.optional("callback_address_header");
    let Some(addresses) = addresses else {
        if let Some(header) = header {
            header.report("callback_addresses is missing: it says which addresses are accepted");
            return None;
        }
        return Some(None);
    };
    let header = match header {
        Some(header) => header.parse(header_name)?,
        None => CLIENT_ADDRESS,
    };
    let networks = networks(&addresses)?;
    Some(Some(CallbackSenders { header: header.to_owned(), networks }))
}

fn networks(entry: &ConfigValue<'_>) -> Option<Vec<IpNet>> {
    let written = entry.list()?;
    let wrong = "write an address or a network, such as 203.0.113.7 or 203.0.113.0/24";
    let networks: Vec<IpNet> =
        written.iter().filter_map(|entry| entry.parse(|text| network(text).ok_or(wrong))).collect();
    if written.is_empty() {
        entry.report("name at least one, or leave out the key");
    }
    (!networks.is_empty() && networks.len() == written.len()).then_some(networks)
}

fn header_name(text: &str) -> Result<&str, &'static str> {
    let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_name { Ok(text) } else { Err("write the name of a header, such as x-forwarded-for") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn senders(header: &str, networks: &[&str]) -> CallbackSenders {
        let networks = networks.iter().map(|text| network(text).unwrap()).collect();
        CallbackSenders { header: header.to_owned(), networks }
    }

    fn request(headers: &[(&str, &str)]) -> Request {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Request { method: "POST".into(), path: String::new(), query: String::new(), headers, body: Ok(Vec::new()) }
    }

    #[test]
    fn an_address_is_in_its_network_only() {
        for (network, address, is_in) in [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.6", false),
            ("0.0.0.0/0", "198.51.100.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
        ] {
            assert_eq!(
                self::network(network).unwrap().contains(&address.parse::<IpAddr>().unwrap()),
                is_in,
                "{network} {address}"
            );
        }
        for wrong in ["", "203.0.113", "203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/", "::/129", "example.com"] {
            assert!(network(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_last_value_counts_and_a_missing_one_is_refused() {
        let direct = senders(CLIENT_ADDRESS, &["203.0.113.0/24", "2001:db8::/32"]);
        for (headers, is_allowed) in [
            (vec![("spin-client-addr", "203.0.113.7:4711")], true),
            (vec![("Spin-Client-Addr", "[2001:db8::1]:4711")], true),
            (vec![("spin-client-addr", "[::ffff:203.0.113.7]:4711")], true),
            (vec![("spin-client-addr", "203.0.113.7:1"), ("spin-client-addr", "198.51.100.1:2")], false),
            (vec![("spin-client-addr", "198.51.100.1:1"), ("spin-client-addr", "203.0.113.7:2")], true),
            (vec![("x-forwarded-for", "203.0.113.7")], false),
            (vec![("spin-client-addr", "")], false),
            (vec![], false),
        ] {
            assert_eq!(direct.allow(&request(&headers)), is_allowed, "{headers:?}");
        }
        let behind_a_proxy = senders("X-Forwarded-For", &["203.0.113.0/24"]);
        for (value, is_allowed) in
            [("198.51.100.1, 203.0.113.7", true), ("203.0.113.7, 198.51.100.1", false), ("203.0.113.7", true)]
        {
            assert_eq!(behind_a_proxy.allow(&request(&[("x-forwarded-for", value)])), is_allowed, "{value}");
        }
    }
}
