//! MaldoPay over HTTP: confirms every request, unless another response is queued.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use serde_json::{Value, json};

use super::{CallError, HttpRequest, HttpResponse, response};

/// The response about a reference that MaldoPay does not know.
pub fn unknown_reference() -> Result<HttpResponse, CallError> {
    Ok(response(200, r#"{"transaction":{"codeId":404,"codeMessage":"no such transaction"}}"#))
}

#[derive(Default)]
pub struct ProviderDouble {
    queue: RefCell<VecDeque<Result<HttpResponse, CallError>>>,
    requests: RefCell<Vec<Value>>,
    users: RefCell<Vec<Value>>,
    last_transaction: Cell<u32>,
}

impl ProviderDouble {
    /// Queues this for the next request.
    pub fn next(&self, response: Result<HttpResponse, CallError>) {
        self.queue.borrow_mut().push_back(response);
    }

    /// Removes the queued responses.
    pub fn respond_as_usual(&self) {
        self.queue.borrow_mut().clear();
    }

    /// Queues a response with this code and a new transaction.
    pub fn next_code(&self, code: u32) {
        let response = self.coded(code);
        self.next(Ok(response));
    }

    /// The `transaction.request` of every request, in order.
    pub fn requests(&self) -> Vec<Value> {
        self.requests.borrow().clone()
    }

    /// The `transaction.user` of the last request.
    pub fn last_user(&self) -> Value {
        self.users.borrow().last().cloned().unwrap_or_default()
    }

    fn coded(&self, code: u32) -> HttpResponse {
        let transaction = self.last_transaction.get() + 1;
        self.last_transaction.set(transaction);
        let body = json!({"transaction": {"codeId": code, "codeMessage": "as said", "transactionId": transaction}});
        response(200, &body.to_string())
    }

    pub fn respond(&self, request: &HttpRequest) -> Result<HttpResponse, CallError> {
        let form: Vec<(String, String)> = form_urlencoded::parse(&request.body).into_owned().collect();
        let json = form.iter().find(|(name, _)| name == "json").map(|(_, value)| value.clone()).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        let requests = json["transaction"]["request"].clone();
        // It does not know of operations that it was never called for.
        let is_known = self
            .requests
            .borrow()
            .iter()
            .any(|other| other["type"] != "STATUS" && other["referenceOrderId"] == requests["referenceOrderId"]);
        let is_found = requests["type"] != "STATUS" || is_known;
        self.requests.borrow_mut().push(requests);
        self.users.borrow_mut().push(json["transaction"]["user"].clone());
        let queued = self.queue.borrow_mut().pop_front();
        queued.unwrap_or_else(|| if is_found { Ok(self.coded(200)) } else { unknown_reference() })
    }
}
