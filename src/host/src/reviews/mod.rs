//! `tollbridge reviews`: lists the payments that need a person, and takes the person's decision.

mod decision;
mod text;

use clap::Subcommand;
use tollbridge_domain::PaymentReference;

use crate::gateway::{GatewayOptions, read};
use crate::output::OutputOptions;
use crate::payments::PaymentView;
use decision::Decision;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  export TOLLBRIDGE_API_KEY=…
  tollbridge reviews list
  tollbridge reviews resolve tb4k2… retry
  tollbridge reviews resolve tb4k2… accept --reason charged_back --note 'goods are back' --by Ayşe
  tollbridge reviews resolve tb4k2… assign --source Order:801Hs00000abcdeIAA --note 'paid by bank transfer'

Exit status: 0 done; 1 the gateway refuses, and nothing was decided";

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: ReviewsCommand,
    #[command(flatten)]
    gateway: GatewayOptions,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Subcommand)]
enum ReviewsCommand {
    /// List the payments in review, the oldest first.
    List {
        /// Go on where a list ended: the number that it named.
        #[arg(long, value_name = "N", default_value_t = 0)]
        after: u64,
        /// The most payments to show, from 1 to 100.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit: u32,
    },
    /// Decide about a payment in review.
    Resolve {
        /// The payment's reference.
        #[arg(value_name = "REFERENCE", value_parser = |text: &str| PaymentReference::parse(text))]
        reference: PaymentReference,
        #[command(subcommand)]
        decision: Decision,
    },
}

/// Asks the gateway, and prints its answer.
///
/// # Errors
/// The gateway does not answer, or refuses.
pub async fn reviews(arguments: Arguments) -> anyhow::Result<()> {
    let site = arguments.gateway.client()?;
    match arguments.command {
        ReviewsCommand::List { after, limit } => {
            let query = [("after", after.to_string()), ("limit", limit.to_string())];
            let answer = site.get("/v1/reviews", &query).await?;
            arguments.output.print(&answer, || Ok(text::reviews(&read(&answer)?)))
        }
        ReviewsCommand::Resolve { reference, decision } => {
            let path = format!("/v1/reviews/{}/resolve", reference.as_str());
            let answer = site.post(&path, &[], Some(&decision.body())).await?;
            arguments.output.print(&answer, || {
                let payment: PaymentView = read(&answer)?;
                Ok(match payment.review_reasons.as_slice() {
                    [] => format!("{}: nothing is left to decide\n", payment.reference),
                    left => format!("{}: still in review for {}\n", payment.reference, left.join(", ")),
                })
            })
        }
    }
}
