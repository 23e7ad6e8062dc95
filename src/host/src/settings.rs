//! The settings that the sandbox and the application share: the credentials of spin.toml's defaults, for any ports.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tollbridge_sandbox::{GatewayAccess, Merchant, Org, Sandbox, SandboxOptions, Signature};

/// The site's name.
pub const SITE: &str = "tr";

/// The key that Salesforce authenticates with.
pub const API_KEY: &str = "sandbox-api-key";

/// The key that MaldoPay signs its callbacks with.
pub const ENCRYPTING_KEY: &str = "sandbox-encrypting-key";

/// Any free port of this machine.
pub const FREE_PORT: SocketAddr = local(0);

/// A port of this machine that only this machine can reach.
pub const fn local(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// The callback URL of a gateway at this address.
pub fn callback_url(gateway: SocketAddr) -> String {
    format!("http://{gateway}{}", callback_path())
}

/// The path for callbacks to the site.
pub fn callback_path() -> String {
    format!("/webhooks/maldopay/{SITE}")
}

/// How the sandbox's Salesforce reaches a gateway at this URL.
pub fn gateway(url: String) -> GatewayAccess {
    GatewayAccess { url, api_key: API_KEY.to_owned(), site: SITE.to_owned() }
}

/// The sandbox with the credentials of the application's defaults.
pub fn sandbox_options(maldopay: SocketAddr, salesforce: SocketAddr, callback_retry: Duration) -> SandboxOptions {
    SandboxOptions {
        maldopay,
        salesforce,
        merchant: Merchant {
            client_id: 81_433,
            api_key: "sandbox-maldopay-key".to_owned(),
            encrypting_key: ENCRYPTING_KEY.to_owned(),
            signature: Signature::ValuesPipe,
            callback_url: None,
        },
        org: Org {
            client_id: "sandbox-client".to_owned(),
            client_secret: "sandbox-secret".to_owned(),
            multi_currency: true,
        },
        callback_retry,
    }
}

/// The application's variables for a running sandbox, wherever it listens.
pub fn variables(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let config = config(&sandbox.maldopay.url(), &sandbox.salesforce.url());
    BTreeMap::from([("config".to_owned(), config), ("secrets".to_owned(), SECRETS.to_owned())])
}

fn config(maldopay: &str, salesforce: &str) -> String {
    format!(
        r#"
[sites.tr]
legal_entity = "Tollbridge Demo A.Ş."
currencies = ["TRY", "EUR"]
locale = "tr-TR"
maldopay = {{ url = "{maldopay}", client_id = 81433, brand_id = 15, integration_id = 12980, services = {{ checkout = 2031, credit = 2116, pix = 2157, pix_withdraw = 2158, bank = 2006 }}, signature = "values-pipe" }}
salesforce = {{ url = "{salesforce}", api_version = "v67.0", multi_currency = true }}
"#
    )
}

/// The hash of [`API_KEY`] and other values for the sandbox only. None of them is secret.
const SECRETS: &str = r#"
[sites.tr]
api_keys = ["sha256:c27f1dc0436e6ea2fe495afbfeee34098fbdebccedb5fea4bdf71e967eaaf594"]
maldopay = { api_key = "sandbox-maldopay-key", encrypting_keys = ["sandbox-encrypting-key"] }
salesforce = { client_id = "sandbox-client", client_secret = "sandbox-secret" }
key = "hErwZwMF5vpPovRGa1iPfS7T2PthD+FLdRZ1Fdf2jlA="
"#;

#[cfg(test)]
mod tests {
    use super::*;

    /// The defaults of `tollbridge up` match those of `tollbridge sandbox`.
    #[test]
    fn the_settings_are_the_defaults_of_the_manifest() {
        let manifest: toml::Table = include_str!("../../../spin.toml").parse().unwrap();
        let default =
            |name: &str| -> toml::Table { manifest["variables"][name]["default"].as_str().unwrap().parse().unwrap() };
        let ours = config("http://127.0.0.1:4010/json/", "http://127.0.0.1:4020");
        assert_eq!(ours.parse::<toml::Table>().unwrap(), default("config"));
        assert_eq!(SECRETS.parse::<toml::Table>().unwrap(), default("secrets"));
    }
}
