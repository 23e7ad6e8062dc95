//! The settings of the two sites.

use std::net::SocketAddr;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tollbridge_sandbox::{Merchant, Org, Sandbox, SandboxOptions, Signature};

/// The settings that differ between sites.
pub struct SiteSettings {
    pub name: &'static str,
    /// Salesforce calls the gateway with this key.
    pub api_key: &'static str,
    pub client_id: u64,
    pub maldopay_key: &'static str,
    /// MaldoPay signs with this key now.
    pub encrypting_key: &'static str,
    /// MaldoPay signed with this key before.
    pub previous_key: &'static str,
    pub salesforce_client: &'static str,
    pub salesforce_secret: &'static str,
    /// 32 bytes in base64: the site's own key.
    pub key: &'static str,
}

/// The site of `spin.toml`.
pub const TR: SiteSettings = SiteSettings {
    name: "tr",
    api_key: "sandbox-api-key",
    client_id: 81_433,
    maldopay_key: "sandbox-maldopay-key",
    encrypting_key: "sandbox-encrypting-key",
    previous_key: "sandbox-previous-key",
    salesforce_client: "sandbox-client",
    salesforce_secret: "sandbox-secret",
    key: "hErwZwMF5vpPovRGa1iPfS7T2PthD+FLdRZ1Fdf2jlA=",
};

/// A second legal entity with its own credentials.
pub const EU: SiteSettings = SiteSettings {
    name: "eu",
    api_key: "second-api-key",
    client_id: 90_210,
    maldopay_key: "second-maldopay-key",
    encrypting_key: "second-encrypting-key",
    previous_key: "second-previous-key",
    salesforce_client: "second-client",
    salesforce_secret: "second-salesforce-secret",
    key: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
};

impl SiteSettings {
    /// The path of the site's callbacks.
    pub fn webhook(&self) -> String {
        format!("/webhooks/maldopay/{}", self.name)
    }

    pub fn merchant(&self, signature: Signature) -> Merchant {
        Merchant {
            client_id: self.client_id,
            api_key: self.maldopay_key.to_owned(),
            encrypting_key: self.encrypting_key.to_owned(),
            signature,
            callback_url: None,
        }
    }

    pub fn org(&self, multi_currency: bool) -> Org {
        Org {
            client_id: self.salesforce_client.to_owned(),
            client_secret: self.salesforce_secret.to_owned(),
            multi_currency,
        }
    }

    /// The site's MaldoPay and Salesforce, on free ports. Callbacks are repeated soon.
    pub async fn sandbox(&self, signature: Signature, multi_currency: bool) -> anyhow::Result<Sandbox> {
        let anywhere = ([127, 0, 0, 1], 0).into();
        Sandbox::start(SandboxOptions {
            maldopay: anywhere,
            salesforce: anywhere,
            merchant: self.merchant(signature),
            org: self.org(multi_currency),
            callback_retry: Duration::from_millis(20),
        })
        .await
    }

    /// The values that must never appear outside the configuration.
    pub fn confidential(&self) -> [&'static str; 6] {
        [self.api_key, self.maldopay_key, self.encrypting_key, self.previous_key, self.salesforce_secret, self.key]
    }

    /// The site's part of the text of `secrets`.
    pub fn secrets(&self) -> String {
        let digest = base16ct::lower::encode_string(&Sha256::digest(self.api_key));
        format!(
            "[sites.{}]\napi_keys = [\"sha256:{digest}\"]\nkey = \"{}\"\n\
             maldopay = {{ api_key = \"{}\", encrypting_keys = [\"{}\", \"{}\"] }}\n\
             salesforce = {{ client_id = \"{}\", client_secret = \"{}\" }}\n",
            self.name,
            self.key,
            self.maldopay_key,
            self.encrypting_key,
            self.previous_key,
            self.salesforce_client,
            self.salesforce_secret,
        )
    }
}

/// The text of `config` for these services.
pub fn config(tr: &Sandbox, eu: &Sandbox, signature: Signature) -> String {
    format!(
        r#"{tr}
[sites.eu]
legal_entity = "Tollbridge Demo GmbH"
currencies = ["EUR", "JPY", "KWD"]
locale = "de-DE"
maldopay = {{ url = "{eu_maldopay}", client_id = 90210, brand_id = 16, integration_id = 12981, services = {{ checkout = 2031, credit = 2116, bank_withdraw = 2012 }} }}
salesforce = {{ url = "{eu_salesforce}", multi_currency = false }}
"#,
        tr = tr_config(tr, signature),
        eu_maldopay = eu.maldopay.url(),
        eu_salesforce = eu.salesforce.url(),
    )
}

/// The text of `config` for the site `tr` alone.
pub fn tr_config(tr: &Sandbox, signature: Signature) -> String {
    let signature = match signature {
        Signature::ValuesPipe => "values-pipe",
        Signature::Body => "body",
        Signature::StandardWebhooks => "standard-webhooks",
    };
    format!(
        r#"[sites.tr]
legal_entity = "Tollbridge Demo A.Ş."
currencies = ["TRY", "EUR"]
locale = "tr-TR"
maldopay = {{ url = "{maldopay}", client_id = 81433, brand_id = 15, integration_id = 12980, services = {{ checkout = 2031, credit = 2116, pix = 2157, pix_withdraw = 2158, bank = 2006 }}, signature = "{signature}" }}
salesforce = {{ url = "{salesforce}", api_version = "v67.0", multi_currency = true }}
"#,
        maldopay = tr.maldopay.url(),
        salesforce = tr.salesforce.url(),
    )
}

/// The text of `secrets`.
pub fn secrets() -> String {
    format!("{}\n{}", TR.secrets(), EU.secrets())
}

/// The text of `config` with another address for a service, `maldopay` or `salesforce`, of the site `tr`.
pub fn elsewhere(text: &str, service: &str, address: SocketAddr) -> String {
    let key = format!("{service} = {{ url = \"http://");
    let (before, after) = text.split_once(&key).expect("the site `tr` is the first one and has both services");
    let path = after.find(['/', '"']).unwrap_or_default();
    format!("{before}{key}{address}{}", &after[path..])
}
