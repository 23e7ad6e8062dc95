//! `tollbridge config init`: asks for what a site needs, makes its keys, and writes the two texts of its configuration.

mod answers;
mod files;
mod keys;
mod texts;

use std::path::PathBuf;

use anyhow::bail;
use serde_json::json;
use tollbridge_gateway::{Config, ConfigProblem, Origins};

use crate::output::OutputOptions;
use answers::{AnswerOptions, Asking};
use keys::NewKeys;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge config init
  tollbridge config init --folder /etc/tollbridge --site tr --legal-entity 'Example A.Ş.' --currencies TRY,EUR \\
    --locale tr-TR --client-id 81433 --brand-id 15 --integration-id 12980 --services checkout=2031,pix=2157 \\
    --salesforce-url https://example.my.salesforce.com --multi-currency true

On a terminal it asks for what no option gives. It writes config.toml and secrets.toml, which only you can read, with new \
keys, and prints the API key for Salesforce once. It replaces no file.

Exit status: 0 both files are written; 1 none is, and each problem is a line";

#[derive(clap::Args)]
pub struct Arguments {
    /// The folder for config.toml and secrets.toml.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    #[command(flatten)]
    answers: AnswerOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// Writes both files, and prints the API key.
///
/// # Errors
/// An answer is missing or wrong, a file exists, or cannot be written. Then neither file is there.
pub fn init(arguments: Arguments) -> anyhow::Result<()> {
    let files = [arguments.folder.join("config.toml"), arguments.folder.join("secrets.toml")];
    files::must_be_new(&files)?;
    let answers = arguments.answers.complete(&mut Asking::of_this_process())?;
    let keys = NewKeys::random()?;
    let (config, secrets) = (texts::config(&answers), texts::secrets(&answers, &keys));
    if let Err(problems) = Config::read(&config, &secrets, Origins { maldopay: "", salesforce: "" }) {
        let lines: String = problems.iter().map(|problem| format!("\n  {}", by_option(problem))).collect();
        bail!("no file was written:{lines}");
    }
    let [config_file, secrets_file] = &files;
    files::create_folder(&arguments.folder)?;
    files::write_both([(config_file, &config), (secrets_file, &secrets)])?;
    let (config_file, secrets_file) = (config_file.display(), secrets_file.display());
    let result = json!({
        "config": config_file.to_string(),
        "secrets": secrets_file.to_string(),
        "site": answers.site,
        "apiKey": keys.api_key,
    });
    arguments.output.print_value(&result, || {
        format!(
            "{config_file} and {secrets_file} are written, and only you can read them.\n\
             Keep a copy of {secrets_file}, apart from the store: without its key, sealed data is lost.\n\n\
             Salesforce calls with this API key, which is stored nowhere and not shown again:\n\n  {}\n\n\
             Next: tollbridge config check --config {config_file} --secrets {secrets_file}\n",
            keys.api_key
        )
    })
}

/// A problem with the option that gave the value, where one did.
fn by_option(problem: &ConfigProblem) -> String {
    let key = problem.at.rsplit(": ").next().unwrap_or_default();
    // A problem of a line has no key.
    let Some(key) = key.strip_prefix("sites") else { return problem.to_string() };
    // What comes after the site's name.
    let option = match key.splitn(3, '.').nth(2).unwrap_or_default() {
        "legal_entity" => "--legal-entity",
        "currencies" => "--currencies",
        "locale" => "--locale",
        "maldopay.url" => "--maldopay-url",
        "maldopay.client_id" => "--client-id",
        "maldopay.brand_id" => "--brand-id",
        "maldopay.integration_id" => "--integration-id",
        "maldopay.signature" => "--signature",
        "maldopay.api_key" => "MALDOPAY_API_KEY",
        "maldopay.encrypting_keys" => "MALDOPAY_ENCRYPTING_KEY",
        "salesforce.url" => "--salesforce-url",
        "salesforce.client_id" => "SALESFORCE_CLIENT_ID",
        "salesforce.client_secret" => "SALESFORCE_CLIENT_SECRET",
        key if key.starts_with("maldopay.services") => "--services",
        "" => "--site",
        _ => return problem.to_string(),
    };
    format!("{option}: {}", problem.problem)
}
