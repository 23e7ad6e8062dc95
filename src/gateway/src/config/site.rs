//! Parses the public configuration of a site.

use tollbridge_connector::types;
use tollbridge_domain::durations::{DAY, HOUR, MINUTE};
use tollbridge_domain::{Currency, Locale, MappingName, SiteName, TimeZone};
use tollbridge_ledger::InquiryIntervals;

use super::address::{self, Origins, Service};
use super::callback_fields::callback_fields;
use super::methods::{customer, services};
use super::published::Peers;
use super::reader::{ConfigTable, ConfigValue, id, optional, or_default};
use super::senders::callback_senders;
use super::{CallbackSenders, CustomerSources, MappingSettings, MethodNeeds, RequestTypes, SignedNumbers};

/// A site's public configuration. Each part is parsed by itself, so that all problems are reported.
pub struct SiteConfig {
    pub name: SiteName,
    pub currencies: Vec<Currency>,
    pub main_currency: Currency,
    pub settings: types::Site,
    pub callback_fields: Vec<Vec<String>>,
    pub signed_numbers: SignedNumbers,
    pub callback_senders: Option<CallbackSenders>,
    pub request_types: RequestTypes,
    pub maldopay_url: String,
    pub salesforce_url: String,
    pub api_version: String,
    pub maldopay_timeout_milliseconds: u64,
    pub salesforce_timeout_milliseconds: u64,
    pub idempotency_milliseconds: i64,
    pub inquiry_intervals: InquiryIntervals,
    pub flight_milliseconds: i64,
    pub mapping: MappingSettings,
    pub customer: CustomerSources,
    pub methods: Vec<MethodNeeds>,
}

impl SiteConfig {
    /// Whether MaldoPay and Salesforce are on this machine.
    pub fn peers(&self) -> Peers {
        Peers::at([&self.maldopay_url, &self.salesforce_url])
    }
}

/// Parses a site; none where it has a problem, which is reported to the document.
pub fn site(name: &str, entry: &ConfigValue<'_>, origins: Origins<'_>) -> Option<SiteConfig> {
    let site_name = SiteName::parse(name).map_err(|error| entry.report(&format!("the site's name {error}"))).ok();
    let mut table = entry.table()?;
    let legal_entity = table.required("legal_entity").and_then(|entry| entry.non_empty());
    let currencies = table.required("currencies").and_then(|entry| currencies(&entry));
    let locale = table.required("locale").and_then(|entry| entry.parse(Locale::parse));
    let maldopay = table.required_table("maldopay").and_then(|table| maldopay(table, origins));
    let salesforce = table.required_table("salesforce").and_then(|table| salesforce(table, origins));
    let timeouts = optional(&mut table, "timeouts", timeouts);
    let idempotency_milliseconds = optional(&mut table, "retention", retention);
    let status = optional(&mut table, "status", status);
    let mapping = optional(&mut table, "mapping", mapping);
    let customer = or_default(table.optional("customer"), CustomerSources::default(), |entry| customer(&entry));
    table.end();

    let MaldoPaySettings { url, provider, methods, callback_fields, signed_numbers, callback_senders, request_types } =
        maldopay?;
    let (salesforce_url, api_version, multi_currency) = salesforce?;
    let (main_currency, currencies) = currencies?;
    let (maldopay_timeout_milliseconds, salesforce_timeout_milliseconds) = timeouts?.unwrap_or((8_000, 10_000));
    let (inquiry_intervals, flight_milliseconds) = status?.unwrap_or((
        InquiryIntervals { first_milliseconds: 15 * MINUTE, longest_milliseconds: 24 * HOUR },
        FLIGHT_MINUTES.saturating_mul(MINUTE),
    ));
    Some(SiteConfig {
        name: site_name?,
        currencies,
        main_currency,
        settings: types::Site {
            name: name.to_owned(),
            legal_entity: legal_entity?.to_owned(),
            locale: locale?.to_string(),
            multi_currency,
            provider,
        },
        callback_fields,
        signed_numbers,
        callback_senders,
        request_types,
        maldopay_url: url,
        salesforce_url,
        api_version,
        maldopay_timeout_milliseconds,
        salesforce_timeout_milliseconds,
        idempotency_milliseconds: idempotency_milliseconds?.unwrap_or(30 * DAY),
        inquiry_intervals,
        flight_milliseconds,
        mapping: mapping?.unwrap_or_default(),
        customer: customer?,
        methods,
    })
}

