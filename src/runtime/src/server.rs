//! The HTTP server in front of the component.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use http::header::HOST;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::connections::Connections;
use crate::dispatch_error::DispatchError;
use crate::invocation::{Invoker, empty};
use crate::spin_headers::set_spin_headers;

/// The buffer size of a connection, which also limits the length of a request's head.
const LONGEST_HEAD: usize = 64 * 1024;

/// Connections beyond the limit that still get an answer, in total and from one address; others are closed at once.
const TOLD: usize = 64;
const TOLD_PER_ADDRESS: usize = 16;

/// How long the server waits for a request on a connection beyond the limit.
const TOLD_WAIT: Duration = Duration::from_secs(2);

/// The pause after the system refuses to accept a connection, for example because no file descriptor is free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves connections until `stop` resolves. Then it accepts no new ones, and returns when the open ones have their
/// responses.
pub(crate) async fn serve(listener: TcpListener, invoker: Invoker, mut stop: oneshot::Receiver<()>) {
    let graceful = GracefulShutdown::new();
    let limits = invoker.limits;
    let connections = Connections::new(limits.connections, limits.connections_per_address);
    let told = Connections::new(TOLD, TOLD_PER_ADDRESS);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_wait).max_buf_size(LONGEST_HEAD);
    loop {
        let accepted = tokio::select! {
            // Also when the sender is dropped: nothing could stop the server afterwards.
            _ = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, client)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let Some(counted) = connections.count(client.ip()) else {
            if let Some(counted) = told.count(client.ip()) {
                tokio::spawn(async move {
                    turn_away(stream).await;
                    drop(counted);
                });
            }
            continue;
        };
        let invoker = invoker.clone();
        let service = service_fn(move |request| respond(request, client, invoker.clone()));
        let connection = http.serve_connection(TokioIo::new(without_delay(stream)), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A broken connection concerns only its client.
            let _ = connection.await;
            drop(counted);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Answers a client's first request with the error that there are too many connections.
async fn turn_away(stream: TcpStream) {
    let service = service_fn(|request: Request<Incoming>| async move {
        Ok::<_, Infallible>(DispatchError::TooManyConnections.response(request.headers()))
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false).max_buf_size(LONGEST_HEAD);
    // A client that sends no request in this time gets no answer.
    let _ = tokio::time::timeout(TOLD_WAIT, http.serve_connection(TokioIo::new(stream), service)).await;
}

/// Without this, a response in two parts waits about 40 ms for the client's acknowledgement of the first. A failure
/// only makes the connection slower.
fn without_delay(stream: TcpStream) -> TcpStream {
    let _ = stream.set_nodelay(true);
    stream
}

async fn respond(
    mut request: Request<Incoming>,
    client: SocketAddr,
    invoker: Invoker,
) -> Result<Response<HyperOutgoingBody>, Infallible> {
    // HTTP/1.1 demands a host, and the component's request has none without it.
    let has_host =
        request.uri().authority().is_some() || request.headers().get(HOST).is_some_and(|host| host.to_str().is_ok());
    if !has_host {
        return Ok(empty(StatusCode::BAD_REQUEST));
    }
    let uri = request.uri().clone();
    set_spin_headers(request.headers_mut(), &uri, client);
    Ok(invoker.answer(request).await)
}
