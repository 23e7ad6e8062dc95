//! `tollbridge payments`: shows one payment of a site, or finds payments.

mod text;
mod view;

use clap::Subcommand;
use tollbridge_domain::PaymentReference;

use crate::gateway::{GatewayOptions, read};
use crate::output::OutputOptions;

pub use view::{PaymentView, amount, record_name, unreadable};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  export TOLLBRIDGE_API_KEY=…
  tollbridge payments get tb4k2… --url https://pay.example.com
  tollbridge payments list --number 00000123
  tollbridge payments list --source Order:801Hs00000abcdeIAA --json

Exit status: 0 done, also if no payment is found; 1 there is no such payment, or the gateway refuses";

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: PaymentsCommand,
    #[command(flatten)]
    gateway: GatewayOptions,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Subcommand)]
enum PaymentsCommand {
    /// Show a payment.
    Get {
        /// The payment's reference.
        #[arg(value_name = "REFERENCE", value_parser = |text: &str| PaymentReference::parse(text))]
        reference: PaymentReference,
    },
    /// Find payments by one of the four options, the newest first.
    List(ListArguments),
}

#[derive(clap::Args)]
struct ListArguments {
    #[command(flatten)]
    key: SearchKey,
    /// The most payments to show, from 1 to 50.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=50))]
    limit: u32,
}

/// What payments are found by.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct SearchKey {
    /// The record that the payment is for.
    #[arg(long, value_name = "OBJECT:ID")]
    source: Option<String>,
    /// The record's number.
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// MaldoPay's id of a transaction.
    #[arg(long, value_name = "ID")]
    transaction: Option<String>,
    /// The invoice's number, or the id of its record.
    #[arg(long, value_name = "NUMBER|ID")]
    invoice: Option<String>,
}

/// Asks the gateway, and prints its answer.
///
/// # Errors
/// The gateway does not answer, or refuses.
pub async fn payments(arguments: Arguments) -> anyhow::Result<()> {
    let site = arguments.gateway.client()?;
    match arguments.command {
        PaymentsCommand::Get { reference } => {
            let answer = site.get(&format!("/v1/payments/{}", reference.as_str()), &[]).await?;
            arguments.output.print(&answer, || Ok(text::payment(&read(&answer)?)))
        }
        PaymentsCommand::List(list) => {
            let answer = site.get("/v1/payments", &list.query()).await?;
            arguments.output.print(&answer, || Ok(text::found(&read(&answer)?)))
        }
    }
}

impl ListArguments {
    fn query(self) -> Vec<(&'static str, String)> {
        let SearchKey { source, number, transaction, invoice } = self.key;
        let keys = [("source", source), ("number", number), ("transaction", transaction), ("invoice", invoice)];
        let given = keys.into_iter().filter_map(|(name, value)| Some((name, value?)));
        given.chain([("limit", self.limit.to_string())]).collect()
    }
}
