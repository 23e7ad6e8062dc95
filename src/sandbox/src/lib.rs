//! MaldoPay and Salesforce as the references describe them, inside this process, for development, demos and tests.
//!
//! [`Sandbox::start`] opens two HTTP servers. What they do can be watched and steered through the handles
//! [`MaldoPay`] and [`Salesforce`]; a person can do the same on the page that each serves at `/`.

mod chance;
mod client;
mod clock;
mod journal;
mod lock;
mod maldopay;
mod money;
mod salesforce;
mod server;
mod signature;
#[cfg(test)]
mod testing;

use std::net::SocketAddr;
use std::time::Duration;

pub use maldopay::{
    Behaviour, Call, Callback, Delivered, Kind, MaldoPay, ProviderEvent, SCENARIOS, Scenario, State, Transaction,
};
pub use money::Amount;
pub use salesforce::{Books, Fault, Record, Salesforce, SalesforceCall};
pub use signature::{Encoding, Signature, SignedRequest, signed_callback};

use clock::Clock;
use server::Server;

/// Where the two services listen, and whom they know.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where MaldoPay listens; port 0 lets the system choose.
    pub maldopay: SocketAddr,
    /// Where Salesforce listens; port 0 lets the system choose.
    pub salesforce: SocketAddr,
    /// The one merchant that MaldoPay knows.
    pub merchant: Merchant,
    /// The one organisation that Salesforce is.
    pub org: Org,
    /// How long MaldoPay waits before it sends a callback again; doubles each time, five times at most.
    pub callback_retry: Duration,
}

/// A merchant's contract with MaldoPay.
#[derive(Clone, Debug)]
pub struct Merchant {
    /// The client id that every request names.
    pub client_id: u64,
    /// The API key.
    pub api_key: String,
    /// The key that requests and callbacks are signed with.
    pub encrypting_key: String,
    /// How callbacks are signed.
    pub signature: Signature,
    /// Where callbacks go; may be set later with [`MaldoPay::set_callback_url`].
    pub callback_url: Option<String>,
}

/// A Salesforce organisation and the connected app that may sign in to it.
#[derive(Clone, Debug)]
pub struct Org {
    /// The connected app's consumer key.
    pub client_id: String,
    /// The connected app's consumer secret.
    pub client_secret: String,
    /// Whether the organisation has several currencies: `CurrencyIsoCode` exists only then.
    pub multi_currency: bool,
}

/// The two services, running until [`Sandbox::stop`] or until this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    /// MaldoPay.
    pub maldopay: MaldoPay,
    /// Salesforce.
    pub salesforce: Salesforce,
    servers: [Server; 2],
    clock: Clock,
}

impl Sandbox {
    /// Starts both services; they accept connections when this returns.
    ///
    /// # Errors
    /// An address cannot be listened on.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let maldopay_listener = server::listen(options.maldopay).await?;
        let salesforce_listener = server::listen(options.salesforce).await?;
        let maldopay = MaldoPay::new(options.merchant, maldopay_listener.address, options.callback_retry);
        let salesforce = Salesforce::new(options.org, salesforce_listener.address);
        let clock = Clock::default();
        let servers = [
            maldopay_listener.serve(maldopay.router(), clock.clone()),
            salesforce_listener.serve(salesforce.router(), clock.clone()),
        ];
        Ok(Self { maldopay, salesforce, servers, clock })
    }

    /// Moves the clock on that both date their answers by. Nothing else of them goes by it.
    pub fn advance_clock(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Closes every connection and gives up every callback that is still to be sent.
    pub async fn stop(self) {
        self.maldopay.stop();
        for server in self.servers {
            server.stop().await;
        }
    }
}
