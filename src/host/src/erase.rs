//! `tollbridge erase`: erases the personal data of a payment.

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::json;

use crate::gateway::GatewayOptions;
use crate::web::Web;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  TOLLBRIDGE_API_KEY=… tollbridge erase tb4k2… --by 'Ayşe, privacy' --note 'request 2026-17' --url https://pay.example.com
  tollbridge erase tb4k2… --by me --note test --key sandbox-api-key

Afterwards nobody can read MaldoPay's messages about the payment, its reasons or the records that mappings made of it, \
even with the site's key. Amounts, states and the audit remain. Salesforce and MaldoPay keep their own data.";

#[derive(clap::Args)]
pub struct Arguments {
    /// The payment's reference.
    #[arg(value_name = "REFERENCE")]
    reference: String,
    /// The reason; it is stored in the payment's history.
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// The person who ordered the erasure; stored in the payment's history.
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    gateway: GatewayOptions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErasureBody {
    erased_at: String,
}

#[derive(Deserialize)]
struct ProblemBody {
    code: String,
    detail: String,
}

/// Has the gateway erase the data, and prints the time of the erasure.
///
/// # Errors
/// The gateway does not answer, or refuses.
pub async fn erase(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { reference, note, by, gateway: GatewayOptions { url, key, site } } = arguments;
    let site = site.map(|site| format!("?site={site}")).unwrap_or_default();
    let url = format!("{}/v1/payments/{reference}/erase{site}", url.trim_end_matches('/'));
    let headers = [
        ("authorization".to_owned(), format!("Bearer {key}")),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    let answer = Web::new().send("POST", &url, &headers, json!({"note": note, "by": by}).to_string()).await?;
    if answer.status != 200 {
        match serde_json::from_str::<ProblemBody>(&answer.body) {
            Ok(refusal) => bail!("{url} answers {} {}: {}", answer.status, refusal.code, refusal.detail),
            Err(_) => bail!("{url} answers {}", answer.status),
        }
    }
    let ErasureBody { erased_at } =
        serde_json::from_str(&answer.body).with_context(|| format!("{url} sent an unexpected answer"))?;
    println!("{reference}: personal data erased {erased_at}");
    Ok(())
}
