//! The gateway's response, with assertions that show all of it when they fail.

use http::HeaderMap;
use serde_json::Value;

/// A response of the gateway.
#[derive(Debug)]
pub struct GatewayResponse {
    pub asked: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl GatewayResponse {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("headers are ASCII"))
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:#?}"))
    }

    /// Asserts the status, and returns the JSON body.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{} returned {:#?}\n{}", self.asked, self.headers, self.body);
        self.json()
    }

    /// Asserts that this is a problem with this status and code and with every member that a problem has, and returns
    /// its body.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:#?}");
        shows(&problem, serde_json::json!({"status": status, "code": code}));
        for member in ["type", "title", "detail"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {problem:#}");
        }
        assert_eq!(problem["retriable"].as_bool(), Some(self.header("retry-after").is_some()), "{self:#?}");
        assert!(self.header("x-correlation-id").is_some(), "{self:#?}");
        assert_eq!(problem["correlationId"].as_str(), self.header("x-correlation-id"), "{self:#?}");
        problem
    }

    /// Asserts that this is a problem with this field, and returns its body.
    #[track_caller]
    pub fn problem_with(&self, status: u16, code: &str, field: &str) -> Value {
        let problem = self.problem(status, code);
        assert_eq!(problem["field"], field, "{problem:#}");
        problem
    }
}

/// Asserts that a JSON object has these members; it may have others.
#[track_caller]
pub fn shows(actual: &Value, expected: Value) {
    let Value::Object(expected) = expected else { panic!("expected members are an object, not {expected}") };
    let wrong: Vec<String> = expected
        .iter()
        .filter(|(name, value)| actual.get(name.as_str()).unwrap_or(&Value::Null) != *value)
        .map(|(name, value)| format!("{name} is {} instead of {value}", actual.get(name).unwrap_or(&Value::Null)))
        .collect();
    assert!(wrong.is_empty(), "{}\nin {actual:#}", wrong.join("\n"));
}

/// The text of a member.
#[track_caller]
pub fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object[member].as_str().unwrap_or_else(|| panic!("{member} is not a string in {object:#}"))
}
