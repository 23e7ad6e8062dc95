//! `tollbridge sandbox`: simulates MaldoPay and Salesforce on this machine.

use std::net::SocketAddr;
use std::time::Duration;

use tollbridge_sandbox::{SCENARIOS, Sandbox};

use crate::settings::{API_KEY, ENCRYPTING_KEY, callback_path, gateway, local, sandbox_options};
use crate::signals::Signals;
use crate::web::WebUrl;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge sandbox
  tollbridge sandbox --callback http://127.0.0.1:8080/webhooks/maldopay/tr";

/// MaldoPay's address in spin.toml and the default of `tollbridge up`.
pub const MALDOPAY: SocketAddr = local(4010);
/// Salesforce's address, as [`MALDOPAY`].
pub const SALESFORCE: SocketAddr = local(4020);

/// Long enough for a person to restart the gateway, short enough to wait for.
pub const CALLBACK_RETRY: Duration = Duration::from_secs(2);

#[derive(clap::Args)]
pub struct Arguments {
    /// MaldoPay's address; port 0 chooses a free one.
    #[arg(long, value_name = "ADDRESS", default_value_t = MALDOPAY)]
    maldopay: SocketAddr,
    /// Salesforce's address; port 0 chooses a free one.
    #[arg(long, value_name = "ADDRESS", default_value_t = SALESFORCE)]
    salesforce: SocketAddr,
    /// Where MaldoPay sends callbacks.
    #[arg(long, value_name = "URL", default_value_t = WebUrl::from(local(3000)).with_path(&callback_path()))]
    callback: WebUrl,
    /// The Tollbridge that the buttons of Salesforce's page call, without a path.
    #[arg(long, value_name = "URL", default_value_t = WebUrl::from(local(3000)))]
    gateway: WebUrl,
}

/// Runs both services until a signal.
pub async fn sandbox(arguments: Arguments) -> anyhow::Result<()> {
    let mut signals = Signals::catch()?;
    let options = sandbox_options(arguments.maldopay, arguments.salesforce, CALLBACK_RETRY);
    let sandbox = Sandbox::start(options).await?;
    sandbox.maldopay.set_callback_url(arguments.callback.as_str());
    sandbox.salesforce.set_gateway(gateway(arguments.gateway.with_path("").to_string()));
    print(&sandbox);
    println!("Callbacks go to {}", arguments.callback);
    signals.next().await;
    sandbox.stop().await;
    Ok(())
}

/// Prints the addresses and the amounts that choose a scenario.
pub fn print(sandbox: &Sandbox) {
    let maldopay = sandbox.maldopay.url();
    let salesforce = sandbox.salesforce.url();
    println!("MaldoPay    {maldopay}");
    println!(
        "            {}/  shows the transactions: settle, refund, charge back",
        maldopay.trim_end_matches("/json/")
    );
    println!("Salesforce  {salesforce}");
    println!("            {salesforce}/  shows the records as they change: charge, capture, refund");
    println!("Keys        API key \"{API_KEY}\", encrypting key \"{ENCRYPTING_KEY}\"");
    println!("Amounts     the last two digits choose what happens by itself:");
    for scenario in SCENARIOS {
        println!("            ….{:02}  {}", scenario.ending, scenario.description);
    }
}
