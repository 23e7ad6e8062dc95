//! `tollbridge config check`: lists every error in the two texts of the configuration, or describes the sites.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use tollbridge_connector::types::Service;
use tollbridge_gateway::{Config, Site};
use tollbridge_runtime::component_variables;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge config check --config config.toml --secrets /run/secrets/tollbridge.toml
  SPIN_VARIABLE_SECRETS=\"$(cat secrets.toml)\" tollbridge config check --config config.toml

Without a file for a text, the check uses the one that `tollbridge up` would use: SPIN_VARIABLE_CONFIG or
SPIN_VARIABLE_SECRETS, or else the manifest's own.

Exit status: 0 the configuration is valid; 1 it is not, and each problem is a line with its document, line and key";

#[derive(clap::Args)]
pub struct Arguments {
    /// A file with the text of `config`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A file with the text of `secrets`. Its content is never printed.
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// The manifest whose variables are used for a text without a file.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    manifest: PathBuf,
}

/// Checks the two texts as the gateway does.
pub fn check(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (config, secrets) = match (&arguments.config, &arguments.secrets) {
        (Some(config), Some(secrets)) => (read(config)?, read(secrets)?),
        (config, secrets) => {
            let given = crate::up::variables(std::env::vars_os(), &[], &[])?;
            let mut served = component_variables(&arguments.manifest, given)?;
            let mut text = |name: &str, file: &Option<PathBuf>| match file {
                Some(file) => read(file),
                None => served.remove(name).with_context(|| {
                    format!("{} gives its component no {name}: name a file with --{name}", arguments.manifest.display())
                }),
            };
            (text("config", config)?, text("secrets", secrets)?)
        }
    };
    match Config::read(&config, &secrets) {
        Ok(config) => {
            config.sites().for_each(|site| print!("{}", described(site)));
            Ok(ExitCode::SUCCESS)
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

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
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
