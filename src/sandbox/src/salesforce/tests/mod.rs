//! Salesforce as a connector sees it, over HTTP.

mod actions;
mod composites;
mod descriptions;
mod failures;
mod records;

use serde_json::{Value, json};

use super::SalesforceSandbox;
use crate::testing::{TestResponse, send};

const DATA: &str = "/services/data/v67.0";

async fn sign_in(salesforce: &SalesforceSandbox, form: &'static str) -> TestResponse {
    let url = format!("{}/services/oauth2/token", salesforce.url());
    send("POST", &url, &[("content-type", "application/x-www-form-urlencoded")], form).await.unwrap()
}

/// A connector that is signed in.
struct Connector {
    salesforce: SalesforceSandbox,
    authorization: String,
}

impl Connector {
    async fn new(salesforce: &SalesforceSandbox) -> Self {
        let form = "grant_type=client_credentials&client_id=client&client_secret=secret";
        let response = sign_in(salesforce, form).await.json();
        let authorization = format!("Bearer {}", response["access_token"].as_str().unwrap());
        Self { salesforce: salesforce.clone(), authorization }
    }

    /// Calls below `/services/data/v67.0/`; `None` if the connection closes without a response.
    async fn try_call(&self, method: &str, path: &str, body: Value) -> Option<TestResponse> {
        let url = format!("{}{DATA}/{path}", self.salesforce.url());
        let headers = [("authorization", self.authorization.as_str()), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(method, &url, &headers, body).await
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> TestResponse {
        self.try_call(method, path, body).await.expect("an answer")
    }

    async fn composite(&self, all_or_none: bool, collate: bool, subrequests: Value) -> TestResponse {
        let body = json!({
            "allOrNone": all_or_none, "collateSubrequests": collate, "compositeRequest": subrequests,
        });
        self.call("POST", "composite", body).await
    }
}

fn patch(reference: &str, path: &str, body: Value) -> Value {
    json!({ "method": "PATCH", "url": format!("{DATA}/sobjects/{path}"), "referenceId": reference, "body": body })
}

fn error_code(reply: &TestResponse) -> (u16, String) {
    (reply.status, reply.json()[0]["errorCode"].as_str().unwrap_or_default().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// The status and the error code of each entry of a composite's answer.
fn entries(reply: &TestResponse) -> Vec<(u64, String)> {
    let json = reply.json();
    let entries = json["compositeResponse"].as_array().unwrap_or_else(|| panic!("{json}"));
    entries
        .iter()
        .map(|entry| {
            let code = entry["body"][0]["errorCode"].as_str().unwrap_or_default();
            (entry["httpStatusCode"].as_u64().unwrap(), code.to_owned())
        })
        .collect()
}
