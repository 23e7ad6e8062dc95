//! The texts as people write them, and what may be wrong with them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tollbridge_connector::types;
use tollbridge_domain::{Currency, MappingName, SiteName};

use super::{ConfigProblem, CustomerSources, MaldoPaySecrets, Mapping, SalesforceSite, Secret, Site, SiteKeys};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenConfig {
    sites: BTreeMap<String, WrittenSite>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSite {
    legal_entity: String,
    currencies: Vec<String>,
    locale: String,
    maldopay: WrittenMaldoPay,
    salesforce: WrittenSalesforce,
    #[serde(default)]
    timeouts: WrittenTimeouts,
    #[serde(default)]
    retention: WrittenRetention,
    #[serde(default)]
    mapping: WrittenMapping,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMaldoPay {
    url: String,
    client_id: u64,
    brand_id: u64,
    integration_id: u64,
    services: BTreeMap<String, u64>,
    #[serde(default)]
    signature: WrittenSignature,
    #[serde(default)]
    amount_format: WrittenAmountFormat,
    #[serde(default)]
    utc_offset_minutes: i32,
    landing_pages: Option<WrittenLandingPages>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum WrittenSignature {
    #[default]
    ValuesPipe,
    Body,
    StandardWebhooks,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum WrittenAmountFormat {
    #[default]
    DecimalString,
    WholeNumber,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLandingPages {
    success: String,
    pending: String,
    declined: String,
    failed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSalesforce {
    url: String,
    #[serde(default = "default_api_version")]
    api_version: String,
    #[serde(default)]
    multi_currency: bool,
}

fn default_api_version() -> String {
    "v67.0".to_owned()
}

/// In seconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenTimeouts {
    maldopay: u16,
    salesforce: u16,
}

impl Default for WrittenTimeouts {
    fn default() -> Self {
        Self { maldopay: 8, salesforce: 10 }
    }
}

/// Names of documents.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WrittenMapping {
    document: Option<String>,
    shadow: Option<String>,
}

/// In days.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenRetention {
    idempotency_days: u16,
}

impl Default for WrittenRetention {
    fn default() -> Self {
        Self { idempotency_days: 30 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSecrets {
    sites: BTreeMap<String, WrittenSiteSecrets>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSiteSecrets {
    api_keys: Vec<String>,
    maldopay: WrittenMaldoPaySecrets,
    salesforce: WrittenSalesforceSecrets,
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMaldoPaySecrets {
    api_key: String,
    encrypting_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSalesforceSecrets {
    client_id: String,
    client_secret: String,
}

/// Reads both texts into sites.
pub fn read(config: &str, secrets: &str) -> Result<Vec<Site>, Vec<ConfigProblem>> {
    let mut problems = Vec::new();
    let config: Option<WrittenConfig> = text("config", config, toml::de::Error::message, &mut problems);
    // A message about a secret may quote it, so it is not passed on.
    let secrets: Option<WrittenSecrets> = text("secrets", secrets, kept_back, &mut problems);
    let (Some(config), Some(mut secrets)) = (config, secrets) else { return Err(problems) };
    if config.sites.is_empty() {
        problems.push(problem("config: sites", "there is none: add [sites.NAME]"));
    }
    let mut sites = Vec::new();
    for (name, written) in config.sites {
        match secrets.sites.remove(&name) {
            Some(secret) => sites.extend(site(&name, written, secret, &mut problems)),
            None => problems.push(problem(&format!("secrets: sites.{name}"), "missing: config has this site")),
        }
    }
    for name in secrets.sites.keys() {
        problems.push(problem(&format!("config: sites.{name}"), "missing: secrets has this site"));
    }
    if problems.is_empty() { Ok(sites) } else { Err(problems) }
}

fn kept_back(_: &toml::de::Error) -> &str {
    "not the form that docs/configuration.md gives"
}

fn problem(at: &str, problem: impl Into<String>) -> ConfigProblem {
    ConfigProblem { at: at.to_owned(), problem: problem.into() }
}

fn text<T: DeserializeOwned>(
    name: &str,
    text: &str,
    message: fn(&toml::de::Error) -> &str,
    problems: &mut Vec<ConfigProblem>,
) -> Option<T> {
    let error = match toml::from_str(text) {
        Ok(read) => return Some(read),
        Err(error) => error,
    };
    let before = error.span().and_then(|span| text.get(..span.start));
    let at = match before {
        Some(before) => format!("{name}: line {}", before.matches('\n').count().saturating_add(1)),
        None => name.to_owned(),
    };
    problems.push(problem(&at, message(&error)));
    None
}

fn site(
    name: &str,
    mut written: WrittenSite,
    secret: WrittenSiteSecrets,
    problems: &mut Vec<ConfigProblem>,
) -> Option<Site> {
    let found_before = problems.len();
    let mut wrong = |document: &str, key: &str, what: &str| {
        let dot = if key.is_empty() { "" } else { "." };
        problems.push(problem(&format!("{document}: sites.{name}{dot}{key}"), what));
    };
    let site_name = SiteName::parse(name).map_err(|error| wrong("config", "", &format!("the site's name {error}")));
    let currencies: Vec<Currency> = written
        .currencies
        .iter()
        .filter_map(|code| {
            Currency::parse(code).map_err(|error| wrong("config", "currencies", &error.to_string())).ok()
        })
        .collect();
    if written.currencies.is_empty() {
        wrong("config", "currencies", "name at least one, such as [\"TRY\"]");
    }
    for (key, url) in [("maldopay.url", &written.maldopay.url), ("salesforce.url", &written.salesforce.url)] {
        if !is_base_url(url) {
            wrong("config", key, "write an http or https URL without query, such as https://example.my.salesforce.com");
        }
    }
    if !is_api_version(&written.salesforce.api_version) {
        wrong("config", "salesforce.api_version", "write it as v67.0; v50.0 is the oldest that serves");
    }
    if written.maldopay.services.is_empty() {
        wrong("config", "maldopay.services", "name at least one method, such as { checkout = 2031 }");
    }
    if written.maldopay.utc_offset_minutes.saturating_abs() > 14 * 60 {
        wrong("config", "maldopay.utc_offset_minutes", "at most 14 hours from UTC");
    }
    for (key, seconds) in
        [("timeouts.maldopay", written.timeouts.maldopay), ("timeouts.salesforce", written.timeouts.salesforce)]
    {
        if !(1..=25).contains(&seconds) {
            wrong("config", key, "from 1 to 25 seconds");
        }
    }
    if !(1..=3650).contains(&written.retention.idempotency_days) {
        wrong("config", "retention.idempotency_days", "from 1 to 3650 days");
    }
    let mut named = |key: &str, name: Option<String>| {
        let parsed = name.map(MappingName::parse).transpose();
        parsed.map_err(|error| wrong("config", key, &format!("the document's name {error}"))).ok().flatten()
    };
    let document = named("mapping.document", written.mapping.document.take());
    let shadow = named("mapping.shadow", written.mapping.shadow.take());
    let api_keys: Vec<[u8; 32]> = secret.api_keys.iter().filter_map(|key| digest(key)).collect();
    if api_keys.is_empty() || api_keys.len() != secret.api_keys.len() {
        wrong("secrets", "api_keys", "each is \"sha256:\" and the 64 hex digits of the key's SHA-256; at least one");
    }
    for (key, empty) in [
        ("maldopay.api_key", secret.maldopay.api_key.is_empty()),
        ("salesforce.client_id", secret.salesforce.client_id.is_empty()),
        ("salesforce.client_secret", secret.salesforce.client_secret.is_empty()),
    ] {
        if empty {
            wrong("secrets", key, "empty");
        }
    }
    if secret.maldopay.encrypting_keys.is_empty() || secret.maldopay.encrypting_keys.iter().any(String::is_empty) {
        wrong("secrets", "maldopay.encrypting_keys", "at least one, the current one first, none of them empty");
    }
    let keys = SiteKeys::derive(&secret.key, name);
    if keys.is_none() {
        wrong("secrets", "key", "write the base64 of 32 random bytes: openssl rand -base64 32");
    }
    if problems.len() > found_before {
        return None;
    }
    Some(Site {
        name: site_name.ok()?,
        main_currency: *currencies.first()?,
        currencies,
        maldopay_url: with_slash(&written.maldopay.url),
        maldopay: MaldoPaySecrets {
            api_key: Secret::new(secret.maldopay.api_key),
            encrypting_keys: secret.maldopay.encrypting_keys.into_iter().map(Secret::new).collect(),
        },
        salesforce: SalesforceSite {
            url: written.salesforce.url.trim_end_matches('/').to_owned(),
            api_version: written.salesforce.api_version.clone(),
            client_id: Secret::new(secret.salesforce.client_id),
            client_secret: Secret::new(secret.salesforce.client_secret),
        },
        maldopay_timeout_milliseconds: u64::from(written.timeouts.maldopay).saturating_mul(1000),
        salesforce_timeout_milliseconds: u64::from(written.timeouts.salesforce).saturating_mul(1000),
        idempotency_milliseconds: i64::from(written.retention.idempotency_days).saturating_mul(86_400_000),
        settings: settings(name, written),
        mapping: Mapping { document, shadow },
        customer: CustomerSources::default(),
        methods: Vec::new(),
        api_keys,
        keys: keys?,
    })
}

fn settings(name: &str, written: WrittenSite) -> types::Site {
    let maldopay = written.maldopay;
    types::Site {
        name: name.to_owned(),
        legal_entity: written.legal_entity,
        locale: written.locale,
        multi_currency: written.salesforce.multi_currency,
        provider: types::ProviderSettings {
            client_id: maldopay.client_id,
            brand_id: maldopay.brand_id,
            integration_id: maldopay.integration_id,
            services: maldopay.services.into_iter().map(|(name, id)| types::Service { name, id }).collect(),
            signature: match maldopay.signature {
                WrittenSignature::ValuesPipe => types::SignatureScheme::ValuesPipe,
                WrittenSignature::Body => types::SignatureScheme::Body,
                WrittenSignature::StandardWebhooks => types::SignatureScheme::StandardWebhooks,
            },
            amount_format: match maldopay.amount_format {
                WrittenAmountFormat::DecimalString => types::AmountFormat::DecimalString,
                WrittenAmountFormat::WholeNumber => types::AmountFormat::WholeNumber,
            },
            utc_offset_seconds: maldopay.utc_offset_minutes.saturating_mul(60),
            landing_pages: maldopay.landing_pages.map(|pages| types::LandingPages {
                success: pages.success,
                pending: pages.pending,
                declined: pages.declined,
                failed: pages.failed,
            }),
        },
    }
}

fn is_base_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\\".contains(&byte))
    })
}

fn is_api_version(version: &str) -> bool {
    let number = version.strip_prefix('v').and_then(|number| number.strip_suffix(".0"));
    number
        .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|number| number.parse::<u16>().ok())
        .is_some_and(|number| (50..1000).contains(&number))
}

fn with_slash(url: &str) -> String {
    format!("{}/", url.trim_end_matches('/'))
}

fn digest(key: &str) -> Option<[u8; 32]> {
    let hex = key.strip_prefix("sha256:")?;
    base16ct::mixed::decode_vec(hex).ok()?.try_into().ok()
}
