//! Outbound calls to the doubles of MaldoPay and Salesforce, and what may happen during a call.

use std::cell::RefCell;

use super::{
    CallError, Http, HttpRequest, HttpResponse, ManualClock, PeerClock, ProviderDouble, SalesforceDouble, Timeline,
};

type During = Box<dyn FnOnce()>;

pub struct Network {
    pub maldopay: ProviderDouble,
    pub salesforce: SalesforceDouble,
    /// The clocks of both peers.
    pub maldopay_clock: PeerClock,
    pub salesforce_clock: PeerClock,
    requests: RefCell<Vec<HttpRequest>>,
    date_requests: RefCell<Vec<String>>,
    during: RefCell<Option<(&'static str, During)>>,
    timeline: Timeline,
}

/// A response with a JSON or HTML body.
pub fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
}

impl Network {
    pub fn new(timeline: Timeline, clock: &ManualClock) -> Self {
        Self {
            maldopay_clock: PeerClock::beside(clock),
            salesforce_clock: PeerClock::beside(clock),
            maldopay: ProviderDouble::default(),
            salesforce: SalesforceDouble::default(),
            requests: RefCell::default(),
            date_requests: RefCell::default(),
            during: RefCell::default(),
            timeline,
        }
    }

    /// The URLs of the `HEAD` requests, which only ask for a date.
    pub fn date_requests(&self) -> Vec<String> {
        self.date_requests.borrow().clone()
    }

    /// All other requests.
    pub fn requests(&self) -> Vec<HttpRequest> {
        self.requests.borrow().clone()
    }

    /// Does this once, after the peer with this in its URL has received a request and before it responds.
    pub fn during(&self, url: &'static str, what: impl FnOnce() + 'static) {
        *self.during.borrow_mut() = Some((url, Box::new(what)));
    }
}

impl Http for Network {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, CallError> {
        let is_maldopay = request.url.starts_with("https://maldopay.example/");
        let clock = if is_maldopay { &self.maldopay_clock } else { &self.salesforce_clock };
        let date = clock.date().map(|date| ("date".to_owned(), date));
        if request.method == "HEAD" {
            self.date_requests.borrow_mut().push(request.url.clone());
            return Ok(HttpResponse { headers: date.into_iter().collect(), ..response(404, "") });
        }
        self.requests.borrow_mut().push(request.clone());
        self.timeline.note(format!("call {}", request.url));
        let response = if is_maldopay { self.maldopay.respond(request) } else { self.salesforce.respond(request) };
        let due = self.during.borrow().as_ref().is_some_and(|(url, _)| request.url.contains(url));
        let what = if due { self.during.borrow_mut().take() } else { None };
        if let Some((_, what)) = what {
            what();
        }
        response.and_then(|mut response| {
            response.headers.extend(date);
            let is_too_long = response.body.len() > request.max_response_bytes;
            if is_too_long { Err(CallError::NoResponse("the response is too long".to_owned())) } else { Ok(response) }
        })
    }
}
