//! Where the texts of the configuration come from: files, variables, the environment, or the manifest's defaults.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tollbridge_gateway::Origins;
use tollbridge_runtime::component_variables;

use crate::manifest::must_exist;
use crate::up;

/// The options that say where the configuration is.
#[derive(clap::Args)]
pub struct Source {
    /// A file with the text of `config`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A file with the text of `secrets`. Its content is never printed.
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// The manifest whose variables are used for what is not given.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    pub manifest: PathBuf,
    /// A variable of the manifest as it will be deployed, such as maldopay_origin, or a file with its value.
    #[arg(long, value_name = "NAME=VALUE|NAME=@FILE", value_parser = up::name_and_value)]
    variable: Vec<(String, String)>,
}

/// The texts of a configuration, and what else the component gets.
pub struct Texts {
    pub config: String,
    pub secrets: String,
    maldopay_origin: Option<String>,
    salesforce_origin: Option<String>,
    /// The Redis server that the component connects to by itself, in manifests that have one.
    pub redis_url: Option<String>,
}

impl Source {
    /// Reads everything.
    ///
    /// # Errors
    /// A file or the manifest cannot be read, or there is no text.
    pub fn read(&self) -> anyhow::Result<Texts> {
        let given = up::variables(std::env::vars_os(), &[], &self.variable)?;
        // With both texts in files, nothing says which manifest they will be deployed with.
        let mut served = match (&self.config, &self.secrets) {
            (Some(_), Some(_)) => BTreeMap::new(),
            (_, _) => {
                must_exist(&self.manifest)?;
                component_variables(&self.manifest, given.clone())?
            }
        };
        let mut text = |name: &str, file: &Option<PathBuf>| match file {
            Some(file) => read(file),
            None => served.remove(name).with_context(|| {
                format!("{} gives its component no {name}: name a file with --{name}", self.manifest.display())
            }),
        };
        let (config, secrets) = (text("config", &self.config)?, text("secrets", &self.secrets)?);
        let mut variable = |name: &str| given.get(name).cloned().or_else(|| served.remove(name));
        Ok(Texts {
            config,
            secrets,
            maldopay_origin: variable("maldopay_origin"),
            salesforce_origin: variable("salesforce_origin"),
            redis_url: variable("redis_url"),
        })
    }
}

impl Texts {
    /// The origins that the manifest will allow; those that are not known refuse nothing.
    pub fn origins(&self) -> Origins<'_> {
        Origins {
            maldopay: self.maldopay_origin.as_deref().unwrap_or_default(),
            salesforce: self.salesforce_origin.as_deref().unwrap_or_default(),
        }
    }

    /// What was not checked, and which options check it, if the origins are not known.
    pub fn unchecked_origins(&self) -> Option<String> {
        let unknown = [("maldopay_origin", &self.maldopay_origin), ("salesforce_origin", &self.salesforce_origin)];
        let unknown: Vec<&str> = unknown.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
        if unknown.is_empty() {
            return None;
        }
        let options: Vec<String> = unknown.iter().map(|name| format!("--variable {name}=…")).collect();
        Some(format!(
            "whether {} will allow the hosts was not checked: give {} as you deploy it",
            unknown.join(" and "),
            options.join(" ")
        ))
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
