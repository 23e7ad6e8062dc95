//! The configuration: two TOML texts, one of them secret, parsed into sites that are ready to be used.

mod address;
mod callback_fields;
mod customer;
mod keys;
mod methods;
mod published;
mod reader;
mod secrets;
mod senders;
mod site;

use core::fmt;

use secrecy::SecretString;
use tollbridge_connector::types;
use tollbridge_domain::{Currency, MappingName, SiteName};
use tollbridge_ledger::{InquiryIntervals, Keys};
use tollbridge_toml::Arena;

use published::Peers;
use reader::{ConfigDocument, ConfigValue, Visibility};
use secrets::SiteSecrets;
use site::SiteConfig;

pub use address::Origins;
pub use customer::{
    CUSTOMER_FIELDS, CUSTOMER_ID, CustomerField, CustomerRecord, CustomerSources, MethodNeeds, RecordField,
};
pub use keys::SiteKeys;
pub use senders::CallbackSenders;

/// A problem that makes the configuration unusable.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ConfigProblem {
    /// `config` or `secrets`, the line where it is known, and the key.
    pub at: String,
    /// What is wrong and what to do. It never contains the value of a secret.
    pub problem: String,
}

impl ConfigProblem {
    /// Whether the problem is a secret that this repository publishes.
    #[must_use]
    pub fn is_published_secret(&self) -> bool {
        self.problem == published::PUBLISHED_SECRET
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.at, self.problem)
    }
}

/// A site's credentials for MaldoPay.
#[derive(Clone)]
pub struct MaldoPaySecrets {
    /// Sent with every request.
    pub api_key: SecretString,
    /// The keys that sign: requests with the first, callbacks with any of them.
    pub encrypting_keys: Vec<SecretString>,
}

/// A site's Salesforce organisation.
#[derive(Clone)]
pub struct SalesforceSite {
    /// The My Domain URL, without a slash at its end.
    pub url: String,
    /// Such as `v67.0`.
    pub api_version: String,
    /// The consumer key of the External Client App.
    pub client_id: SecretString,
    /// The consumer secret of the External Client App.
    pub client_secret: SecretString,
}

/// The mapping documents of a site.
#[derive(Clone, Default)]
pub struct MappingSettings {
    /// The document to map by; the built-in mapper where there is none.
    pub document: Option<MappingName>,
    /// A document whose result is compared and never written.
    pub shadow: Option<MappingName>,
}

/// How numbers enter the signed text of a callback, under the scheme that signs only values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedNumbers {
    /// As they are written: `50.00`.
    AsWritten,
    /// In their shortest form: `50` for `50.00`.
    Shortest,
}

/// In which requests to MaldoPay `type` is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestTypes {
    /// In all.
    Always,
    /// Only where the service does not say what the request is.
    WhereNeeded,
}

/// The SHA-256 digest of a caller's key.
pub type ApiKey = [u8; 32];

/// A site that is ready to be used.
#[derive(Clone)]
pub struct Site {
    /// Unique in the configuration.
    pub name: SiteName,
    /// The currencies that payments may have; never empty.
    pub currencies: Vec<Currency>,
    /// The first of the currencies, used where nothing else determines one.
    pub main_currency: Currency,
    /// What the provider and mapper components receive.
    pub settings: types::Site,
    /// The field orders of callbacks, where the site fixes them because its signature scheme does not sign names.
    pub callback_fields: Vec<Vec<String>>,
    /// How numbers enter the signed text of a callback.
    pub signed_numbers: SignedNumbers,
    /// From where callbacks are accepted; from everywhere where there is none.
    pub callback_senders: Option<CallbackSenders>,
    /// In which requests `type` is sent.
    pub request_types: RequestTypes,
    /// MaldoPay's base URL, with a slash at its end.
    pub maldopay_url: String,
    /// The credentials for MaldoPay.
    pub maldopay: MaldoPaySecrets,
    /// The Salesforce organisation.
    pub salesforce: SalesforceSite,
    /// The timeout of a call to MaldoPay.
    pub maldopay_timeout_milliseconds: u64,
    /// The timeout of a call to Salesforce.
    pub salesforce_timeout_milliseconds: u64,
    /// How long the response to an idempotency key is stored.
    pub idempotency_milliseconds: i64,
    /// When pending payments are inquired about.
    pub inquiry_intervals: InquiryIntervals,
    /// How long an operation may be on its way to MaldoPay. No status inquiry is made before.
    pub flight_milliseconds: i64,
    /// The mapping documents.
    pub mapping: MappingSettings,
    /// The sources of the customer's fields.
    pub customer: CustomerSources,
    /// What the payment methods need.
    pub methods: Vec<MethodNeeds>,
    /// The digests of the callers' keys.
    pub api_keys: Vec<ApiKey>,
    /// The keys that are derived from the site's key.
    pub keys: SiteKeys,
}

impl Site {
    fn of(config: SiteConfig, secrets: SiteSecrets) -> Self {
        Self {
            name: config.name,
            currencies: config.currencies,
            main_currency: config.main_currency,
            settings: config.settings,
            callback_fields: config.callback_fields,
            signed_numbers: config.signed_numbers,
            callback_senders: config.callback_senders,
            request_types: config.request_types,
            maldopay_url: config.maldopay_url,
            maldopay: secrets.maldopay,
            salesforce: SalesforceSite {
                url: config.salesforce_url,
                api_version: config.api_version,
                client_id: secrets.client_id,
                client_secret: secrets.client_secret,
            },
            maldopay_timeout_milliseconds: config.maldopay_timeout_milliseconds,
            salesforce_timeout_milliseconds: config.salesforce_timeout_milliseconds,
            idempotency_milliseconds: config.idempotency_milliseconds,
            inquiry_intervals: config.inquiry_intervals,
            flight_milliseconds: config.flight_milliseconds,
            mapping: config.mapping,
            customer: config.customer,
            methods: config.methods,
            api_keys: secrets.api_keys,
            keys: secrets.keys,
        }
    }

