//! The configuration: two TOML texts, one of them secret, read into sites that can be used as they are.

mod callback_fields;
mod customer;
mod methods;
mod published;
mod reader;
mod secret;
mod secrets;
mod site;

use core::fmt;

use tollbridge_connector::types;
use tollbridge_domain::{Currency, MappingName, SiteName};
use tollbridge_ledger::{InquiryIntervals, Keys};

use published::Peers;
use reader::{Document, Entry, Shown};
use secrets::SiteSecrets;
use site::Described;

pub use customer::{
    CUSTOMER_FIELDS, CUSTOMER_ID, CustomerField, CustomerRecord, CustomerSources, MethodNeeds, RecordField,
};
pub use secret::{Secret, SiteKeys};

/// Something that makes the configuration unusable.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ConfigProblem {
    /// `config` or `secrets`, with the line where it is known, and the key.
    pub at: String,
    /// What is wrong and what to do; never a secret's value.
    pub problem: String,
}

impl ConfigProblem {
    /// Whether it is that a secret is the sandbox's.
    #[must_use]
    pub fn is_published_secret(&self) -> bool {
        self.problem == published::PROBLEM
    }
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

/// The SHA-256 of a key that callers may use.
pub type ApiKey = [u8; 32];

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
    /// The orders in which callbacks may have their names, where the scheme signs no names and the site fixes them.
    pub callback_fields: Vec<Vec<String>>,
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
    /// When MaldoPay is asked about what is pending.
    pub inquiry_intervals: InquiryIntervals,
    /// How long after an operation was asked for nobody asks MaldoPay what became of it.
    pub flight_milliseconds: i64,
    /// By which documents its payments are mapped.
    pub mapping: Mapping,
    /// Where a customer is read from.
    pub customer: CustomerSources,
    /// What methods need, for those that need something.
    pub methods: Vec<MethodNeeds>,
    /// SHA-256 of the keys that callers may use.
    pub api_keys: Vec<ApiKey>,
    /// The keys derived from the site's own.
    pub keys: SiteKeys,
}

impl Site {
    fn of(described: Described, secrets: SiteSecrets) -> Self {
        Self {
            name: described.name,
            currencies: described.currencies,
            main_currency: described.main_currency,
            settings: described.settings,
            callback_fields: described.callback_fields,
            maldopay_url: described.maldopay_url,
            maldopay: secrets.maldopay,
            salesforce: SalesforceSite {
                url: described.salesforce_url,
                api_version: described.api_version,
                client_id: secrets.client_id,
                client_secret: secrets.client_secret,
            },
            maldopay_timeout_milliseconds: described.maldopay_timeout_milliseconds,
            salesforce_timeout_milliseconds: described.salesforce_timeout_milliseconds,
            idempotency_milliseconds: described.idempotency_milliseconds,
            inquiry_intervals: described.inquiry_intervals,
            flight_milliseconds: described.flight_milliseconds,
            mapping: described.mapping,
            customer: described.customer,
            methods: described.methods,
            api_keys: secrets.api_keys,
            keys: secrets.keys,
        }
    }

    /// Whether this field of a record, such as `contact.Email`, is read for anything.
    #[must_use]
    pub fn reads(&self, path: &str) -> bool {
        let of_customer = self.customer.iter().flat_map(|(_, _, sources)| sources);
        let of_methods = self.methods.iter().flat_map(|method| &method.data).flat_map(|(_, sources)| sources);
        of_customer.chain(of_methods).any(|source| source.path() == path)
    }

    /// The keys of its ledger.
    #[must_use]
    pub fn ledger_keys(&self) -> Keys {
        self.keys.ledger.clone()
    }
}

/// A site of one of the two texts, by the name it has there.
struct Found<T> {
    name: String,
    line: usize,
    /// None where something is wrong with it.
    read: Option<T>,
}

/// The sites of a text; none where it has none.
fn sites<T>(
    document: &Document<'_>,
    known: &dyn Fn(&str) -> bool,
    read: &dyn Fn(&str, &Entry<'_>) -> Option<T>,
) -> Option<Vec<Found<T>>> {
    let mut root = document.root()?;
    let sites = root.required("sites");
    root.end();
    let sites = sites?;
    let named = sites.table()?.named(known);
    if named.is_empty() {
        sites.wrong("there is none: add [sites.NAME]");
        return None;
    }
    let found = named.iter().map(|(name, entry)| Found {
        name: (*name).to_owned(),
        line: entry.line(),
        read: read(name, entry),
    });
    Some(found.collect())
}

fn unpaired_site(document: &str, name: &str, other: &str, line: usize) -> ConfigProblem {
    ConfigProblem {
        at: format!("{document}: sites.{name}"),
        problem: format!("missing: {other} has this site in line {line}"),
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
        Self::read_with_keys(config, secrets).0
    }

    /// The same; and the callers' keys as far as they can be read: whoever has one may be told why it cannot be used.
    pub(crate) fn read_with_keys(config: &str, secrets: &str) -> (Result<Self, Vec<ConfigProblem>>, Vec<ApiKey>) {
        let config = Document::read("config", config, Shown::Yes);
        let secrets = Document::read("secrets", secrets, Shown::No);
        let described = sites(&config, &|_| true, &site::site);
        let known = |name: &str| described.iter().flatten().any(|site| site.name == name);
        // Where a site is not described well, that is what is said of it.
        let peers = |name: &str| {
            let described = described.iter().flatten().find(|site| site.name == name);
            described.and_then(|site| site.read.as_ref()).map_or(Peers::OnThisMachine, Described::peers)
        };
        let secret = sites(&secrets, &known, &|name, entry| secrets::secrets(name, entry, peers(name)));
        let mut keys = Vec::new();
        for site in secret.iter().flatten() {
            if let Some(read) = &site.read {
                keys.extend_from_slice(&read.api_keys);
            }
        }
        let mut unpaired = Vec::new();
        let mut paired = Vec::new();
        if let (Some(described), Some(mut secret)) = (described, secret) {
            for site in described {
                match secret.iter().position(|secret| secret.name == site.name) {
                    Some(place) => paired.push((site.read, secret.swap_remove(place).read.and_then(|site| site.whole))),
                    None => unpaired.push(unpaired_site("secrets", &site.name, "config", site.line)),
                }
            }
            for site in secret {
                unpaired.push(match SiteName::parse(site.name) {
                    Ok(name) => unpaired_site("config", name.as_str(), "secrets", site.line),
                    // Text of the secrets that is not a site's name may be anything, so it is not shown.
                    Err(_) => ConfigProblem {
                        at: format!("secrets: line {}: sites", site.line),
                        problem: "not the name of a site in config".to_owned(),
                    },
                });
            }
        }
        let mut problems = config.problems();
        problems.extend(secrets.problems());
        problems.extend(unpaired);
        if !problems.is_empty() {
            return (Err(problems), keys);
        }
        let sites = paired.into_iter().filter_map(|(described, secrets)| Some(Site::of(described?, secrets?)));
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