/// How long an operation may be on its way, unless the site sets it: far longer than its sender and MaldoPay may take
/// together, and than clocks may differ.
const FLIGHT_MINUTES: i64 = 5;

fn currencies(entry: &ConfigValue<'_>) -> Option<(Currency, Vec<Currency>)> {
    let written = entry.list()?;
    let currencies: Vec<Currency> = written.iter().filter_map(currency).collect();
    match currencies.first() {
        Some(main) if currencies.len() == written.len() => Some((*main, currencies)),
        None if written.is_empty() => {
            entry.report("name at least one, such as [\"TRY\"]");
            None
        }
        _ => None,
    }
}

/// The number of decimals of the amount fields in Salesforce.
const FIELD_DECIMALS: usize = 3;

const MORE_DECIMALS: &str =
    "one of them has more decimals than the amount fields in Salesforce, which have 3: leave it out";

/// A currency whose amounts Salesforce's fields can hold without rounding.
fn currency(entry: &ConfigValue<'_>) -> Option<Currency> {
    let currency = entry.parse(Currency::parse)?;
    if currency.decimals() > FIELD_DECIMALS {
        entry.report(MORE_DECIMALS);
        return None;
    }
    Some(currency)
}

/// The parsed table `maldopay`.
struct MaldoPaySettings {
    url: String,
    provider: types::ProviderSettings,
    methods: Vec<MethodNeeds>,
    callback_fields: Vec<Vec<String>>,
    signed_numbers: SignedNumbers,
    callback_senders: Option<CallbackSenders>,
    request_types: RequestTypes,
}

fn maldopay(mut table: ConfigTable<'_>, origins: Origins<'_>) -> Option<MaldoPaySettings> {
    let url = table.required("url").and_then(|entry| base_url(&entry, Service::MaldoPay, origins));
    let [client_id, brand_id, integration_id] =
        ["client_id", "brand_id", "integration_id"].map(|key| table.required(key).and_then(|entry| id(&entry)));
    let services = table.required("services").and_then(|entry| services(&entry));
    let signature = or_default(table.optional("signature"), types::SignatureScheme::ValuesPipe, |entry| {
        entry.one_of(&[
            ("values-pipe", types::SignatureScheme::ValuesPipe),
            ("body", types::SignatureScheme::Body),
            ("standard-webhooks", types::SignatureScheme::StandardWebhooks),
        ])
    });
    let callback_fields =
        or_default(table.optional("callback_fields"), Vec::new(), |entry| callback_fields(&entry, signature));
    let signed_numbers = or_default(table.optional("signed_numbers"), SignedNumbers::AsWritten, |entry| {
        let numbers =
            entry.one_of(&[("as-written", SignedNumbers::AsWritten), ("shortest", SignedNumbers::Shortest)])?;
        if numbers == SignedNumbers::Shortest && callback_fields.as_ref().is_some_and(Vec::is_empty) {
            entry.report(
                "fix the order of the names too (callback_fields): an amount without decimals looks like an id",
            );
            return None;
        }
        Some(numbers)
    });
    let request_types = or_default(table.optional("request_type"), RequestTypes::Always, |entry| {
        entry.one_of(&[("always", RequestTypes::Always), ("where-needed", RequestTypes::WhereNeeded)])
    });
    let callback_senders = callback_senders(&mut table);
    let amount_format = or_default(table.optional("amount_format"), types::AmountFormat::DecimalString, |entry| {
        entry.one_of(&[
            ("decimal-string", types::AmountFormat::DecimalString),
            ("whole-number", types::AmountFormat::WholeNumber),
        ])
    });
    let offset = table.optional("utc_offset_minutes");
    let zone = table.optional("time_zone");
    if let (Some(_), Some(zone)) = (&offset, &zone) {
        zone.report("utc_offset_minutes is there too: use only one of the two");
    }
    let utc_offset_minutes = or_default(offset, 0, |entry| entry.integer(-14 * 60, 14 * 60));
    let time_zone =
        or_default(zone, None, |entry| entry.parse(|zone| TimeZone::parse(zone).map(|_| Some(zone.to_owned()))));
    let landing_pages = optional(&mut table, "landing_pages", landing_pages);
    table.end();
    let (services, methods) = services?;
    let provider = types::ProviderSettings {
        client_id: client_id?,
        brand_id: brand_id?,
        integration_id: integration_id?,
        services,
        signature: signature?,
        amount_format: amount_format?,
        utc_offset_seconds: i32::try_from(utc_offset_minutes?.saturating_mul(60)).ok()?,
        time_zone: time_zone?,
        landing_pages: landing_pages?,
    };
    Some(MaldoPaySettings {
        url: format!("{}/", url?),
        provider,
        methods,
        callback_fields: callback_fields?,
        signed_numbers: signed_numbers?,
        callback_senders: callback_senders?,
        request_types: request_types?,
    })
}

