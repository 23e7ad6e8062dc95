//! `tollbridge mappings`: stores, activates and shows a site's mapping documents.

mod text;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use serde::Deserialize;
use serde_json::json;
use tollbridge_domain::MappingName;

use crate::gateway::{GatewayOptions, SiteClient, read};
use crate::output::{OutputOptions, print};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  export TOLLBRIDGE_API_KEY=…
  tollbridge mappings put order my-mapping.toml
  tollbridge mappings differences order
  tollbridge mappings activate order
  tollbridge mappings rollback order

Exit status: 0 done; 1 the gateway refuses";

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: MappingsCommand,
    #[command(flatten)]
    gateway: GatewayOptions,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Subcommand)]
enum MappingsCommand {
    /// List the site's documents.
    List,
    /// Show a document's versions.
    Get(NameArgument),
    /// Print the text of a version, as it was stored.
    Text {
        #[command(flatten)]
        document: NameArgument,
        /// The version. The default is the last.
        #[arg(long, value_name = "N")]
        version: Option<u64>,
    },
    /// Check a document and store it as the next version. This puts nothing in force.
    Put {
        #[command(flatten)]
        document: NameArgument,
        /// The file with the document.
        file: PathBuf,
    },
    /// Put a version in force.
    Activate {
        #[command(flatten)]
        document: NameArgument,
        /// The version. The default is the last.
        #[arg(long, value_name = "N")]
        version: Option<u64>,
    },
    /// Activate the version that was active before.
    Rollback(NameArgument),
    /// Show what the document would have written differently, as the site's shadow.
    Differences {
        #[command(flatten)]
        document: NameArgument,
        /// Go on where a list ended: the number that it named.
        #[arg(long, value_name = "N", default_value_t = 0)]
        after: u64,
        /// The most journal entries to read, from 1 to 500.
        #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
    },
}

#[derive(clap::Args)]
struct NameArgument {
    /// The document's name.
    #[arg(value_name = "NAME", value_parser = |text: &str| MappingName::parse(text))]
    name: MappingName,
}

impl NameArgument {
    fn path(&self) -> String {
        format!("/v1/mappings/{}", self.name.as_str())
    }
}

/// Asks the gateway, and prints its answer.
///
/// # Errors
/// The gateway does not answer, or refuses; or the file cannot be read.
pub async fn mappings(arguments: Arguments) -> anyhow::Result<()> {
    let output = arguments.output;
    let site = arguments.gateway.client()?;
    match arguments.command {
        MappingsCommand::List => {
            let answer = site.get("/v1/mappings", &[]).await?;
            output.print(&answer, || Ok(text::documents(&read(&answer)?)))
        }
        MappingsCommand::Get(document) => {
            let answer = site.get(&document.path(), &[]).await?;
            output.print(&answer, || Ok(text::versions(&read(&answer)?)))
        }
        MappingsCommand::Text { document, version } => {
            let version = match version {
                Some(version) => version,
                None => latest(&site, &document).await?,
            };
            let document = site.get(&format!("{}/versions/{version}", document.path()), &[]).await?;
            if output.json {
                return print(&format!("{}\n", json!({ "version": version, "text": document })));
            }
            print(&document)
        }
        MappingsCommand::Put { document, file } => {
            let document_text =
                std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let answer = site.put_toml(&document.path(), document_text).await?;
            output.print(&answer, || Ok(text::stored(&read(&answer)?)))
        }
        MappingsCommand::Activate { document, version } => {
            let version = version.map(|version| json!({ "version": version }));
            let answer = site.post(&format!("{}/activate", document.path()), &[], version.as_ref()).await?;
            output.print(&answer, || Ok(text::in_force(&read(&answer)?)))
        }
        MappingsCommand::Rollback(document) => {
            let answer = site.post(&format!("{}/rollback", document.path()), &[], None).await?;
            output.print(&answer, || Ok(text::in_force(&read(&answer)?)))
        }
        MappingsCommand::Differences { document, after, limit } => {
            let query = [("after", after.to_string()), ("limit", limit.to_string())];
            let answer = site.get(&format!("{}/differences", document.path()), &query).await?;
            output.print(&answer, || Ok(text::differences(&read(&answer)?)))
        }
    }
}

#[derive(Deserialize)]
struct LatestView {
    latest: u64,
}

async fn latest(site: &SiteClient, document: &NameArgument) -> anyhow::Result<u64> {
    let LatestView { latest } = read(&site.get(&document.path(), &[]).await?)?;
    Ok(latest)
}
