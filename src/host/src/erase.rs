//! `tollbridge erase`: erases the personal data of a payment.

use serde::Deserialize;
use serde_json::json;
use tollbridge_domain::PaymentReference;

use crate::gateway::{GatewayOptions, read};
use crate::output::OutputOptions;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  TOLLBRIDGE_API_KEY=… tollbridge erase tb4k2… --by 'Ayşe, privacy' --note 'request 2026-17' --url https://pay.example.com
  tollbridge erase tb4k2… --by me --note test --key sandbox-api-key

Afterwards nobody can read MaldoPay's messages about the payment, its reasons or the records that mappings made of it, \
even with the site's key. Amounts, states and the audit remain. Salesforce and MaldoPay keep their own data.";

#[derive(clap::Args)]
pub struct Arguments {
    /// The payment's reference.
    #[arg(value_name = "REFERENCE", value_parser = |text: &str| PaymentReference::parse(text))]
    reference: PaymentReference,
    /// The reason; it is stored in the payment's history.
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// The person who ordered the erasure; stored in the payment's history.
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    gateway: GatewayOptions,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErasureBody {
    erased_at: String,
}

/// Has the gateway erase the data, and prints the time of the erasure.
///
/// # Errors
/// The gateway does not answer, or refuses.
pub async fn erase(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { reference, note, by, gateway, output } = arguments;
    let reference = reference.as_str();
    let body = json!({"note": note, "by": by});
    let answer = gateway.client()?.post(&format!("/v1/payments/{reference}/erase"), &[], Some(&body)).await?;
    output.print(&answer, || {
        let ErasureBody { erased_at } = read(&answer)?;
        Ok(format!("{reference}: personal data erased {erased_at}\n"))
    })
}
