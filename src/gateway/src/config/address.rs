//! Checks the address of MaldoPay or of Salesforce: whether it can work, and whether the manifest lets the gateway call
//! it.

use core::net::IpAddr;

/// Where the manifest lets the gateway call: the two variables that fill in `allowed_outbound_hosts`, each an entry in
/// Spin's syntax. An empty text is a variable that the manifest does not pass on; then nothing is known, and nothing is
/// refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origins<'a> {
    /// The variable `maldopay_origin`.
    pub maldopay: &'a str,
    /// The variable `salesforce_origin`.
    pub salesforce: &'a str,
}

/// Whose address it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// MaldoPay.
    MaldoPay,
    /// A Salesforce organisation.
    Salesforce,
}

/// Scheme, host and port of a URL or of an entry of `allowed_outbound_hosts`.
struct Parts<'u> {
    scheme: &'u str,
    host: &'u str,
    /// Empty where it is the scheme's own.
    port: &'u str,
}

impl<'u> Parts<'u> {
    fn of(url: &'u str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let authority = rest.split('/').next().unwrap_or_default();
        // The colons of an IPv6 address are inside brackets.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            Some(_) | None => (authority, ""),
        };
        Self { scheme, host, port }
    }

    fn port_or(&self, scheme: &str) -> &str {
        match self.port {
            "" if scheme.eq_ignore_ascii_case("https") => "443",
            "" => "80",
            port => port,
        }
    }

    fn is_this_machine(&self) -> bool {
        let address = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(self.host);
        let is_loopback = || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        self.host.eq_ignore_ascii_case("localhost") || is_loopback()
    }
}

/// Scheme, host and port of a URL as they are written.
fn root(url: &str) -> &str {
    let end = url.bytes().enumerate().filter(|(_, byte)| *byte == b'/').nth(2).map_or(url.len(), |(at, _)| at);
    url.get(..end).unwrap_or(url)
}

/// Whether the host of this URL is this machine.
pub fn is_on_this_machine(url: &str) -> bool {
    Parts::of(url).is_this_machine()
}

/// Whether this entry lets the gateway call the address. An entry in a form that only Spin knows, such as a range of
/// ports, is left to Spin.
fn allows(entry: &str, address: &Parts<'_>) -> bool {
    let entry = entry.strip_suffix('/').unwrap_or(entry);
    let allowed = Parts::of(entry);
    let is_port = allowed.port == "*" || allowed.port.bytes().all(|byte| byte.is_ascii_digit());
    if allowed.scheme.is_empty() || !is_port || entry.bytes().filter(|byte| *byte == b'/').count() > 2 {
        return !entry.is_empty();
    }
    let is_host = match allowed.host.strip_prefix('*') {
        Some(domain) => address.host.len() > domain.len() && ends_with(address.host, domain),
        None => address.host.eq_ignore_ascii_case(allowed.host),
    };
    is_host
        && (allowed.scheme == "*" || allowed.scheme.eq_ignore_ascii_case(address.scheme))
        && (allowed.port == "*" || allowed.port_or(address.scheme) == address.port_or(address.scheme))
}

