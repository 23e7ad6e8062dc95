//! Sends the component's HTTP requests, only to the hosts that the manifest allows.

mod body;
mod failure;
mod shares;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{HttpConnector, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

use self::body::TimedBody;
use self::failure::failure;
use self::shares::{CallPermit, Shares};
use crate::allowed_hosts::AllowedHosts;
use crate::counters::Meter;
use crate::limits::Limits;

/// The time limit of each wait for which the component sets none.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// How long an unused connection is kept. A server closes idle connections after some time, and a request on such a
/// connection fails, since it is never repeated (see below). A limit below that of usual servers makes this rare, and
/// the calls of one burst still share a connection.
const IDLE_CONNECTION: Duration = Duration::from_secs(4);

type OutboundResponse = (Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);

/// Sends the component's requests. Clones share the connections.
#[derive(Clone)]
pub(crate) struct Outbound {
    client: Client<HttpsConnector<HttpConnector>, WasiBody>,
    allowed: Arc<AllowedHosts>,
    meter: Arc<Meter>,
    shares: Shares,
}

impl Outbound {
    pub(crate) fn new(allowed: Arc<AllowedHosts>, meter: Arc<Meter>, limits: Limits) -> Outbound {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_CONNECTION)
            // Money is at stake: only the component knows whether it is safe to repeat a request.
            .retry_canceled_requests(false)
            .build(connector);
        Outbound { client, allowed, meter, shares: Shares::new(limits.calls_per_host, limits.call_wait) }
    }

    /// Sends one request when the host's share permits, and waits for the response's head. Redirects are not followed.
    async fn send(self, mut request: Request<WasiBody>, waits: CallTimeouts) -> Result<OutboundResponse, Error> {
        // The request goes to the host that was checked, whatever `Host` header the component set.
        let authority = request.uri().authority().map_or("", |authority| authority.as_str());
        let host = HeaderValue::from_str(authority).map_err(|_| Error::HttpRequestUriInvalid)?;
        let Some(permit) = self.shares.count(&authority.to_ascii_lowercase()).await else {
            discard(request.into_body());
            return Err(Error::ConnectionLimitReached);
        };
        self.meter.outbound_request();
        request.headers_mut().insert(HOST, host);
        self.exchange(request, waits, permit).await
    }

    async fn exchange(
        self,
        mut request: Request<WasiBody>,
        waits: CallTimeouts,
        permit: CallPermit,
    ) -> Result<OutboundResponse, Error> {
        let mut connection = capture_connection(&mut request);
        let mut response = pin!(self.client.request(request));
        let connected = tokio::select! {
            early = &mut response => Some(early),
            () = async { drop(connection.wait_for_connection_metadata().await) } => None,
            () = tokio::time::sleep(waits.connect) => return Err(Error::ConnectionTimeout),
        };
        let response = match connected {
            Some(early) => early,
            None => tokio::time::timeout(waits.first_byte, response).await.map_err(|_| Error::ConnectionReadTimeout)?,
        };
        let response = response.map_err(|error| failure(&error))?;
        let response = response.map(|body: Incoming| TimedBody::new(body, waits.between_bytes, permit).boxed_unsync());
        Ok((response, Box::new(std::future::ready(Ok(())))))
    }
}

impl WasiHttpHooks for Outbound {
    /// As on Spin, the component may see the `Host` that it was called by. `send` replaces a `Host` that it sets
    /// itself.
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|name: &HeaderName| *name != HOST && DEFAULT_FORBIDDEN_HEADERS.contains(name))
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<OutboundResponse, Error>> + Send> {
        if !self.allowed.allow(request.uri()) {
            discard(request.into_body());
            return Box::new(std::future::ready(Err(Error::HttpRequestDenied)));
        }
        Box::new(self.clone().send(request, CallTimeouts::of(options)))
    }
}

/// Consumes the body of a denied request. If the body were dropped, a component that is still writing it would see a
/// closed stream and not the denial.
fn discard(mut body: WasiBody) {
    tokio::spawn(async move { while let Some(Ok(_)) = body.frame().await {} });
}

/// The time limits of a request.
#[derive(Clone, Copy)]
struct CallTimeouts {
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl CallTimeouts {
    fn of(options: Option<RequestOptions>) -> CallTimeouts {
        let options = options.unwrap_or_default();
        CallTimeouts {
            connect: options.connect_timeout.unwrap_or(LONGEST_WAIT),
            first_byte: options.first_byte_timeout.unwrap_or(LONGEST_WAIT),
            between_bytes: options.between_bytes_timeout.unwrap_or(LONGEST_WAIT),
        }
    }
}

#[cfg(test)]
mod tests;
