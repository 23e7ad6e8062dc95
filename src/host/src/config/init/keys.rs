//! New keys, from the system's random source.

use anyhow::Context as _;
use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};

/// The keys of a new site.
pub struct NewKeys {
    /// What Salesforce calls with. Only its digest is written.
    pub api_key: String,
    /// Seals what the store keeps.
    pub site_key: String,
}

impl NewKeys {
    /// Two keys that nobody else has.
    ///
    /// # Errors
    /// The system has no random source.
    pub fn random() -> anyhow::Result<Self> {
        Ok(Self { api_key: random_key()?, site_key: random_key()? })
    }

    /// The digest of the API key, as the secrets have it.
    pub fn digest(&self) -> String {
        format!("sha256:{}", base16ct::lower::encode_string(&Sha256::digest(&self.api_key)))
    }
}

/// 32 random bytes in base64.
fn random_key() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("this system gives no random bytes")?;
    Ok(Base64::encode_string(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_sandboxs_key() {
        let keys = NewKeys { api_key: "sandbox-api-key".to_owned(), site_key: String::new() };
        assert_eq!(keys.digest(), "sha256:c27f1dc0436e6ea2fe495afbfeee34098fbdebccedb5fea4bdf71e967eaaf594");
        assert_ne!(random_key().unwrap(), random_key().unwrap());
    }
}
