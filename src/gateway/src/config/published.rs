//! Refuses the sandbox's keys where a peer is not on this machine: this repository publishes them, so everybody knows
//! them.

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

/// The values in `secrets` of `spin.toml`, `spin-redis.toml` and `tollbridge run`, and the caller's key whose digest is
/// there.
const PUBLISHED: [&str; 6] = [
    "sandbox-api-key",
    "sandbox-maldopay-key",
    "sandbox-encrypting-key",
    "sandbox-client",
    "sandbox-secret",
    "hErwZwMF5vpPovRGa1iPfS7T2PthD+FLdRZ1Fdf2jlA=",
];

/// Why a published secret is refused.
pub const PUBLISHED_SECRET: &str = "this is the sandbox's, which everybody knows: it serves only where MaldoPay's url \
                                    and Salesforce's are both on this machine (127.0.0.1, [::1] or localhost); give \
                                    this site one of its own";

/// Where a site's peers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peers {
    /// All on this machine.
    OnThisMachine,
    /// At least one of them is elsewhere, or may be.
    Elsewhere,
}

impl Peers {
    /// The location of these URLs.
    pub fn at(urls: [&str; 2]) -> Self {
        if urls.into_iter().all(is_loopback) { Self::OnThisMachine } else { Self::Elsewhere }
    }

    /// Whether the secret with this digest is refused. All published ones are compared, in constant time.
    pub fn refuse_digest(self, digest: &[u8; 32]) -> bool {
        self == Self::Elsewhere
            && PUBLISHED
                .iter()
                .fold(Choice::from(0), |found, published| {
                    found | <[u8; 32]>::from(Sha256::digest(published.as_bytes())).ct_eq(digest)
                })
                .into()
    }

    /// Whether this secret is refused, in any of the forms of a key.
    pub fn refuse(self, secret: &str) -> bool {
        let decoded = secret.strip_prefix("whsec_").and_then(|encoded| Base64::decode_vec(encoded).ok());
        self.refuse_digest(&Sha256::digest(decoded.as_deref().unwrap_or(secret.as_bytes())).into())
    }
}

fn is_loopback(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_port = |port: &str| port.is_empty() || port.starts_with(':');
    let is_address = || host.parse::<core::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    is_port(port) && (host.eq_ignore_ascii_case("localhost") || is_address())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_the_name_of_this_machine_are_loopback() {
        for url in [
            "http://127.0.0.1:4010/json/",
            "http://127.8.9.1",
            "https://localhost:4020",
            "http://LOCALHOST/x",
            "http://[::1]:4020/json",
            "http://[::1]",
        ] {
            assert!(is_loopback(url), "{url}");
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
            assert!(!is_loopback(url), "{url}");
        }
        assert_eq!(Peers::at(["http://127.0.0.1", "http://localhost"]), Peers::OnThisMachine);
        for urls in [["http://127.0.0.1", "https://x.example"], ["https://x.example", "http://127.0.0.1"]] {
            assert_eq!(Peers::at(urls), Peers::Elsewhere);
        }
    }

    #[test]
    fn published_secrets_are_refused_elsewhere_in_every_form_and_others_are_not() {
        for published in PUBLISHED {
            assert!(Peers::Elsewhere.refuse(published), "{published}");
            assert!(Peers::Elsewhere.refuse(&format!("whsec_{}", Base64::encode_string(published.as_bytes()))));
            assert!(Peers::Elsewhere.refuse_digest(&Sha256::digest(published.as_bytes()).into()));
            assert!(!Peers::OnThisMachine.refuse(published));
            assert!(!Peers::Elsewhere.refuse(&published[1..]));
            assert!(!Peers::Elsewhere.refuse(&format!("{published}x")));
        }
    }

    /// The manifests use exactly these secrets.
    #[test]
    fn the_secrets_of_the_manifests_are_the_published_ones() {
        for manifest in [include_str!("../../../../spin.toml"), include_str!("../../../../spin-redis.toml")] {
            for published in &PUBLISHED[1..] {
                assert!(manifest.contains(&format!("\"{published}\"")), "{published}");
            }
            let digest = base16ct::lower::encode_string(&Sha256::digest(PUBLISHED[0].as_bytes()));
            assert!(manifest.contains(&digest));
        }
    }
}
