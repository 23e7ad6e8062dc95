//! `tollbridge doctor`: checks a whole deployment, and says what to do about whatever is wrong. It changes nothing.

mod application;
mod clock;
mod documents;
mod expectation;
mod findings;
mod gateway;
mod maldopay;
mod organisation;
mod salesforce;
mod store;
mod validation_rule;

use std::path::PathBuf;
use std::process::ExitCode;

use tollbridge_gateway::{Config, Site};

use crate::config::{Source, Texts};
use crate::web::{Web, WebUrl};
use documents::Documents;
use findings::{Area, Findings};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge doctor
  tollbridge doctor --config config.toml --secrets /run/secrets/tollbridge.toml \\
    --variable maldopay_origin=https://api.maldopay.com --variable 'salesforce_origin=https://*.my.salesforce.com' \\
    --url https://pay.example.com
  TOLLBRIDGE_API_KEY=… tollbridge doctor --url https://pay.example.com --json

It signs in to Salesforce, reads descriptions there, and makes one status inquiry at MaldoPay. It writes nothing.

Exit status: 0 there is no problem; 1 there is one";

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    /// The folder of the key-value stores.
    #[arg(long, value_name = "FOLDER", default_value = ".tollbridge")]
    state: PathBuf,
    /// The Redis server of the key-value stores, if they are not in the folder.
    #[arg(long, value_name = "URL", env = "TOLLBRIDGE_REDIS", hide_env_values = true, conflicts_with = "state")]
    redis: Option<String>,
    /// The running gateway, at the address that MaldoPay calls.
    #[arg(long, value_name = "URL")]
    url: Option<WebUrl>,
    /// An API key of the gateway, to see what it reports of itself and to read its mapping documents.
    #[arg(long, value_name = "API_KEY", env = "TOLLBRIDGE_API_KEY", hide_env_values = true)]
    key: Option<String>,
    /// A mapping document that is not stored yet, instead of the stored one of its name.
    #[arg(long, value_name = "FILE")]
    document: Vec<PathBuf>,
    /// Check only this site.
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs every check, prints the findings, and returns whether there is no problem.
pub async fn doctor(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut findings = Findings::default();
    application::check(&mut findings, &arguments.source.manifest).await;
    match arguments.source.read() {
        Ok(texts) => check(&mut findings, arguments, &texts).await?,
        Err(error) => findings.problem(
            Area::Configuration,
            None,
            format!("it cannot be read: {error:#}"),
            "name the files with --config and --secrets, or the manifest with --manifest",
        ),
    }
    print!("{}", if arguments.json { findings.json()? } else { findings.text() });
    Ok(if findings.has_problems() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn check(findings: &mut Findings, arguments: &Arguments, texts: &Texts) -> anyhow::Result<()> {
    let redis = arguments.redis.as_ref().or(texts.redis_url.as_ref());
    store::check(findings, &arguments.state, redis.map(String::as_str)).await;
    let config = match Config::read(&texts.config, &texts.secrets, texts.origins()) {
        Ok(config) => config,
        Err(problems) => {
            for problem in problems {
                findings.problem(Area::Configuration, None, problem.to_string(), "correct it in that line");
            }
            return Ok(());
        }
    };
    let sites: Vec<&Site> =
        config.sites().filter(|site| arguments.site.as_ref().is_none_or(|name| site.name.as_str() == name)).collect();
    if sites.is_empty() {
        let advice = "name one of the sites in the configuration with --site";
        findings.problem(Area::Configuration, None, "there is no site of the name in --site", advice);
        return Ok(());
    }
    match texts.unchecked_origins() {
        None => findings.ok(Area::Configuration, None, format!("{} sites, without a problem", sites.len())),
        Some(unchecked) => findings.note(Area::Configuration, None, unchecked, "give these options"),
    }
    let web = Web::new();
    let gateway = gateway::Running::new(&web, arguments.url.as_ref().map(WebUrl::as_str), arguments.key.as_deref());
    gateway.check(findings).await;
    let documents = Documents::read(&arguments.document)?;
    for site in sites {
        gateway.check_callback_address(findings, site).await;
        maldopay::check(findings, &web, site).await;
        let expected = documents.expected(findings, &gateway, site).await;
        salesforce::check(findings, &web, site, &expected).await;
    }
    Ok(())
}
