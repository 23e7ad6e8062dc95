//! Translates a failed request into the component's error. Above all, the error must tell whether the request may have
//! reached the server: a connection error says that it has not.

use std::error::Error as StdError;
use std::io::ErrorKind;

use wasmtime_wasi_http::Error;

/// The error for the component.
pub(super) fn failure(error: &hyper_util::client::legacy::Error) -> Error {
    if error.is_connect() {
        return connect_failure(error);
    }
    // From here on, bytes may have been sent.
    if causes(error).any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)) {
        return Error::HttpProtocolError;
    }
    Error::ConnectionTerminated
}

fn connect_failure(error: &hyper_util::client::legacy::Error) -> Error {
    // The connector has no typed error for a name that does not resolve.
    if causes(error).any(|cause| cause.to_string() == "dns error") {
        return Error::DnsError { rcode: None, info_code: None };
    }
    let Some(cause) = causes(error).filter_map(|cause| cause.downcast_ref::<std::io::Error>()).last().map(innermost)
    else {
        return Error::DestinationUnavailable;
    };
    let kind = cause.kind();
    if kind == ErrorKind::ConnectionRefused {
        return Error::ConnectionRefused;
    }
    if kind == ErrorKind::TimedOut {
        return Error::ConnectionTimeout;
    }
    // TLS reports everything it does not accept as invalid data.
    if kind != ErrorKind::InvalidData {
        return Error::DestinationUnavailable;
    }
    if cause.to_string().contains("peer certificate") {
        return Error::TlsCertificateError;
    }
    Error::TlsProtocolError
}

/// An I/O error that wraps another does not expose it as its source.
fn innermost(error: &std::io::Error) -> &std::io::Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<std::io::Error>());
    match inner {
        Some(inner) => innermost(inner),
        None => error,
    }
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
