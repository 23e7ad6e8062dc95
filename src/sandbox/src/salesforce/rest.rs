//! `/services/data/…`: authenticates a call, applies faults, answers, and notes the call.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::Value;

use super::errors::{RestError, RestResponse};
use super::faults::SalesforceFault;
use super::paths::DataPath;
use super::sobjects::{RecordAccess, RecordRequest};
use super::{SalesforceCall, SalesforceSandbox, composite};
use crate::journal::noted_headers;
use crate::lock::lock;
use crate::server::unanswered;

/// The number of calls that Salesforce allows an organisation per day.
const DAILY_CALLS: u64 = 100_000;

/// How a call ends.
enum Ending {
    Response(RestResponse),
    /// A page instead of JSON.
    Page(StatusCode, &'static str),
    Unanswered,
}

/// Answers one call.
pub(crate) async fn data(
    State(salesforce): State<SalesforceSandbox>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let parsed: Option<Value> = serde_json::from_slice(&body).ok();
    let used = salesforce.count(&method);
    let fault = salesforce.fault(&headers);
    let limit = if fault == Some(SalesforceFault::LimitExceeded) { DAILY_CALLS } else { used };
    let malformed = parsed.is_none() && !body.is_empty();
    let retry_after = fault.as_ref().and_then(SalesforceFault::retry_after);
    let ending = salesforce.end(&method, &uri, parsed.as_ref(), malformed, &headers, fault);
    salesforce.note(SalesforceCall {
        method: method.to_string(),
        path: uri.path().to_owned(),
        status: match &ending {
            Ending::Response(rest_response) => Some(rest_response.status.as_u16()),
            Ending::Page(status, _) => Some(status.as_u16()),
            Ending::Unanswered => None,
        },
        body: parsed.unwrap_or_default(),
        headers: noted_headers(&headers),
    });
    let mut response = match ending {
        Ending::Response(rest_response) => written(rest_response),
        Ending::Page(status, page) => (status, Html(page)).into_response(),
        Ending::Unanswered => return unanswered(),
    };
    if let Ok(value) = HeaderValue::from_str(&format!("api-usage={limit}/{DAILY_CALLS}")) {
        response.headers_mut().insert("sforce-limit-info", value);
    }
    if let Some(value) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

fn written(rest_response: RestResponse) -> Response {
    let body = match rest_response.body {
        Some(body) => Body::from(body.to_string()),
        None => Body::empty(),
    };
    let mut response = (rest_response.status, body).into_response();
    let json = HeaderValue::from_static("application/json;charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    if let Some(location) = rest_response.location.and_then(|location| location.parse().ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn session_over() -> RestError {
    RestError::new(StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID", "Session expired or invalid")
}

impl SalesforceSandbox {
    /// Takes the fault for an authenticated call. Other calls use up no faults.
    fn fault(&self, headers: &HeaderMap) -> Option<SalesforceFault> {
        if self.tokens().admit(headers) { self.faults().take() } else { None }
    }

    fn end(
        &self,
        method: &Method,
        uri: &Uri,
        body: Option<&Value>,
        malformed: bool,
        headers: &HeaderMap,
        fault: Option<SalesforceFault>,
    ) -> Ending {
        if fault == Some(SalesforceFault::Unauthorized401) {
            self.tokens().expire();
        }
        if !self.tokens().admit(headers) {
            return Ending::Response(session_over().into());
        }
        match fault {
            Some(SalesforceFault::Status503Html) => {
                let page = "<html><body><h1>Service Unavailable</h1></body></html>";
                return Ending::Page(StatusCode::SERVICE_UNAVAILABLE, page);
            }
            Some(SalesforceFault::NotArrived) => return Ending::Unanswered,
            Some(SalesforceFault::LimitExceeded) => {
                let error =
                    RestError::new(StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
                return Ending::Response(error.into());
            }
            Some(SalesforceFault::Status500) => {
                let error = RestError::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "UNKNOWN_EXCEPTION",
                    "An unexpected error occurred.",
                );
                return Ending::Response(error.into());
            }
            Some(SalesforceFault::Page(status)) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND);
                return Ending::Page(status, "<!DOCTYPE html><html><body>The URL has moved</body></html>");
            }
            Some(SalesforceFault::RetryAfter(_)) => {
                let message = "The service is temporarily unavailable.";
                let error = RestError::new(StatusCode::SERVICE_UNAVAILABLE, "SERVER_UNAVAILABLE", message);
                return Ending::Response(error.into());
            }
            Some(
                SalesforceFault::LockRow
                | SalesforceFault::Unauthorized401
                | SalesforceFault::Validation(_, _)
                | SalesforceFault::NoAnswer,
            )
            | None => {}
        }
        if malformed {
            let error = RestError::bad_request("JSON_PARSER_ERROR", "The body is no JSON");
            return Ending::Response(error.into());
        }
        let planted = fault.as_ref().and_then(SalesforceFault::met_by_a_write);
        let rest_response = self.carry_out(method, uri, body, planted).unwrap_or_else(RestResponse::from);
        if fault == Some(SalesforceFault::NoAnswer) {
            return Ending::Unanswered;
        }
        Ending::Response(rest_response)
    }

    fn carry_out(
        &self,
        method: &Method,
        uri: &Uri,
        body: Option<&Value>,
        planted: Option<RestError>,
    ) -> Result<RestResponse, RestError> {
        let path = DataPath::parse(uri.path()).ok_or_else(RestError::no_resource)?;
        let multi_currency = self.inner.org.multi_currency;
        if method == Method::GET {
            let asked: Vec<&str> = path.rest.iter().map(String::as_str).collect();
            let descriptions = lock(&self.inner.descriptions);
            match asked.as_slice() {
                ["sobjects", object, "describe"] => {
                    return descriptions.describe(object, &path.version, multi_currency);
                }
                ["tooling", "query"] => return descriptions.query(uri, &path.version),
                _ => {}
            }
        }
        self.write(|books| {
            let removed = lock(&self.inner.removed_fields);
            let mut records = RecordAccess { books, multi_currency, removed_fields: &removed };
            match path.split_first() {
                Some(("composite", [])) if method == Method::POST => composite::response(&mut records, body, planted),
                Some(("sobjects", rest)) => match planted {
                    Some(error) if method != Method::GET => Err(error),
                    Some(_) | None => {
                        records.carry_out(&RecordRequest { method, version: &path.version, path: rest, body })
                    }
                },
                Some(_) | None => Err(RestError::no_resource()),
            }
        })
    }
}
