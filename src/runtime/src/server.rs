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

use crate::invocation::{Invoker, empty};
use crate::spin_headers::set_spin_headers;

/// How long a client may take to send the head of a request.
const HEAD_WAIT: Duration = Duration::from_secs(30);

/// How long to wait before accepting again when the system refuses, as it does when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves connections until `stop` resolves, then takes no new ones, and returns when those that are open have their
/// responses.
pub(crate) async fn serve(listener: TcpListener, invoker: Invoker, mut stop: oneshot::Receiver<()>) {
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_WAIT);
    loop {
        let accepted = tokio::select! {
            // Also when the sender is dropped, for then nobody is left who could stop this.
            _ = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, client)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let invoker = invoker.clone();
        let service = service_fn(move |request| respond(request, client, invoker.clone()));
        let connection = http.serve_connection(TokioIo::new(without_delay(stream)), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A connection that breaks off concerns its client alone.
            let _ = connection.await;
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Without this a response in two parts waits for the client's acknowledgement of the first, 40 ms or so. Where the
/// system does not allow it, the connection is merely slower.
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
