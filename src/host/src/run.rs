//! `tollbridge run`: starts everything on this machine, for a person to try.

use std::path::PathBuf;

use anyhow::anyhow;
use tollbridge_runtime::{Application, Options, Runtime};
use tollbridge_sandbox::Sandbox;

use crate::order::Order;
use crate::sandbox::{CALLBACK_RETRY, MALDOPAY, SALESFORCE};
use crate::settings::{API_KEY, FREE_PORT, callback_url, gateway, local, sandbox_options, variables};
use crate::signals::Signals;
use crate::{described, sandbox, up};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge run
  tollbridge run --free-ports";

#[derive(clap::Args)]
pub struct Arguments {
    /// The application's manifest.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    manifest: PathBuf,
    /// Listen on any free ports instead of 3000, 4010 and 4020.
    #[arg(long)]
    free_ports: bool,
}

/// Runs everything until a signal.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut signals = Signals::catch()?;
    let application = up::load(&arguments.manifest).await?;
    let (sandbox, runtime) = start(&application, arguments.free_ports).await.map_err(with_advice)?;
    let order = Order::nth(1);
    order.seed(&sandbox.salesforce, "149.90");
    let address = runtime.address();
    println!("Tollbridge  http://{address}");
    sandbox::print(&sandbox);
    println!(
        "
Press Charge on Salesforce's page, or charge Order {} here. Open the redirectUrl, pay, and watch the Order change:

{}

Ctrl-C ends it.",
        order.number,
        curl(&order, &format!("http://{address}"))
    );
    signals.next().await;
    let stopped = signals.stop(runtime).await;
    sandbox.stop().await;
    stopped
}

/// The ledger is in memory, as the sandbox's books are. A ledger that outlived them would refer to transactions and
/// records that no longer exist.
async fn start(application: &Application, free_ports: bool) -> anyhow::Result<(Sandbox, Runtime)> {
    let port = |usual| if free_ports { FREE_PORT } else { usual };
    let sandbox = Sandbox::start(sandbox_options(port(MALDOPAY), port(SALESFORCE), CALLBACK_RETRY)).await?;
    let options = Options { listen: port(local(3000)), variables: variables(&sandbox), ..Options::default() };
    let runtime = Runtime::start(application, options).await?;
    sandbox.maldopay.set_callback_url(callback_url(runtime.address()));
    sandbox.salesforce.set_gateway(gateway(format!("http://{}", runtime.address())));
    Ok((sandbox, runtime))
}

fn with_advice(error: anyhow::Error) -> anyhow::Error {
    let in_use = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::AddrInUse);
    if in_use { anyhow!("{}; with --free-ports any ports will do", described(&error)) } else { error }
}

fn curl(order: &Order, gateway: &str) -> String {
    format!(
        "curl -sS {gateway}/v1/payments \\
  -H 'Authorization: Bearer {API_KEY}' -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' \\
  -d '{}'",
        order.payment("charge", "149.90", "checkout")
    )
}
