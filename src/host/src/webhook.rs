//! `tollbridge webhook send`: signs a callback as MaldoPay does and posts it.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use tollbridge_sandbox::{CallbackEncoding, Signature, signed_callback};

use crate::output::OutputOptions;
use crate::web::{Web, WebUrl};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge webhook send --url http://127.0.0.1:3000/webhooks/maldopay/tr --key sandbox-encrypting-key \\
    --reference REF --transaction 700001 --result CONFIRMED --amount 149.90 --currency TRY
  tollbridge webhook send … --type CHARGEBACK --transaction 700002 --original 700001";

#[derive(clap::Args)]
pub struct Arguments {
    /// The gateway's URL for callbacks.
    #[arg(long, value_name = "URL")]
    url: WebUrl,
    /// The encrypting key to sign with. In the environment, other users of the machine do not see it.
    #[arg(long, value_name = "ENCRYPTING_KEY", env = "MALDOPAY_ENCRYPTING_KEY", hide_env_values = true)]
    key: String,
    /// The signature scheme.
    #[arg(long, value_enum, default_value_t = SchemeOption::ValuesPipe)]
    signature: SchemeOption,
    /// The referenceOrderId.
    #[arg(long, value_name = "REF")]
    reference: String,
    /// MaldoPay's id of the transaction.
    #[arg(long, value_name = "ID")]
    transaction: String,
    /// What became of the transaction.
    #[arg(long, value_parser = ["CONFIRMED", "PENDING", "CANCELED", "DECLINED"])]
    result: String,
    /// The amount, sent as it is written, also where it is no number.
    #[arg(long)]
    amount: String,
    /// The amount's currency.
    #[arg(long, value_name = "CODE")]
    currency: String,
    /// The type: DEPOSIT, CAPTURE, REFUND, CHARGEBACK …
    #[arg(long = "type", value_name = "TYPE", default_value = "DEPOSIT")]
    kind: String,
    /// The transaction that this one acts on.
    #[arg(long, value_name = "ID")]
    original: Option<String>,
    /// The codeId. The default is a code that matches the result.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// The dateUpdated in UTC. The default is now; set it to repeat a callback word for word.
    #[arg(long, value_name = "YYYY-MM-DD HH:MM:SS")]
    date: Option<String>,
    /// Send a form instead of JSON.
    #[arg(long)]
    form: bool,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Clone, Copy, ValueEnum)]
enum SchemeOption {
    /// A checksum over the values, in the body.
    ValuesPipe,
    /// An HMAC of the body, in X-Maldo-Signature.
    Body,
    /// The Standard Webhooks headers.
    StandardWebhooks,
}

impl From<SchemeOption> for Signature {
    fn from(scheme: SchemeOption) -> Self {
        match scheme {
            SchemeOption::ValuesPipe => Self::ValuesPipe,
            SchemeOption::Body => Self::Body,
            SchemeOption::StandardWebhooks => Self::StandardWebhooks,
        }
    }
}

/// Sends the callback, prints the answer, and succeeds if it is 200 and OK.
pub async fn send(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let now = Timestamp::now();
    let encoding = if arguments.form { CallbackEncoding::Form } else { CallbackEncoding::Json };
    let fields = fields(&arguments, now)?;
    let request = signed_callback(&fields, arguments.signature.into(), &arguments.key, encoding, now.as_second());
    let answer = Web::new().send("POST", arguments.url.as_str(), &request.headers, request.body).await?;
    let (status, body) = (answer.status, &answer.body);
    arguments.output.print_value(&json!({ "status": status, "body": body }), || format!("{status} {body}\n"))?;
    // MaldoPay repeats a callback with any other answer.
    let accepted = answer.status == 200 && answer.body == "OK";
    Ok(if accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The fields in MaldoPay's order, which is also the order of signing.
fn fields(arguments: &Arguments, now: Timestamp) -> anyhow::Result<Vec<(String, Box<RawValue>)>> {
    let now = now.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let date = arguments.date.as_ref().unwrap_or(&now);
    let mut fields = vec![
        ("result", text(&arguments.result)?),
        ("type", text(&arguments.kind)?),
        ("codeId", number_or_text(arguments.code.as_deref().unwrap_or_else(|| code_of(&arguments.result)))?),
        ("dateUpdated", text(date)?),
        ("referenceOrderId", text(&arguments.reference)?),
        ("maldoTransactionId", number_or_text(&arguments.transaction)?),
    ];
    if let Some(original) = &arguments.original {
        fields.push(("originalTransactionId", number_or_text(original)?));
    }
    fields.push(("amount", number_or_text(&arguments.amount)?));
    fields.push(("currencyCode", text(&arguments.currency)?));
    Ok(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn code_of(result: &str) -> &'static str {
    match result {
        "CONFIRMED" => "200",
        "PENDING" => "300",
        _ => "500",
    }
}

fn text(value: &str) -> anyhow::Result<Box<RawValue>> {
    to_raw_value(value).context("a text that cannot be written as JSON")
}

/// A JSON number of exactly these characters if they form one, otherwise a string.
fn number_or_text(value: &str) -> anyhow::Result<Box<RawValue>> {
    if value.parse::<serde_json::Number>().is_ok() {
        return Ok(RawValue::from_string(value.to_owned())?);
    }
    text(value)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn written(more: &[&str]) -> String {
        let mut line = vec!["send"];
        line.extend("--url http://x --key k --reference R-1 --result CONFIRMED --currency TRY".split(' '));
        line.extend(more);
        let fields = fields(&CommandLine::parse_from(line).arguments, Timestamp::UNIX_EPOCH).unwrap();
        fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn numbers_keep_every_digit_and_the_order_is_maldopays() {
        assert_eq!(
            written(&["--transaction", "700001", "--amount", "149.90", "--original", "A7"]),
            "result=\"CONFIRMED\" type=\"DEPOSIT\" codeId=200 dateUpdated=\"1970-01-01 00:00:00\" \
             referenceOrderId=\"R-1\" maldoTransactionId=700001 originalTransactionId=\"A7\" amount=149.90 \
             currencyCode=\"TRY\""
        );
    }

    #[test]
    fn a_value_that_is_not_a_json_number_is_sent_as_text() {
        let written = written(&["--transaction", "007", "--amount", "1,50"]);
        assert!(written.contains("maldoTransactionId=\"007\"") && written.contains("amount=\"1,50\""), "{written}");
    }
}
