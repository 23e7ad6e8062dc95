//! The application with the sandbox's MaldoPay and Salesforce.

use tollbridge_runtime::{Application, Options, Runtime};
use tollbridge_sandbox::Sandbox;

use crate::drain::{DrainOptions, Drains};
use crate::gateway::SiteClient;
use crate::order::Order;
use crate::sandbox;
use crate::sandbox::{CALLBACK_RETRY, MALDOPAY, SALESFORCE};
use crate::settings::{API_KEY, FREE_PORT, SITE, callback_url, gateway, local, sandbox_options, variables};
use crate::signals::Signals;
use crate::web::WebUrl;

/// Runs until a signal.
pub async fn run(
    mut signals: Signals,
    application: &Application,
    free_ports: bool,
    drain: DrainOptions,
) -> anyhow::Result<()> {
    let (sandbox, runtime) = start(application, free_ports).await?;
    let order = Order::nth(1);
    order.seed(&sandbox.salesforce, "149.90");
    let url = WebUrl::from(runtime.address());
    println!("Tollbridge  {url}");
    sandbox::print(&sandbox);
    let drains = Drains::start(vec![(SITE.to_owned(), SiteClient::new(&url, API_KEY, None))], drain);
    println!(
        "
Press Charge on Salesforce's page, or charge Order {} here. Open the redirectUrl, pay, and watch the Order change:

{}

Ctrl-C ends it.",
        order.number,
        curl(&order, url.as_str())
    );
    signals.next().await;
    drop(drains);
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

fn curl(order: &Order, gateway: &str) -> String {
    format!(
        "curl -sS {gateway}/v1/payments \\
  -H 'Authorization: Bearer {API_KEY}' -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' \\
  -d '{}'",
        order.payment("charge", "149.90", "checkout")
    )
}
