//! MaldoPay and Salesforce as their documentation describes them, inside this process, for development, demos and
//! tests.
//!
//! [`Sandbox::start`] opens two HTTP servers. The handles [`MaldoPaySandbox`] and [`SalesforceSandbox`] watch and steer
//! them; a person can do the same on the page that each server has at `/`.

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
    Behaviour, Callback, DeliveryResponse, MaldoPayCall, MaldoPaySandbox, ProviderEvent, SCENARIOS, Scenario,
    Transaction, TransactionState, TransactionType,
};
pub use money::Amount;
pub use salesforce::{
    GatewayAccess, RecordBooks, SalesforceCall, SalesforceFault, SalesforceRecord, SalesforceSandbox, payment_request,
};
pub use signature::{CallbackEncoding, Signature, SignedRequest, signed_callback};

use clock::SandboxClock;
use server::Server;

/// The addresses of the two services and the accounts that they accept.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// MaldoPay's address; with port 0 the system chooses the port.
    pub maldopay: SocketAddr,
    /// Salesforce's address; with port 0 the system chooses the port.
    pub salesforce: SocketAddr,
    /// MaldoPay's only merchant.
    pub merchant: Merchant,
    /// The only Salesforce organisation.
    pub org: Org,
    /// The pause before MaldoPay sends a callback again. It doubles each time; there are five repetitions at most.
    pub callback_retry: Duration,
}

/// A merchant's contract with MaldoPay.
#[derive(Clone, Debug)]
pub struct Merchant {
    /// The client id that every request must carry.
    pub client_id: u64,
    /// The API key in the request headers.
    pub api_key: String,
    /// The key that signs requests and callbacks.
    pub encrypting_key: String,
    /// The scheme that signs callbacks.
    pub signature: Signature,
    /// Where callbacks go; [`MaldoPaySandbox::set_callback_url`] can set it later.
    pub callback_url: Option<String>,
}

/// A Salesforce organisation and the External Client App that may sign in to it.
#[derive(Clone, Debug)]
pub struct Org {
    /// The app's consumer key.
    pub client_id: String,
    /// The app's consumer secret.
    pub client_secret: String,
    /// Whether the organisation uses several currencies. The field `CurrencyIsoCode` exists only then.
    pub multi_currency: bool,
}

/// The two services, running until [`Sandbox::stop`] or until this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    /// The handle to MaldoPay.
    pub maldopay: MaldoPaySandbox,
    /// The handle to Salesforce.
    pub salesforce: SalesforceSandbox,
    servers: [Server; 2],
    clock: SandboxClock,
}

impl Sandbox {
    /// Starts both services. They accept connections when this returns.
    ///
    /// # Errors
    /// The process cannot listen on an address.
    pub async fn start(options: SandboxOptions) -> anyhow::Result<Self> {
        let maldopay_listener = server::listen(options.maldopay).await?;
        let salesforce_listener = server::listen(options.salesforce).await?;
        let maldopay = MaldoPaySandbox::new(options.merchant, maldopay_listener.address, options.callback_retry);
        let salesforce = SalesforceSandbox::new(options.org, salesforce_listener.address);
        let clock = SandboxClock::default();
        let servers = [
            maldopay_listener.serve(maldopay.router(), clock.clone()),
            salesforce_listener.serve(salesforce.router(), clock.clone()),
        ];
        Ok(Self { maldopay, salesforce, servers, clock })
    }

    /// Moves the clock that dates the responses of both services forward. It affects nothing else.
    pub fn advance_clock(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Closes every connection and drops every callback that has not been sent yet.
    pub async fn stop(self) {
        self.maldopay.stop();
        for server in self.servers {
            server.stop().await;
        }
    }
}
