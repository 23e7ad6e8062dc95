//! The destinations that a component may send requests to: `allowed_outbound_hosts`, in Spin's syntax.

use http::Uri;

/// The destinations that the manifest allows.
#[derive(Debug, Default)]
pub(crate) struct AllowedHosts {
    patterns: Vec<Pattern>,
}

#[derive(Debug, PartialEq, Eq)]
struct Pattern {
    /// `None` matches any scheme.
    scheme: Option<String>,
    host: HostPattern,
    /// `None` matches any port.
    port: Option<u16>,
}

#[derive(Debug, PartialEq, Eq)]
enum HostPattern {
    Any,
    /// Any host below this domain, which starts with a dot. The domain itself does not match.
    Below(String),
    Exactly(String),
}

/// An invalid entry of `allowed_outbound_hosts`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{entry}` is not an entry for allowed_outbound_hosts: {problem}; write it like `https://example.com`, \
     `https://*.example.com` or `http://127.0.0.1:*`"
)]
pub struct AllowedHostError {
    entry: String,
    problem: &'static str,
}

impl AllowedHosts {
    /// Parses the entries, after their variables are filled in.
    pub(crate) fn parse(entries: impl IntoIterator<Item = String>) -> Result<AllowedHosts, AllowedHostError> {
        let patterns = entries
            .into_iter()
            .map(|entry| Pattern::parse(&entry).map_err(|problem| AllowedHostError { entry, problem }))
            .collect::<Result<_, _>>()?;
        Ok(AllowedHosts { patterns })
    }

    /// Whether the component may send a request to this address.
    pub(crate) fn allow(&self, address: &Uri) -> bool {
        let (Some(scheme), Some(host)) = (address.scheme_str(), address.host()) else {
            return false;
        };
        let Some(port) = address.port_u16().or_else(|| default_port(scheme)) else {
            return false;
        };
        self.allow_origin(scheme, host, port)
    }

    /// Whether the component may connect to this host. IPv6 addresses are in brackets.
    pub(crate) fn allow_origin(&self, scheme: &str, host: &str, port: u16) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(scheme, host, port))
    }
}

impl Pattern {
    fn parse(entry: &str) -> Result<Pattern, &'static str> {
        let (scheme, rest) = entry.split_once("://").ok_or("it has no scheme such as `https://`")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '@']) {
            return Err("only scheme, host and port can be allowed, not a path");
        }
        // The colons of an IPv6 address are inside brackets.
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            Some(_) | None => (rest, None),
        };
        let port = match port {
            Some("*") => None,
            Some(port) => Some(port.parse().map_err(|_| "its port is neither a number nor `*`")?),
            None => Some(default_port(scheme).ok_or("it needs a port, as its scheme has none")?),
        };
        Ok(Pattern {
            scheme: match scheme {
                "*" => None,
                "" => return Err("its scheme is empty"),
                scheme => Some(scheme.to_ascii_lowercase()),
            },
            host: HostPattern::parse(host)?,
            port,
        })
    }

    fn matches(&self, scheme: &str, host: &str, port: u16) -> bool {
        self.scheme.as_ref().is_none_or(|allowed| allowed.eq_ignore_ascii_case(scheme))
            && self.port.is_none_or(|allowed| allowed == port)
            && self.host.matches(host)
    }
}

impl HostPattern {
    fn parse(host: &str) -> Result<HostPattern, &'static str> {
        let host = host.to_ascii_lowercase();
        let fixed = host.strip_prefix('*').unwrap_or(&host);
        if fixed.contains('*') {
            return Err("`*` may stand for a whole host or for its first labels only");
        }
        match host.strip_prefix('*') {
            Some("") => Ok(HostPattern::Any),
            Some(domain) if domain.len() > 1 && domain.starts_with('.') => Ok(HostPattern::Below(domain.to_owned())),
            Some(_) => Err("a `*` must be followed by a dot and a domain"),
            None if host.is_empty() => Err("it has no host"),
            None if host == "self" || host.ends_with(".alt") => {
                Err("this runtime does not support requests from an application to itself")
            }
            None => Ok(HostPattern::Exactly(host)),
        }
    }

    fn matches(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        match self {
            HostPattern::Any => true,
            HostPattern::Below(domain) => host.len() > domain.len() && host.ends_with(domain.as_str()),
            HostPattern::Exactly(allowed) => host == *allowed,
        }
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Some(80),
        "https" => Some(443),
        "redis" => Some(6379),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(entry: &str, address: &str) -> bool {
        AllowedHosts::parse([entry.to_owned()]).unwrap().allow(&address.parse().unwrap())
    }

    #[test]
    fn an_exact_host_has_its_schemes_port() {
        let entry = "https://api.maldopay.com";
        assert!(allows(entry, "https://api.maldopay.com/json/"));
        assert!(allows(entry, "https://API.maldopay.com:443/json/"));
        assert!(!allows(entry, "https://api.maldopay.com:8443/"));
        assert!(!allows(entry, "http://api.maldopay.com/"));
        assert!(!allows(entry, "https://maldopay.com/"));
        assert!(!allows(entry, "https://api.maldopay.com.evil.example/"));
        assert!(allows("https://api.maldopay.com/", "https://api.maldopay.com/x"));
    }

    #[test]
    fn a_wildcard_matches_hosts_below_a_domain() {
        let entry = "https://*.my.salesforce.com";
        assert!(allows(entry, "https://shop.my.salesforce.com/services"));
        assert!(allows(entry, "https://shop.sandbox.my.salesforce.com/"));
        assert!(!allows(entry, "https://my.salesforce.com/"));
        assert!(!allows(entry, "https://evilmy.salesforce.com/"));
    }

    #[test]
    fn ports_and_schemes_can_be_left_open() {
        assert!(allows("http://127.0.0.1:*", "http://127.0.0.1:4010/json/"));
        assert!(allows("http://127.0.0.1:*", "http://127.0.0.1/"));
        assert!(!allows("http://127.0.0.1:*", "http://127.0.0.2:4010/"));
        assert!(allows("http://localhost:4010", "http://localhost:4010/"));
        assert!(!allows("http://localhost:4010", "http://localhost:4011/"));
        assert!(allows("*://localhost:4010", "https://localhost:4010/"));
        assert!(allows("*://*:*", "https://anything.example:1/"));
        assert!(allows("http://[::1]:*", "http://[::1]:4010/"));
        assert!(allows("http://[::1]", "http://[::1]/"));
    }

    #[test]
    fn a_redis_server_has_a_port_too() {
        let allowed = AllowedHosts::parse(["redis://cache.example".to_owned()]).unwrap();
        assert!(allowed.allow_origin("redis", "cache.example", 6379));
        assert!(!allowed.allow_origin("redis", "cache.example", 6380));
        assert!(!allowed.allow_origin("rediss", "cache.example", 6379));
        assert!(!allowed.allow_origin("http", "cache.example", 6379));
    }

    #[test]
    fn nothing_is_allowed_unless_it_is_listed() {
        let none = AllowedHosts::default();
        assert!(!none.allow(&"http://localhost/".parse().unwrap()));
        assert!(!allows("*://*:*", "/relative"));
    }

    #[test]
    fn refuses_invalid_entries() {
        for entry in [
            "example.com",
            "https://",
            "https://example.com/path",
            "https://a.*.example.com",
            "https://*example.com",
            "https://example.com:port",
            "*://example.com",
            "http://self",
            "http://self.alt",
            "https://user@example.com",
            "",
        ] {
            assert!(AllowedHosts::parse([entry.to_owned()]).is_err(), "{entry} was accepted");
        }
    }
}
