//! Outbound calls: MaldoPay's double and Salesforce's, and what may happen while a call is under way.

use std::cell::RefCell;

use super::{CallError, Http, HttpRequest, HttpResponse, ProviderDouble, SalesforceDouble, Timeline};

type During = Box<dyn FnOnce()>;

/// The network.
pub struct Network {
    pub maldopay: ProviderDouble,
    pub salesforce: SalesforceDouble,
    requests: RefCell<Vec<HttpRequest>>,
    during: RefCell<Option<(&'static str, During)>>,
    timeline: Timeline,
}

/// An answer with a JSON or HTML body.
pub fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
}

impl Network {
    pub fn new(timeline: Timeline) -> Self {
        Self {
            maldopay: ProviderDouble::default(),
            salesforce: SalesforceDouble::default(),
            requests: RefCell::default(),
            during: RefCell::default(),
            timeline,
        }
    }

    /// All requests that were sent.
    pub fn requests(&self) -> Vec<HttpRequest> {
        self.requests.borrow().clone()
    }

    /// Does this once, when the peer whose URL has this in it was asked and has not answered yet.
    pub fn during(&self, url: &'static str, what: impl FnOnce() + 'static) {
        *self.during.borrow_mut() = Some((url, Box::new(what)));
    }
}

impl Http for Network {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, CallError> {
        self.requests.borrow_mut().push(request.clone());
        self.timeline.note(format!("call {}", request.url));
        let answer = if request.url.starts_with("https://maldopay.example/") {
            self.maldopay.answer(request)
        } else {
            self.salesforce.answer(request)
        };
        let due = self.during.borrow().as_ref().is_some_and(|(url, _)| request.url.contains(url));
        let what = if due { self.during.borrow_mut().take() } else { None };
        if let Some((_, what)) = what {
            what();
        }
        answer.and_then(|answer| {
            let is_too_long = answer.body.len() > request.longest_answer;
            if is_too_long { Err(CallError::NoResponse("the answer is too long".to_owned())) } else { Ok(answer) }
        })
    }
}
