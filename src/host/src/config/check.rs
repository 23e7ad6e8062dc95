//! `tollbridge config check`: lists every error in the two texts of the configuration, or describes the sites.

use std::process::ExitCode;

use serde_json::{Value, json};
use tollbridge_connector::types::Service;
use tollbridge_gateway::{Config, ConfigProblem, Site};

use super::source::Source;
use crate::output::OutputOptions;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge config check --config config.toml --secrets /run/secrets/tollbridge.toml \\
    --variable maldopay_origin=https://api.maldopay.com --variable 'salesforce_origin=https://*.my.salesforce.com'
  SPIN_VARIABLE_SECRETS=\"$(cat secrets.toml)\" tollbridge config check --config config.toml

Without a file for a text, the check uses the one that `tollbridge up` would use: SPIN_VARIABLE_CONFIG or
SPIN_VARIABLE_SECRETS, or else the manifest's own. `tollbridge doctor` also tries the configuration out.

Exit status: 0 the configuration is valid; 1 it is not, and each problem is a line with its document, line and key";

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    output: OutputOptions,
}

/// Checks the two texts as the gateway does.
pub fn check(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let texts = arguments.source.read()?;
    match Config::read(&texts.config, &texts.secrets, texts.origins()) {
        Ok(config) => {
            let documents = config.sites().filter_map(unchecked_documents);
            let notes: Vec<String> = texts.unchecked_origins().into_iter().chain(documents).collect();
            let sites: Vec<Value> = config.sites().map(json_of).collect();
            let result = json!({ "sites": sites, "notes": notes, "problems": [] });
            arguments.output.print_value(&result, || config.sites().map(described).collect())?;
            if !arguments.output.json {
                notes.iter().for_each(|note| eprintln!("note: {note}"));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) if arguments.output.json => {
            let problem = |problem: &ConfigProblem| json!({ "at": problem.at, "problem": problem.problem });
            let problems: Vec<Value> = problems.iter().map(problem).collect();
            arguments.output.print_value(&json!({ "sites": [], "notes": [], "problems": problems }), String::new)?;
            Ok(ExitCode::FAILURE)
        }
        Err(problems) => {
            for problem in &problems {
                eprintln!("{problem}");
            }
            eprintln!("{} problems", problems.len());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What only the store can tell of a site's mapping documents.
fn unchecked_documents(site: &Site) -> Option<String> {
    let names: Vec<&str> =
        [&site.mapping.document, &site.mapping.shadow].into_iter().flatten().map(|name| name.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "whether the mapping documents of the site {} are stored ({}) was not checked: GET /readyz with its key says \
             so",
            site.name,
            names.join(", ")
        )
    })
}

/// A site as JSON, without its secrets.
fn json_of(site: &Site) -> Value {
    let settings = &site.settings;
    let method = |service: &Service| {
        let needs = site.methods.iter().find(|needs| needs.method == service.name).map(|needs| &needs.needs);
        json!({ "name": service.name, "service": service.id, "needs": needs })
    };
    json!({
        "site": site.name.as_str(),
        "legalEntity": settings.legal_entity,
        "currencies": site.currencies.iter().map(|currency| currency.code()).collect::<Vec<_>>(),
        "locale": settings.locale,
        "methods": settings.provider.services.iter().map(method).collect::<Vec<_>>(),
        "maldopay": host(&site.maldopay_url),
        "salesforce": host(&site.salesforce.url),
        "multiCurrency": settings.multi_currency,
        "mapping": site.mapping.document.as_ref().map(|name| name.as_str()),
        "shadow": site.mapping.shadow.as_ref().map(|name| name.as_str()),
    })
}

/// Describes a site without its secrets.
fn described(site: &Site) -> String {
    let settings = &site.settings;
    let currencies: Vec<&str> = site.currencies.iter().map(|currency| currency.code()).collect();
    let methods: Vec<String> = settings.provider.services.iter().map(|service| method(site, service)).collect();
    let org = if settings.multi_currency { "several currencies" } else { "one currency" };
    let mapping = site.mapping.document.as_ref().map_or("compiled", |name| name.as_str());
    let shadow = site.mapping.shadow.as_ref().map_or(String::new(), |name| format!(", beside it {name}"));
    format!(
        "{name}\n  legal entity  {entity}\n  currencies    {currencies}\n  locale        {locale}\n  \
         methods       {methods}\n  MaldoPay      {maldopay}\n  Salesforce    {salesforce}, {org}\n  \
         mapping       {mapping}{shadow}\n",
        name = site.name,
        entity = settings.legal_entity,
        currencies = currencies.join(", "),
        locale = settings.locale,
        methods = methods.join(", "),
        maldopay = host(&site.maldopay_url),
        salesforce = host(&site.salesforce.url),
    )
}

/// A method with its service id and required fields.
fn method(site: &Site, service: &Service) -> String {
    let needs = site.methods.iter().find(|needs| needs.method == service.name).map(|needs| needs.needs.join(" and "));
    match needs.filter(|needs| !needs.is_empty()) {
        Some(needs) => format!("{} ({}, needs {needs})", service.name, service.id),
        None => format!("{} ({})", service.name, service.id),
    }
}

/// The host of a URL, with its port if it has one.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}
