//! Outbound calls: MaldoPay's double and Salesforce's, and what may happen while a call is under way.

use std::cell::RefCell;

use super::{
    CallError, HandClock, Http, HttpRequest, HttpResponse, OthersClock, ProviderDouble, SalesforceDouble, Timeline,
};

type During = Box<dyn FnOnce()>;

/// The network.
pub struct Network {
    pub maldopay: ProviderDouble,
    pub salesforce: SalesforceDouble,
    /// The clocks of the two.
    pub maldopay_clock: OthersClock,
    pub salesforce_clock: OthersClock,
    requests: RefCell<Vec<HttpRequest>>,
    dates_asked: RefCell<Vec<String>>,
    during: RefCell<Option<(&'static str, During)>>,
    timeline: Timeline,
}

/// An answer with a JSON or HTML body.
pub fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
}

impl Network {
    pub fn new(timeline: Timeline, clock: &HandClock) -> Self {
        Self {
            maldopay_clock: OthersClock::beside(clock),
            salesforce_clock: OthersClock::beside(clock),
            maldopay: ProviderDouble::default(),
            salesforce: SalesforceDouble::default(),
            requests: RefCell::default(),
            dates_asked: RefCell::default(),
            during: RefCell::default(),
            timeline,
        }
    }

    /// Who was asked for nothing but a date.
    pub fn dates_asked(&self) -> Vec<String> {
        self.dates_asked.borrow().clone()
    }

    /// All requests that were sent, but for those.
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
        let is_maldopay = request.url.starts_with("https://maldopay.example/");
        let clock = if is_maldopay { &self.maldopay_clock } else { &self.salesforce_clock };
        let date = clock.date().map(|date| ("date".to_owned(), date));
        if request.method == "HEAD" {
            self.dates_asked.borrow_mut().push(request.url.clone());
            return Ok(HttpResponse { headers: date.into_iter().collect(), ..response(404, "") });
        }
        self.requests.borrow_mut().push(request.clone());
        self.timeline.note(format!("call {}", request.url));
        let answer = if is_maldopay { self.maldopay.answer(request) } else { self.salesforce.answer(request) };
        let due = self.during.borrow().as_ref().is_some_and(|(url, _)| request.url.contains(url));
        let what = if due { self.during.borrow_mut().take() } else { None };
        if let Some((_, what)) = what {
            what();
        }
        answer.and_then(|mut answer| {
            answer.headers.extend(date);
            let is_too_long = answer.body.len() > request.max_response_bytes;
            if is_too_long { Err(CallError::NoResponse("the answer is too long".to_owned())) } else { Ok(answer) }
        })
    }
}
