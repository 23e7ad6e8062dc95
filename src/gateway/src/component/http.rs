//! Outbound calls over `wasi:http`, each with one time limit over all of it.

use wasi::clocks::monotonic_clock;
use wasi::http::outgoing_handler;
use wasi::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use wasi::io::poll;
use wasi::io::streams::StreamError;

use crate::ports::{CallError, Http, HttpRequest, HttpResponse};

/// The host's HTTP client. It calls only where the manifest allows.
pub struct Outgoing;

/// How much is read at once.
const CHUNK: usize = 16 * 1024;

impl Http for Outgoing {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, CallError> {
        let limit = request.timeout_milliseconds.saturating_mul(1_000_000);
        let deadline = monotonic_clock::now().saturating_add(limit);
        let outgoing = outgoing(request)?;
        let body = outgoing.body().map_err(|()| not_sent("no request body"))?;
        let options = RequestOptions::new();
        for set in [
            RequestOptions::set_connect_timeout,
            RequestOptions::set_first_byte_timeout,
            RequestOptions::set_between_bytes_timeout,
        ] {
            // A host without this option is held to the deadline below all the same.
            let _ = set(&options, Some(limit));
        }
        let answer = outgoing_handler::handle(outgoing, Some(options)).map_err(|error| fault(&error))?;
        // From here on the request may have arrived.
        let sent = write(body, &request.body);
        wait(&answer.subscribe(), deadline)?;
        let response = match answer.get() {
            Some(Ok(Ok(response))) => response,
            Some(Ok(Err(error))) => return Err(fault(&error)),
            Some(Err(())) | None => return Err(unanswered("no answer")),
        };
        drop(sent);
        read(response, deadline, request.longest_answer)
    }
}

fn not_sent(problem: &str) -> CallError {
    CallError::NotSent(problem.to_owned())
}

fn unanswered(problem: &str) -> CallError {
    CallError::NoResponse(problem.to_owned())
}

/// Which errors say that nothing was sent. Any other, and any that a host may yet add, may have come after the peer had
/// read the request.
#[allow(clippy::wildcard_enum_match_arm, reason = "an error that is not known to be harmless must count as unknown")]
fn fault(error: &ErrorCode) -> CallError {
    match error {
        ErrorCode::DnsError(_)
        | ErrorCode::DnsTimeout
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionLimitReached
        | ErrorCode::TlsCertificateError
        | ErrorCode::HttpRequestDenied
        | ErrorCode::HttpRequestUriInvalid => CallError::NotSent(error.to_string()),
        _ => CallError::NoResponse(error.to_string()),
    }
}

fn outgoing(request: &HttpRequest) -> Result<OutgoingRequest, CallError> {
    let (scheme, rest) = match request.url.split_once("://") {
        Some(("https", rest)) => (Scheme::Https, rest),
        Some(("http", rest)) => (Scheme::Http, rest),
        _ => return Err(not_sent("the URL is neither http nor https")),
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
    let headers =
        Fields::from_list(&headers).map_err(|error| not_sent(&format!("a header cannot be sent: {error}")))?;
    let outgoing = OutgoingRequest::new(headers);
    let set = outgoing.set_method(&method).is_ok()
        && outgoing.set_scheme(Some(&scheme)).is_ok()
        && outgoing.set_authority(Some(authority)).is_ok()
        && outgoing.set_path_with_query(Some(path)).is_ok();
    if set { Ok(outgoing) } else { Err(not_sent("the URL cannot be called")) }
}

/// Writes the body as the peer takes it. A peer that stops taking it may answer all the same.
fn write(body: OutgoingBody, bytes: &[u8]) -> Result<(), StreamError> {
    {
        let stream = body.write().map_err(|()| StreamError::Closed)?;
        for chunk in bytes.chunks(4096) {
            stream.blocking_write_and_flush(chunk)?;
        }
    }
    OutgoingBody::finish(body, None).map_err(|_| StreamError::Closed)
}

/// Reads the answer, and nothing of it once it is known to be too long.
fn read(response: IncomingResponse, deadline: u64, longest: usize) -> Result<HttpResponse, CallError> {
    let status = response.status();
    let headers = response
        .headers()
        .entries()
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), String::from_utf8(value).ok()?)))
        .collect();
    let incoming: IncomingBody = response.consume().map_err(|()| unanswered("no response body"))?;
    let stream = incoming.stream().map_err(|()| unanswered("no response body"))?;
    let mut body = Vec::new();
    loop {
        wait(&stream.subscribe(), deadline)?;
        // One byte more than it may have says that it is too long.
        let room = longest.saturating_add(1).saturating_sub(body.len()).min(CHUNK);
        match stream.read(u64::try_from(room).unwrap_or(u64::MAX)) {
            Ok(chunk) => body.extend_from_slice(&chunk),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(_)) => return Err(unanswered("the answer broke off")),
        }
        if body.len() > longest {
            return Err(unanswered("the answer is too long"));
        }
    }
    Ok(HttpResponse { status, headers, body })
}

/// InquiryIntervals until there is something, or the time is over.
fn wait(ready: &poll::Pollable, deadline: u64) -> Result<(), CallError> {
    let timeout = monotonic_clock::subscribe_instant(deadline);
    if poll::poll(&[ready, &timeout]).contains(&0) { Ok(()) } else { Err(unanswered("the time is over")) }
}
