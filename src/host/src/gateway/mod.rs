//! A running gateway as the commands see it: the options that locate it and authenticate to it, and its client.

mod client;

pub use client::{SiteClient, read};

use anyhow::bail;
use http::HeaderValue;

use crate::web::WebUrl;

/// The environment variable with the API key.
const KEY_VARIABLE: &str = "TOLLBRIDGE_API_KEY";

/// The options of every command that asks a gateway.
#[derive(Clone, Debug, clap::Args)]
pub struct GatewayOptions {
    /// The gateway's URL.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000", global = true)]
    url: WebUrl,
    #[command(flatten)]
    key: KeyOptions,
    /// The site, if the key belongs to several.
    #[arg(long, value_name = "NAME", global = true)]
    site: Option<String>,
}

impl GatewayOptions {
    /// The client of the site.
    ///
    /// # Errors
    /// There is no key, or not one that can be sent.
    pub fn client(&self) -> anyhow::Result<SiteClient> {
        let Some(key) = self.key.read()? else {
            bail!("there is no API key: set {KEY_VARIABLE} to one of the site's, or give it with --key");
        };
        Ok(SiteClient::new(&self.url, key, self.site.as_deref()))
    }
}

/// The API key, on the command line or in the environment.
#[derive(Clone, Debug, clap::Args)]
pub struct KeyOptions {
    /// An API key of the site. In the environment, other users of the machine do not see it.
    // It is checked here and not by the parser, whose message would show it.
    #[arg(long, value_name = "API_KEY", env = KEY_VARIABLE, hide_env_values = true, global = true)]
    key: Option<String>,
}

impl KeyOptions {
    /// The key, if one is given; an empty one is none.
    ///
    /// # Errors
    /// No header can carry it.
    pub fn read(&self) -> anyhow::Result<Option<&str>> {
        match self.key.as_deref() {
            None | Some("") => Ok(None),
            Some(key) if HeaderValue::from_str(key).is_err() => {
                bail!(
                    "the API key of --key or {KEY_VARIABLE} has a character that no key has, such as the end of a line"
                )
            }
            key => Ok(key),
        }
    }
}