fn ends_with(host: &str, end: &str) -> bool {
    let start = host.len().saturating_sub(end.len());
    host.get(start..).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// Hosts of Salesforce that sign nobody in with client credentials: those of the log-in page, and those of the pages
/// that a browser shows.
const NOT_MY_DOMAIN: [&str; 5] =
    ["login.salesforce.com", "test.salesforce.com", ".force.com", ".my.site.com", ".salesforce-setup.com"];

/// Why this base URL cannot work, and what to do.
pub fn problem(url: &str, service: Service, origins: Origins<'_>) -> Option<String> {
    let address = Parts::of(url);
    if address.scheme == "http" && !address.is_this_machine() {
        return Some("unencrypted, and it carries secrets: write https".to_owned());
    }
    if service == Service::Salesforce && NOT_MY_DOMAIN.iter().any(|host| ends_with(address.host, host)) {
        return Some("sign-in does not work there: write the My Domain host, example.my.salesforce.com".to_owned());
    }
    let (variable, origin) = match service {
        Service::MaldoPay => ("maldopay_origin", origins.maldopay),
        Service::Salesforce => ("salesforce_origin", origins.salesforce),
    };
    // The component may call what either of the two allows.
    if origin.is_empty() || [origins.maldopay, origins.salesforce].iter().any(|entry| allows(entry, &address)) {
        return None;
    }
    Some(["the variable ", variable, " is ", origin, " and does not allow this host: set it to ", root(url)].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_the_name_of_this_machine_are_this_machine() {
        for url in [
            "http://127.0.0.1:4010/json/",
            "http://127.8.9.1",
            "https://localhost:4020",
            "http://LOCALHOST/x",
            "http://[::1]:4020/json",
            "http://[::1]",
        ] {
            assert!(is_on_this_machine(url), "{url}");
        }
        for url in [
            "https://api.maldopay.com/json/",
            "http://127.0.0.1.example:4010/json/",
            "http://localhost.example",
            "http://example/127.0.0.1",
            "http://10.0.0.1:4010",
            "http://0.0.0.0:4010",
            "http://[::2]:4020",
            "http://[::1].example",
            "http://[::1]x/",
            "http://127.1",
            "http://",
        ] {
            assert!(!is_on_this_machine(url), "{url}");
        }
    }

    #[test]
    fn an_entry_allows_what_spin_allows() {
        for (entry, url, allowed) in [
            ("https://api.maldopay.com", "https://api.maldopay.com/json", true),
            ("https://api.maldopay.com/", "https://API.maldopay.com:443/json", true),
            ("https://api.maldopay.com", "https://api.maldopay.com:8443", false),
            ("https://api.maldopay.com", "https://maldopay.com", false),
            ("https://api.maldopay.com", "https://api.maldopay.com.evil.example", false),
            ("https://*.my.salesforce.com", "https://shop.my.salesforce.com", true),
            ("https://*.my.salesforce.com", "https://shop.sandbox.my.salesforce.com", true),
            ("https://*.my.salesforce.com", "https://my.salesforce.com", false),
            ("https://*.my.salesforce.com", "https://evilmy.salesforce.com", false),
            ("http://127.0.0.1:*", "http://127.0.0.1:4010/json", true),
            ("http://127.0.0.1:*", "https://127.0.0.1:4010", false),
            ("http://127.0.0.1:*", "http://127.0.0.2", false),
            ("http://localhost:4010", "http://localhost:4011", false),
            ("*://localhost:4010", "https://localhost:4010", true),
            ("*://*:*", "https://anything.example:1", true),
            ("http://[::1]:*", "http://[::1]:4010", true),
            ("http://[::1]", "http://[::1]", true),
            // Forms that only Spin reads.
            ("http://127.0.0.1:4000..4100", "http://127.0.0.1:1", true),
            ("http://127.0.0.1/24", "http://127.0.0.9", true),
            ("insecure:allow-all", "https://anything.example", true),
        ] {
            assert_eq!(allows(entry, &Parts::of(url)), allowed, "{entry} {url}");
        }
    }

    #[test]
    fn either_variable_allows_both_services_and_an_unknown_one_refuses_nothing() {
        let url = "https://proxy.example/json";
        let refused = |maldopay, salesforce| problem(url, Service::MaldoPay, Origins { maldopay, salesforce });
        assert_eq!(refused("https://proxy.example", "https://*.my.salesforce.com"), None);
        assert_eq!(refused("https://api.maldopay.com", "https://proxy.example"), None);
        assert_eq!(refused("", "https://*.my.salesforce.com"), None);
        let said = refused("https://api.maldopay.com", "https://*.my.salesforce.com").unwrap();
        assert!(said.contains("maldopay_origin") && said.ends_with("https://proxy.example"), "{said}");
    }
}