    /// Whether this field of a record, such as `contact.Email`, is a source of anything.
    #[must_use]
    pub fn reads(&self, path: &str) -> bool {
        let of_customer = self.customer.iter().flat_map(|(_, _, sources)| sources);
        let of_methods = self.methods.iter().flat_map(|method| &method.data).flat_map(|(_, sources)| sources);
        of_customer.chain(of_methods).any(|source| source.path() == path)
    }

    /// The keys of the site's ledger.
    #[must_use]
    pub fn ledger_keys(&self) -> Keys {
        self.keys.ledger.clone()
    }
}

/// A site of one of the two texts.
struct NamedSite<T> {
    name: String,
    line: usize,
    /// None where it has a problem.
    parsed: Option<T>,
}

/// The sites of a text; none where the text has no sites.
fn sites<T>(
    document: &ConfigDocument<'_>,
    known: &dyn Fn(&str) -> bool,
    parse: &dyn Fn(&str, &ConfigValue<'_>) -> Option<T>,
) -> Option<Vec<NamedSite<T>>> {
    let mut root = document.root()?;
    let sites = root.required("sites");
    root.end();
    let sites = sites?;
    let entries = sites.table()?.entries(known);
    if entries.is_empty() {
        sites.report("there is none: add [sites.NAME]");
        return None;
    }
    let parsed = entries.iter().map(|(name, entry)| NamedSite {
        name: (*name).to_owned(),
        line: entry.line(),
        parsed: parse(name, entry),
    });
    Some(parsed.collect())
}

fn unpaired_site(document: &str, name: &str, other: &str, line: usize) -> ConfigProblem {
    ConfigProblem {
        at: format!("{document}: sites.{name}"),
        problem: format!("missing: {other} has this site in line {line}"),
    }
}

/// The configuration of all sites.
#[derive(Clone)]
pub struct Config {
    sites: Vec<Site>,
}

impl Config {
    /// Parses the two texts, for a gateway that may call these origins.
    ///
    /// # Errors
    /// All problems of the two texts, each with its place.
    pub fn read(config: &str, secrets: &str, origins: Origins<'_>) -> Result<Self, Vec<ConfigProblem>> {
        Self::read_with_keys(config, secrets, origins).0
    }

    /// The same, with the callers' keys as far as they can be parsed: a caller with a key may see the problems.
    pub(crate) fn read_with_keys(
        config: &str,
        secrets: &str,
        origins: Origins<'_>,
    ) -> (Result<Self, Vec<ConfigProblem>>, Vec<ApiKey>) {
        let arena = Arena::new();
        let config = ConfigDocument::read("config", config, Visibility::Public, &arena);
        let secrets = ConfigDocument::read("secrets", secrets, Visibility::Secret, &arena);
        let configured = sites(&config, &|_| true, &|name, entry| site::site(name, entry, origins));
        let known = |name: &str| configured.iter().flatten().any(|site| site.name == name);
        // Where the site's config has a problem, only that problem is reported.
        let secret = sites(&secrets, &known, &|name, entry| {
            let configured = configured.iter().flatten().find(|site| site.name == name);
            let (peers, scheme) = match configured.and_then(|site| site.parsed.as_ref()) {
                Some(site) => (site.peers(), site.settings.provider.signature),
                None => (Peers::OnThisMachine, types::SignatureScheme::ValuesPipe),
            };
            secrets::secrets(name, entry, peers, scheme)
        });
        let mut keys = Vec::new();
        for site in secret.iter().flatten() {
            if let Some(parsed) = &site.parsed {
                keys.extend_from_slice(&parsed.api_keys);
            }
        }
        let (mut paired, mut others) = (Vec::new(), Vec::new());
        if let (Some(configured), Some(mut secret)) = (configured, secret) {
            for site in configured {
                match secret.iter().position(|secret| secret.name == site.name) {
                    Some(place) => {
                        let secrets = secret.swap_remove(place).parsed.and_then(|parsed| parsed.complete);
                        paired.push((site.parsed, secrets));
                    }
                    None => others.push(unpaired_site("secrets", &site.name, "config", site.line)),
                }
            }
            for site in secret {
                others.push(match SiteName::parse(site.name) {
                    Ok(name) => unpaired_site("config", name.as_str(), "secrets", site.line),
                    // Any other text in the secrets may itself be a secret, so it is not shown.
                    Err(_) => ConfigProblem {
                        at: format!("secrets: line {}: sites", site.line),
                        problem: "not the name of a site in config".to_owned(),
                    },
                });
            }
        }
        let mut problems = config.problems();
        problems.extend(secrets.problems());
        problems.extend(others);
        if !problems.is_empty() {
            return (Err(problems), keys);
        }
        let sites = paired.into_iter().filter_map(|(config, secrets)| Some(Site::of(config?, secrets?)));
        (Ok(Self { sites: sites.collect() }), keys)
    }

    /// The site of this name.
    #[must_use]
    pub fn site(&self, name: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.name.as_str() == name)
    }

    /// All sites.
    pub fn sites(&self) -> impl Iterator<Item = &Site> {
        self.sites.iter()
    }
}
