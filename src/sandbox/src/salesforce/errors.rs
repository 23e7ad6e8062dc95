//! Salesforce's responses: a status with a JSON body, or an error in the format of its REST interface.

use http::StatusCode;
use serde_json::{Value, json};

/// The response to one request, alone or inside a composite.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RestResponse {
    pub(crate) status: StatusCode,
    pub(crate) body: Option<Value>,
    /// The path of the created record.
    pub(crate) location: Option<String>,
}

impl RestResponse {
    pub(crate) fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body: Some(body), location: None }
    }

    pub(crate) fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None, location: None }
    }
}

/// A REST error. On the wire it is an array, which hardly ever has more than one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RestError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// `None` where Salesforce omits `fields`.
    pub(crate) fields: Option<Vec<String>>,
}

impl RestError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), fields: None }
    }

    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The path or the record does not exist.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// The path names no resource.
    pub(crate) fn no_resource() -> Self {
        Self::not_found("The requested resource does not exist")
    }

    pub(crate) fn on(mut self, fields: &[&str]) -> Self {
        self.fields = Some(fields.iter().map(|&field| field.to_owned()).collect());
        self
    }

    pub(crate) fn body(&self) -> Value {
        let mut error = json!({ "message": self.message, "errorCode": self.code });
        if let (Some(fields), Some(object)) = (&self.fields, error.as_object_mut()) {
            object.insert("fields".to_owned(), json!(fields));
        }
        json!([error])
    }
}

impl From<RestError> for RestResponse {
    fn from(error: RestError) -> Self {
        Self::new(error.status, error.body())
    }
}
