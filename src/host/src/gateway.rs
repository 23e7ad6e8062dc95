//! The options that locate a running gateway and authenticate to it.

#[derive(clap::Args)]
pub struct GatewayOptions {
    /// The gateway's URL.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000")]
    pub url: String,
    /// An API key of the site. In the environment, other users of the machine do not see it.
    #[arg(long, value_name = "API_KEY", env = "TOLLBRIDGE_API_KEY", hide_env_values = true)]
    pub key: String,
    /// The site, if the key belongs to several.
    #[arg(long, value_name = "NAME")]
    pub site: Option<String>,
}