fn landing_pages(mut table: ConfigTable<'_>) -> Option<types::LandingPages> {
    let [success, pending, declined, failed] = ["success", "pending", "declined", "failed"]
        .map(|key| table.required(key).and_then(|entry| entry.text()).map(str::to_owned));
    table.end();
    Some(types::LandingPages { success: success?, pending: pending?, declined: declined?, failed: failed? })
}

fn salesforce(mut table: ConfigTable<'_>, origins: Origins<'_>) -> Option<(String, String, bool)> {
    let url = table.required("url").and_then(|entry| base_url(&entry, Service::Salesforce, origins));
    let api_version = or_default(table.optional("api_version"), "v67.0".to_owned(), |entry| {
        entry.parse(|version| {
            let wrong = "write it as v67.0; v50.0 is the oldest that is supported";
            if is_api_version(version) { Ok(version.to_owned()) } else { Err(wrong) }
        })
    });
    let multi_currency = or_default(table.optional("multi_currency"), false, |entry| entry.boolean());
    table.end();
    Some((url?, api_version?, multi_currency?))
}

/// The timeouts of MaldoPay and Salesforce, in milliseconds.
fn timeouts(mut table: ConfigTable<'_>) -> Option<(u64, u64)> {
    let [maldopay, salesforce] = [("maldopay", 8), ("salesforce", 10)]
        .map(|(key, seconds)| or_default(table.optional(key), seconds, |entry| entry.integer(1, 25)));
    table.end();
    let milliseconds = |seconds: i64| u64::try_from(seconds.saturating_mul(1000)).ok();
    Some((milliseconds(maldopay?)?, milliseconds(salesforce?)?))
}

/// How long idempotency records are stored, in milliseconds.
fn retention(mut table: ConfigTable<'_>) -> Option<i64> {
    let days = or_default(table.optional("idempotency_days"), 30, |entry| entry.integer(1, 3650));
    table.end();
    Some(days?.saturating_mul(DAY))
}

/// The inquiry intervals, and the flight time of an operation in milliseconds.
fn status(mut table: ConfigTable<'_>) -> Option<(InquiryIntervals, i64)> {
    let flight = or_default(table.optional("flight_minutes"), FLIGHT_MINUTES, |entry| entry.integer(4, 24 * 60));
    let first = or_default(table.optional("first_minutes"), 15, |entry| entry.integer(1, 24 * 60));
    let longest = table.optional("longest_hours");
    let shortest = first.map(|minutes| minutes.saturating_add(59).div_euclid(60)).unwrap_or(1);
    let longest = or_default(longest, shortest.max(24), |entry| entry.integer(shortest, 7 * 24));
    table.end();
    let intervals = InquiryIntervals {
        first_milliseconds: first?.saturating_mul(MINUTE),
        longest_milliseconds: longest?.saturating_mul(HOUR),
    };
    Some((intervals, flight?.saturating_mul(MINUTE)))
}

fn mapping(mut table: ConfigTable<'_>) -> Option<MappingSettings> {
    let [document, shadow] = ["document", "shadow"]
        .map(|key| or_default(table.optional(key), None, |entry| entry.parse(MappingName::parse).map(Some)));
    table.end();
    Some(MappingSettings { document: document?, shadow: shadow? })
}

/// A base URL without a slash at its end.
fn base_url(entry: &ConfigValue<'_>, service: Service, origins: Origins<'_>) -> Option<String> {
    let url = entry.parse(|url| {
        let wrong = "write an http or https URL without query, such as https://example.my.salesforce.com";
        if is_base_url(url) { Ok(url.trim_end_matches('/')) } else { Err(wrong) }
    })?;
    // The address is used all the same, to find what is wrong with the secrets for it.
    if let Some(problem) = address::problem(url, service, origins) {
        entry.report(&[url, ": ", &problem].concat());
    }
    Some(url.to_owned())
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
