//! Parses a request's body as JSON. Refuses names that come twice, and what looks like a payment card number.

use serde_json::{Map, Value};

use super::fields;
use super::members::Members;
use super::message::{BodyFault, Request};
use super::problem::Problem;

/// A JSON object that can be represented and holds nothing like a card number.
pub struct Body {
    pub text: String,
    /// The parsed fields. A number too long for a float is exact only in the text.
    pub value: Value,
}

impl Body {
    /// Parses the request's body.
    ///
    /// # Errors
    /// It is too long, not a JSON object, has a name twice, or holds what looks like a card number.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let bytes = request.body.as_ref().map_err(|fault| body_problem(*fault))?;
        let text =
            core::str::from_utf8(bytes).map_err(|_| Problem::new(400, "malformed_json", "the body is not UTF-8"))?;
        // Field by field, so that the error for JSON that cannot be represented names the field.
        let mut object = Map::new();
        let members = top_level(text)?;
        for (name, raw) in &members.fields {
            let value = serde_json::from_str(raw.get()).map_err(|_| fields::unreadable(name))?;
            object.insert(name.clone(), value);
        }
        // Every reader of the body must see the same value, so no name may come twice, wherever it stands.
        if let Some(field) = members.repeated_name("") {
            let detail = format!("{field}: this name comes twice in its object: send it once");
            return Err(Problem { field: Some(field), ..Problem::new(400, "malformed_json", detail) });
        }
        if let Some(field) = crate::cards::find(&object) {
            return Err(crate::cards::refused(field));
        }
        Ok(Self { text: text.to_owned(), value: Value::Object(object) })
    }

    /// As [`Body::of`], but a missing body counts as an empty object.
    pub fn of_optional(request: &Request) -> Result<Self, Problem> {
        match &request.body {
            Ok(body) if body.is_empty() => Ok(Self { text: "{}".to_owned(), value: Value::Object(Map::new()) }),
            Ok(_) | Err(_) => Self::of(request),
        }
    }
}

fn top_level(text: &str) -> Result<Members<'_>, Problem> {
    serde_json::from_str(text).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        Problem::new(400, "malformed_json", format!("the body is not a JSON object: see {place}"))
    })
}

/// The problem of a body that was not received as a whole.
pub fn body_problem(fault: BodyFault) -> Problem {
    match fault {
        BodyFault::TooLong => {
            let kibibytes = crate::MAX_BODY_BYTES / 1024;
            Problem::new(413, "body_too_large", format!("the body is longer than {kibibytes} KiB"))
        }
        BodyFault::BrokenOff => {
            Problem::new(400, "body_incomplete", "the body broke off: send the request again").retriable(1)
        }
    }
}
