//! `tollbridge up`: serves a Spin application, with its state on this machine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tollbridge_runtime::{Application, ClockOffset, Options, RedisUrl, Runtime, StoreLocation};

use crate::limits;
use crate::manifest::must_exist;
use crate::settings::local;
use crate::signals::Signals;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge up
  tollbridge up --listen 0.0.0.0:8080 --state /var/lib/tollbridge
  tollbridge up --redis redis://127.0.0.1:6379
  tollbridge up --variable config=@config.toml --variable secrets=@/run/secrets/tollbridge.toml
  SPIN_VARIABLE_SECRETS=\"$(cat secrets.toml)\" tollbridge up";

#[derive(clap::Args)]
pub struct Arguments {
    /// The application's manifest.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    manifest: PathBuf,
    /// The address to listen on; port 0 chooses a free one.
    #[arg(long, value_name = "ADDRESS", default_value_t = local(3000))]
    listen: SocketAddr,
    /// The folder for the key-value stores.
    #[arg(long, value_name = "FOLDER", default_value = ".tollbridge")]
    state: PathBuf,
    /// A Redis server for the key-value stores instead of the folder, to share them between processes.
    // The URL may contain a password, and a command line is visible to every user of the machine.
    #[arg(long, value_name = "URL", env = "TOLLBRIDGE_REDIS", hide_env_values = true, conflicts_with = "state")]
    redis: Option<String>,
    /// Acts as if this environment variable were set: SPIN_VARIABLE_<NAME>=<value> sets a variable.
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    env: Vec<(String, String)>,
    /// A variable of the manifest, or a file with its value; takes precedence over the environment.
    #[arg(long, value_name = "NAME=VALUE|NAME=@FILE", value_parser = name_and_value)]
    variable: Vec<(String, String)>,
    /// For testing only: a file with the milliseconds that the application's clock is ahead of this machine's. It is
    /// read again whenever the application queries the time.
    #[arg(long, value_name = "FILE")]
    clock_offset_file: Option<PathBuf>,
    /// For testing only: extra time for each commit to the folder, to simulate a slow disk.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0, hide_default_value = true, conflicts_with = "redis")]
    slower_commits: u32,
    #[command(flatten)]
    limits: limits::Arguments,
}

/// Serves until a signal.
pub async fn up(arguments: Arguments) -> anyhow::Result<()> {
    let variables = variables(std::env::vars_os(), &arguments.env, &arguments.variable)?;
    let mut signals = Signals::catch()?;
    let application = load(&arguments.manifest).await?;
    let (state, kept) = match &arguments.redis {
        Some(url) => {
            let url: RedisUrl = url.parse().context("--redis")?;
            (StoreLocation::Redis(url.clone()), url.to_string())
        }
        None => (StoreLocation::Directory(arguments.state.clone()), arguments.state.display().to_string()),
    };
    let clock_offset = arguments.clock_offset_file.map(ClockOffset::of_file).transpose()?.unwrap_or_default();
    let options = Options {
        listen: arguments.listen,
        state,
        variables,
        // Redis runs by the same clock, or the gateway would see that the two differ.
        redis_clock_offset: clock_offset.clone(),
        clock_offset,
        slower_commits: Duration::from_millis(arguments.slower_commits.into()),
        limits: arguments.limits.into(),
        ..Options::default()
    };
    let runtime = Runtime::start(&application, options).await?;
    let address = runtime.address();
    println!("{} is up on http://{address}", application.name());
    println!("  ready?  http://{address}/readyz");
    println!("  state   {kept}");
    signals.next().await;
    signals.stop(runtime).await
}

/// Loads an application on a separate thread, since compiling it takes a while.
pub async fn load(manifest: &Path) -> anyhow::Result<Application> {
    must_exist(manifest)?;
    let manifest = manifest.to_owned();
    let loaded = tokio::task::spawn_blocking(move || Application::load(&manifest));
    Ok(loaded.await.context("loading the application was aborted")??)
}

/// The prefix of Spin's environment variables.
const PREFIX: &str = "SPIN_VARIABLE_";

/// The variables from the environment and the options; later sources take precedence.
pub fn variables(
    environment: impl Iterator<Item = (OsString, OsString)>,
    env: &[(String, String)],
    given: &[(String, String)],
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    for (name, value) in environment {
        if let Some(name) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) {
            let Ok(value) = value.into_string() else { bail!("{PREFIX}{name} is not UTF-8") };
            variables.insert(name.to_lowercase(), value);
        }
    }
    for (name, value) in env {
        let Some(name) = name.strip_prefix(PREFIX) else {
            // Components have no environment, so the option would have no effect, contrary to what its user expects.
            bail!("--env {name}: only {PREFIX}<NAME> has an effect here; or use --variable name=value");
        };
        variables.insert(name.to_lowercase(), value.clone());
    }
    for (name, value) in given {
        let value = match value.strip_prefix('@') {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("--variable {name}: the file {file} cannot be read"))?,
            None => value.clone(),
        };
        variables.insert(name.clone(), value);
    }
    Ok(variables)
}

/// Splits the value of an option such as `--variable`.
pub fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it has the form name=value".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn environment(set: &[(&str, &str)]) -> std::vec::IntoIter<(OsString, OsString)> {
        let set: Vec<_> = pairs(set).into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        set.into_iter()
    }

    #[test]
    fn a_variable_option_wins_over_an_env_option_and_that_over_the_environment() {
        let set = [
            ("SPIN_VARIABLE_CONFIG", "environment"),
            ("SPIN_VARIABLE_SECRETS", "environment"),
            ("SPIN_VARIABLE_MALDOPAY_ORIGIN", "environment"),
            ("PATH", "/bin"),
        ];
        let env = pairs(&[("SPIN_VARIABLE_CONFIG", "env"), ("SPIN_VARIABLE_SECRETS", "env")]);
        let given = pairs(&[("config", "variable")]);
        let variables = variables(environment(&set), &env, &given).unwrap();
        let expected = pairs(&[("config", "variable"), ("maldopay_origin", "environment"), ("secrets", "env")]);
        assert_eq!(variables.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_variable_may_be_in_a_file_and_a_missing_file_is_named() {
        let given = pairs(&[("config", concat!("@", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))]);
        let read = variables(environment(&[]), &[], &given).unwrap();
        assert_eq!(read["config"], include_str!("../Cargo.toml"));
        let missing = pairs(&[("config", "@/nowhere/config.toml")]);
        let error = variables(environment(&[]), &[], &missing).unwrap_err();
        assert_eq!(error.to_string(), "--variable config: the file /nowhere/config.toml cannot be read");
    }

    #[test]
    fn an_env_option_without_an_effect_is_refused() {
        assert!(variables(environment(&[]), &pairs(&[("RUST_LOG", "debug")]), &[]).is_err());
    }

    #[test]
    fn a_value_may_hold_equals_signs() {
        assert_eq!(name_and_value("key=a=b=").unwrap(), ("key".to_owned(), "a=b=".to_owned()));
        assert!(name_and_value("key").is_err());
        assert!(name_and_value("=value").is_err());
    }
}
