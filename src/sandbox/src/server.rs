//! An HTTP server that can close a connection without a response, which axum's own server cannot.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::clock::SandboxClock;

/// The pause after a connection could not be accepted, for example because the process has no free file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Marks a response that is not sent: the server closes the connection instead.
#[derive(Clone, Copy, Debug)]
struct NoResponse;

impl fmt::Display for NoResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("closed without an answer")
    }
}

impl std::error::Error for NoResponse {}

/// The handler's response that closes the connection without a response.
pub(crate) fn unanswered() -> Response {
    let mut response = ().into_response();
    response.extensions_mut().insert(NoResponse);
    response
}

/// A listening address that is not served yet.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
}

/// Listens; with port 0 the system chooses the port.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<Listener> {
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    Ok(Listener { address, listener })
}

impl Listener {
    /// Serves until the server is stopped or dropped.
    pub(crate) fn serve(self, router: Router, clock: SandboxClock) -> Server {
        Server { accepting: tokio::spawn(accept(self.listener, router, clock)) }
    }
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    accepting: JoinHandle<Infallible>,
}

impl Server {
    /// Closes the listener and every connection, and returns when that is done.
    pub(crate) async fn stop(mut self) {
        self.accepting.abort();
        // The task has ended either way: it was just aborted, and otherwise only a panic ends it.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, router: Router, clock: SandboxClock) -> Infallible {
    // Dropped with this task, which closes every connection.
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(answer(stream, router.clone(), clock.clone()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(stream: TcpStream, router: Router, clock: SandboxClock) {
    // A failure only makes the connection slower.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let answer = hyper::service::Service::call(&service, request);
        let clock = clock.clone();
        async move {
            let mut response: Response<Body> = match answer.await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            response.headers_mut().extend(clock.date().map(|date| (header::DATE, date)));
            match response.extensions().get::<NoResponse>() {
                Some(mark) => Err(*mark),
                None => Ok(response),
            }
        }
    });
    // The client notices a broken connection itself.
    let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), answer).await;
}
