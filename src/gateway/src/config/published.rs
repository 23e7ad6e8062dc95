//! Refuses the sandbox's keys where a peer is not on this machine: this repository publishes them, so everybody knows
//! them.

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::address::is_on_this_machine;

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
        if urls.into_iter().all(is_on_this_machine) { Self::OnThisMachine } else { Self::Elsewhere }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_elsewhere_as_soon_as_one_of_them_is() {
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
