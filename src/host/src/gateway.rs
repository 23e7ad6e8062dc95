//! How a command reaches a gateway that is running, and as whom.

/// Where the gateway is, and a key of the site.
#[derive(clap::Args)]
pub struct Gateway {
    /// Where the gateway is.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000")]
    pub url: String,
    /// A key of the site; in the environment other users of the machine do not see it.
    #[arg(long, value_name = "API_KEY", env = "TOLLBRIDGE_API_KEY", hide_env_values = true)]
    pub key: String,
    /// The site, where the key belongs to several.
    #[arg(long, value_name = "NAME")]
    pub site: Option<String>,
}
