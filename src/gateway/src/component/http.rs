//! Outbound calls over `wasi:http`. Each has one time limit for the whole call.

use wasi::clocks::monotonic_clock;
use wasi::http::outgoing_handler;
use wasi::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use wasi::io::poll;
use wasi::io::streams::StreamError;

use crate::ports::{CallError, Http, HttpRequest, HttpResponse};

/// The host's HTTP client. It calls only the hosts that the manifest allows.
pub struct HostHttp;

/// How many bytes are read at once.
const CHUNK_BYTES: usize = 16 * 1024;

impl Http for HostHttp {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, CallError> {
        let limit = request.timeout_milliseconds.saturating_mul(1_000_000);
        let deadline = monotonic_clock::now().saturating_add(limit);
        let outgoing = outgoing(request)?;
        let body = outgoing.body().map_err(|()| denied("no request body"))?;
        let options = RequestOptions::new();
        for set in [
            RequestOptions::set_connect_timeout,
            RequestOptions::set_first_byte_timeout,
            RequestOptions::set_between_bytes_timeout,
        ] {
            // Where the host lacks this option, the deadline below still holds.
            let _ = set(&options, Some(limit));
        }
        let pending = outgoing_handler::handle(outgoing, Some(options)).map_err(|error| call_error(&error))?;
        // From here on the request may have arrived.
        let sent = write(body, &request.body);
        wait(&pending.subscribe(), deadline)?;
        let response = match pending.get() {
            Some(Ok(Ok(response))) => response,
            Some(Ok(Err(error))) => return Err(call_error(&error)),
            Some(Err(())) | None => return Err(no_response("no answer")),
        };
        drop(sent);
        read(response, deadline, request.max_response_bytes)
    }
}

fn denied(problem: &str) -> CallError {
    CallError::Denied(problem.to_owned())
}

fn no_response(problem: &str) -> CallError {
    CallError::NoResponse(problem.to_owned())
}

/// Which errors mean that nothing was sent. Any other, including those that hosts may add, may have occurred after the
/// peer read the request.
#[allow(clippy::wildcard_enum_match_arm, reason = "an error that is not known to be harmless must count as unknown")]
fn call_error(error: &ErrorCode) -> CallError {
    match error {
        ErrorCode::DnsError(_)
        | ErrorCode::DnsTimeout
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::TlsCertificateError => CallError::NotSent(error.to_string()),
        ErrorCode::ConnectionLimitReached | ErrorCode::HttpRequestDenied | ErrorCode::HttpRequestUriInvalid => {
            CallError::Denied(error.to_string())
        }
        _ => CallError::NoResponse(error.to_string()),
    }
}

fn outgoing(request: &HttpRequest) -> Result<OutgoingRequest, CallError> {
    let (scheme, rest) = match request.url.split_once("://") {
        Some(("https", rest)) => (Scheme::Https, rest),
        Some(("http", rest)) => (Scheme::Http, rest),
        _ => return Err(denied("the URL is neither http nor https")),
    };
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    };
    let method = match request.method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        other => Method::Other(other.to_owned()),
    };
    let mut headers: Vec<(String, Vec<u8>)> =
        request.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    headers.push(("content-length".to_owned(), request.body.len().to_string().into_bytes()));
    let headers = Fields::from_list(&headers).map_err(|error| denied(&format!("a header cannot be sent: {error}")))?;
    let outgoing = OutgoingRequest::new(headers);
    let is_set = outgoing.set_method(&method).is_ok()
        && outgoing.set_scheme(Some(&scheme)).is_ok()
        && outgoing.set_authority(Some(authority)).is_ok()
        && outgoing.set_path_with_query(Some(path)).is_ok();
    if is_set { Ok(outgoing) } else { Err(denied("the URL cannot be called")) }
}

/// Writes the body as fast as the peer reads it. A peer that stops reading may respond all the same.
fn write(body: OutgoingBody, bytes: &[u8]) -> Result<(), StreamError> {
    {
        let stream = body.write().map_err(|()| StreamError::Closed)?;
        for chunk in bytes.chunks(4096) {
            stream.blocking_write_and_flush(chunk)?;
        }
    }
    OutgoingBody::finish(body, None).map_err(|_| StreamError::Closed)
}

/// Reads the response, and stops once it is too long.
fn read(response: IncomingResponse, deadline: u64, max_bytes: usize) -> Result<HttpResponse, CallError> {
    let status = response.status();
    let headers = response
        .headers()
        .entries()
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), String::from_utf8(value).ok()?)))
        .collect();
    let incoming: IncomingBody = response.consume().map_err(|()| no_response("no response body"))?;
    let stream = incoming.stream().map_err(|()| no_response("no response body"))?;
    let mut body = Vec::new();
    loop {
        wait(&stream.subscribe(), deadline)?;
        // Reading one byte more than the maximum shows that the body is too long.
        let room = max_bytes.saturating_add(1).saturating_sub(body.len()).min(CHUNK_BYTES);
        match stream.read(u64::try_from(room).unwrap_or(u64::MAX)) {
            Ok(chunk) => body.extend_from_slice(&chunk),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(_)) => return Err(no_response("the answer broke off")),
        }
        if body.len() > max_bytes {
            return Err(no_response("the answer is too long"));
        }
    }
    Ok(HttpResponse { status, headers, body })
}

/// Waits until the pollable is ready, or the deadline has passed.
fn wait(ready: &poll::Pollable, deadline: u64) -> Result<(), CallError> {
    let timeout = monotonic_clock::subscribe_instant(deadline);
    if poll::poll(&[ready, &timeout]).contains(&0) { Ok(()) } else { Err(no_response("the time is over")) }
}
