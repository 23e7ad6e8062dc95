//! The configuration: two TOML texts, one of them secret, read into sites that can be used as they are.

mod customer;
mod secret;
mod written;

use core::fmt;

use tollbridge_connector::types;
use tollbridge_domain::{Currency, MappingName, SiteName};
use tollbridge_ledger::AuditKey;

pub use customer::{CUSTOMER_FIELDS, CustomerField, CustomerRecord, CustomerSources, MethodNeeds, RecordField};
pub use secret::{Secret, SiteKeys};

/// Something that makes the configuration unusable.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ConfigProblem {
    /// `config` or `secrets`, with the line where it is known, and the key.
    pub at: String,
    /// What is wrong and what to do; never a secret's value.
    pub problem: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.at, self.problem)
    }
}

/// What a site proves itself with to MaldoPay.
#[derive(Clone)]
pub struct MaldoPaySecrets {
    /// The API key.
    pub api_key: Secret,
    /// The keys that sign: requests with the first, callbacks with any.
    pub encrypting_keys: Vec<Secret>,
}

/// A site's Salesforce organisation.
#[derive(Clone)]
pub struct SalesforceSite {
    /// The My Domain URL, without a slash at the end.
    pub url: String,
    /// `v67.0`.
    pub api_version: String,
    /// The connected app's id.
    pub client_id: Secret,
    /// The connected app's secret.
    pub client_secret: Secret,
}

/// By which documents a site's payments are mapped.
#[derive(Clone, Default)]
pub struct Mapping {
    /// The document; the compiled mapper where none is named.
    pub document: Option<MappingName>,
    /// A document that is tried beside it and writes nothing.
    pub shadow: Option<MappingName>,
}

/// One site, ready to be used.
#[derive(Clone)]
pub struct Site {
    /// Its name.
    pub name: SiteName,
    /// The currencies that payments may be made in; never empty.
    pub currencies: Vec<Currency>,
    /// The currency where nothing else says one: the first of the currencies.
    pub main_currency: Currency,
    /// What pure components may know of it.
    pub settings: types::Site,
    /// MaldoPay's base URL, with a slash at the end.
    pub maldopay_url: String,
    /// What it proves itself with to MaldoPay.
    pub maldopay: MaldoPaySecrets,
    /// Its Salesforce organisation.
    pub salesforce: SalesforceSite,
    /// How long MaldoPay may take to answer a command.
    pub maldopay_timeout_milliseconds: u64,
    /// How long Salesforce may take.
    pub salesforce_timeout_milliseconds: u64,
    /// How long an idempotency key's answer is given again.
    pub idempotency_milliseconds: i64,
    /// By which documents its payments are mapped.
    pub mapping: Mapping,
    /// Where a customer is read from.
    pub customer: CustomerSources,
    /// What methods need, for those that need something.
    pub methods: Vec<MethodNeeds>,
    /// SHA-256 of the keys that callers may use.
    pub api_keys: Vec<[u8; 32]>,
    /// The keys derived from the site's own.
    pub keys: SiteKeys,
}

impl Site {
    /// The key of the audit's MACs.
    #[must_use]
    pub fn audit_key(&self) -> AuditKey {
        AuditKey::new(self.keys.audit)
    }
}

/// The whole configuration.
#[derive(Clone)]
pub struct Config {
    sites: Vec<Site>,
}

impl Config {
    /// Reads the two texts.
    ///
    /// # Errors
    /// Everything that is wrong with them, each with where it is.
    pub fn read(config: &str, secrets: &str) -> Result<Self, Vec<ConfigProblem>> {
        written::read(config, secrets).map(|sites| Self { sites })
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
