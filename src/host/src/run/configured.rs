//! The application with a configuration of one's own: two files, as a deployment has them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};
use tollbridge_gateway::{Config, Origins};
use tollbridge_runtime::{Application, Options, Runtime, StoreLocation};

use crate::drain::{DrainOptions, Drains};
use crate::gateway::{KeyOptions, SiteClient};
use crate::settings::{FREE_PORT, local};
use crate::signals::Signals;
use crate::up;
use crate::web::WebUrl;

/// The options that give a configuration.
#[derive(clap::Args)]
pub struct ConfiguredOptions {
    /// A file with the text of `config`, to run without the sandbox.
    #[arg(long, value_name = "FILE", requires = "secrets")]
    config: Option<PathBuf>,
    /// A file with the text of `secrets`.
    #[arg(long, value_name = "FILE", requires = "config")]
    secrets: Option<PathBuf>,
    /// Another variable of the manifest, or a file with its value.
    #[arg(long, value_name = "NAME=VALUE|NAME=@FILE", value_parser = up::name_and_value, requires = "config")]
    variable: Vec<(String, String)>,
    /// The folder for the key-value stores; .tollbridge if it is not given.
    #[arg(long, value_name = "FOLDER", requires = "config")]
    state: Option<PathBuf>,
}

/// A valid configuration, and whom to call the drain for.
pub struct Deployment {
    variables: BTreeMap<String, String>,
    state: PathBuf,
    sites: Vec<String>,
    /// The sites that the key opens, and the key.
    drained: Option<(Vec<String>, String)>,
}

impl ConfiguredOptions {
    /// Reads and checks the configuration, if one is given.
    ///
    /// # Errors
    /// A file cannot be read, the configuration has problems, or the drain cannot be called for lack of a key.
    pub fn read(self, drain: DrainOptions, key: &KeyOptions) -> anyhow::Result<Option<Deployment>> {
        let (Some(config), Some(secrets)) = (&self.config, &self.secrets) else { return Ok(None) };
        let mut variables = up::variables(std::env::vars_os(), &[], &self.variable)?;
        let (config_text, secrets_text) = (read("--config", config)?, read("--secrets", secrets)?);
        let origin = |name: &str| variables.get(name).map_or("", String::as_str);
        let origins = Origins { maldopay: origin("maldopay_origin"), salesforce: origin("salesforce_origin") };
        let config = Config::read(&config_text, &secrets_text, origins).map_err(|problems| {
            let lines: String = problems.iter().map(|problem| format!("\n  {problem}")).collect();
            anyhow::anyhow!("the configuration in --config and --secrets has problems:{lines}")
        })?;
        let mut allow = |name: &str, urls: BTreeSet<String>| -> anyhow::Result<()> {
            if variables.contains_key(name) {
                return Ok(());
            }
            match urls.into_iter().collect::<Vec<_>>().as_slice() {
                [only] => drop(variables.insert(name.to_owned(), only.clone())),
                several => {
                    bail!("the sites have several hosts ({}): allow them by --variable {name}=…", several.join(", "))
                }
            }
            Ok(())
        };
        allow("maldopay_origin", config.sites().map(|site| origin_of(&site.maldopay_url)).collect())?;
        allow("salesforce_origin", config.sites().map(|site| origin_of(&site.salesforce.url)).collect())?;
        let drained = if drain.no_drain { None } else { Some(drained(&config, key)?) };
        let sites = config.sites().map(|site| site.name.to_string()).collect();
        variables.extend([("config".to_owned(), config_text), ("secrets".to_owned(), secrets_text)]);
        let state = self.state.unwrap_or_else(|| ".tollbridge".into());
        Ok(Some(Deployment { variables, state, sites, drained }))
    }
}

/// The sites that the key opens, and the key.
fn drained(config: &Config, key: &KeyOptions) -> anyhow::Result<(Vec<String>, String)> {
    let Some(key) = key.read()? else {
        bail!("an API key is needed to call the drain: set TOLLBRIDGE_API_KEY to one of a site's, or say --no-drain");
    };
    let digest: [u8; 32] = Sha256::digest(key).into();
    let opened = config.sites().filter(|site| site.api_keys.contains(&digest));
    let opened: Vec<String> = opened.map(|site| site.name.to_string()).collect();
    if opened.is_empty() {
        bail!("the API key of --key or TOLLBRIDGE_API_KEY opens no site: --secrets has the digests of other keys");
    }
    Ok((opened, key.to_owned()))
}

/// Runs until a signal.
pub async fn run(
    mut signals: Signals,
    application: &Application,
    free_ports: bool,
    drain: DrainOptions,
    deployment: Deployment,
) -> anyhow::Result<()> {
    let Deployment { variables, state, sites, drained } = deployment;
    let listen = if free_ports { FREE_PORT } else { local(3000) };
    let kept = state.display().to_string();
    let options = Options { listen, state: StoreLocation::Directory(state), variables, ..Options::default() };
    let runtime = Runtime::start(application, options).await?;
    let url = WebUrl::from(runtime.address());
    println!("Tollbridge  {url}");
    for site in &sites {
        println!("Callbacks   {}", url.with_path(&format!("/webhooks/maldopay/{site}")));
    }
    println!("State       {kept}");
    let (opened, key) = drained.unwrap_or_default();
    let clients = opened.iter().map(|site| (site.clone(), SiteClient::new(&url, &key, Some(site)))).collect();
    let drains = Drains::start(clients, drain);
    let without: Vec<&str> = sites.iter().filter(|site| !opened.contains(site)).map(String::as_str).collect();
    if drains.is_some() && !without.is_empty() {
        println!("            not for {}, which the API key does not open", without.join(", "));
    }
    println!("\nCtrl-C ends it.");
    signals.next().await;
    drop(drains);
    signals.stop(runtime).await
}

fn read(option: &str, file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{option}: cannot read {}", file.display()))
}

/// The scheme and host of a URL.
fn origin_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    format!("{scheme}://{}", rest.split('/').next().unwrap_or(rest))
}
