//! An HTTP relay in front of a service that can hold one request while others pass.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

type ForwardingClient = hyper_util::client::legacy::Client<HttpConnector, Incoming>;

/// A relay to the service that [`Gate::leads_to`] names.
pub struct Gate {
    pub address: SocketAddr,
    pass: Arc<GatePass>,
    accepting: JoinHandle<()>,
}

struct GatePass {
    http: ForwardingClient,
    /// `http://host:port` of the service, which is known only once the service has started.
    service: std::sync::OnceLock<String>,
    hold_next: AtomicBool,
    held: Semaphore,
    released: Semaphore,
}

impl Gate {
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let pass = Arc::new(GatePass {
            http: hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http(),
            service: std::sync::OnceLock::new(),
            hold_next: AtomicBool::new(false),
            held: Semaphore::new(0),
            released: Semaphore::new(0),
        });
        let accepting = tokio::spawn(accept(listener, pass.clone()));
        Ok(Self { address, pass, accepting })
    }

    /// Sets the service that requests go to.
    pub fn leads_to(&self, service: String) {
        self.pass.service.set(service).expect("a gate leads to one service");
    }

    /// Holds the next request that arrives.
    pub fn hold_next(&self) {
        self.pass.hold_next.store(true, Ordering::SeqCst);
    }

    /// Waits until the held request has arrived.
    pub async fn held(&self) -> anyhow::Result<()> {
        self.pass.held.acquire().await?.forget();
        Ok(())
    }

    /// Lets the held request pass.
    pub fn release(&self) {
        self.pass.released.add_permits(1);
    }

    pub async fn end(self) {
        self.accepting.abort();
        // The result only says that the task was aborted.
        drop(self.accepting.await);
    }
}

async fn accept(listener: TcpListener, pass: Arc<GatePass>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((connection, _)) = listener.accept().await {
        let pass = pass.clone();
        let relay = service_fn(move |request| relay(pass.clone(), request));
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), relay));
    }
}

async fn relay(pass: Arc<GatePass>, request: Request<Incoming>) -> anyhow::Result<Response<Incoming>> {
    if pass.hold_next.swap(false, Ordering::SeqCst) {
        pass.held.add_permits(1);
        pass.released.acquire().await?.forget();
    }
    let (mut parts, body) = request.into_parts();
    let service = pass.service.get().expect("the gate leads to a service");
    parts.uri = format!("{service}{}", parts.uri).parse::<Uri>()?;
    Ok(pass.http.request(Request::from_parts(parts, body)).await?)
}
