//! One who acts: the gateway's real code over ports whose every operation is one of the run's, and what is asked of it.

use std::collections::BTreeSet;

use serde_json::{Value, json as value};
use tollbridge_connector::types::{Delivery, Header};
use tollbridge_domain::Timestamp;
use tollbridge_gateway::{Config, Gateway};
use tollbridge_ledger::{Clock, Store, StoreError};

use super::doubles::{
    self, CONFIG, CallError, Callback, Http, HttpRequest, HttpResponse, Ports, Provider as _, Random, Records, Reply,
    Request, Sink, get, json, operation, order_body, post, response, secrets, webhook,
};
use super::run::{Fate, Gone, Inner, Run, described, names};
use super::store::digest_of;

/// The site of these runs, alone: the configuration is read for every actor of every run.
fn of_one_site(configuration: &str) -> &str {
    configuration.split("[sites.de]").next().unwrap_or_default()
}

/// The ports of one who acts. One without a number acts before or after all others, undisturbed.
pub struct Doors<'a> {
    run: &'a Run,
    number: Option<usize>,
    /// How much its clock is ahead, in milliseconds.
    ahead: i64,
}

fn no_answer() -> StoreError {
    StoreError::Unavailable("as planned".to_owned())
}

impl Doors<'_> {
    /// Ends the actor, if that is what becomes of the operation.
    fn survive(&self, mut inner: std::sync::MutexGuard<'_, Inner>, fate: Fate) {
        match fate {
            Fate::Well | Fate::Lost | Fate::Late => {}
            Fate::Dies | Fate::TornAfter(_) | Fate::TornBefore(_) => {
                inner.dies(self.number);
                drop(inner);
                std::panic::resume_unwind(Box::new(Gone));
            }
        }
    }

    fn ended<T>(&self, inner: std::sync::MutexGuard<'_, Inner>, fate: Fate, value: T) -> Result<T, StoreError> {
        self.survive(inner, fate);
        if fate == Fate::Well { Ok(value) } else { Err(no_answer()) }
    }

    /// Something that the actor does beside the gateway's operations; others may act before it, and it may die after it.
    fn step(&self, what: &str, is_mortal: bool, does: impl FnOnce(&mut Inner)) {
        let mut inner = self.run.point(self.number);
        does(&mut inner);
        inner.did(self.number, || what.to_owned());
        let fate = if is_mortal { inner.fate_of_step(self.number) } else { Fate::Well };
        self.survive(inner, fate);
    }
}

impl Store for Doors<'_> {
    fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let mut inner = self.run.point(self.number);
        let values = inner.world.store.get_many(keys);
        let digest = inner.world.store.digest_of(keys);
        inner.saw(self.number, digest);
        inner.did(self.number, || format!("get {}", names(keys.iter())));
        Ok(values)
    }

    fn set_many(&self, writes: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        let mut inner = self.run.point(self.number);
        let fate = inner.fate(self.number, writes.len(), true);
        let written = match fate {
            Fate::Well | Fate::Dies | Fate::Lost => writes,
            Fate::Late => {
                inner.writes_late(writes);
                &[]
            }
            Fate::TornAfter(first) => &writes[..first],
            Fate::TornBefore(first) => &writes[first..],
        };
        inner.world.store.set_many(written);
        inner.world.notes.torn |= matches!(fate, Fate::TornAfter(_) | Fate::TornBefore(_));
        inner.saw(self.number, u64::from(fate == Fate::Well));
        let all = writes.iter().map(|(key, _)| key);
        inner.did(self.number, || match fate {
            Fate::Well => format!("set {}", names(all)),
            Fate::TornAfter(_) | Fate::TornBefore(_) => {
                format!("set only {} of {}", names(written.iter().map(|(key, _)| key)), names(all))
            }
            Fate::Dies | Fate::Lost | Fate::Late => format!("set {} ({fate:?})", names(all)),
        });
        self.ended(inner, fate, ())
    }

    fn delete_many(&self, keys: &[String]) -> Result<(), StoreError> {
        let mut inner = self.run.point(self.number);
        let fate = inner.fate(self.number, 1, false);
        inner.world.store.delete_many(keys);
        inner.saw(self.number, u64::from(fate == Fate::Well));
        inner.did(self.number, || format!("delete {} ({fate:?})", names(keys.iter())));
        self.ended(inner, fate, ())
    }

    fn increment(&self, key: &str, by: i64) -> Result<i64, StoreError> {
        let mut inner = self.run.point(self.number);
        let fate = if by == 0 { Fate::Well } else { inner.fate(self.number, 1, false) };
        let value = inner.world.store.increment(key, by);
        inner.saw(self.number, digest_of(&(value, fate == Fate::Well)));
        inner.did(self.number, || match by {
            0 => format!("count {key} = {value}"),
            _ => format!("draw {key} = {value} ({fate:?})"),
        });
        self.ended(inner, fate, value)
    }
}

impl Clock for Doors<'_> {
    fn now(&self) -> Timestamp {
        let mut inner = self.run.clock_point(self.number);
        let now = inner.world.now + self.ahead;
        inner.saw(self.number, digest_of(&now));
        Timestamp::from_milliseconds(now).unwrap()
    }

    fn elapsed_milliseconds(&self) -> i64 {
        let mut inner = self.run.clock_point(self.number);
        let now = inner.world.now;
        inner.saw(self.number, digest_of(&now));
        now
    }
}

impl Http for Doors<'_> {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, CallError> {
        // Nobody here has a `Date`: what is promised holds without the comparison of clocks. InquiryRun for one changes nothing.
        if request.method == "HEAD" {
            return Ok(response(404, ""));
        }
        let mut inner = self.run.point(self.number);
        let fate = inner.fate(self.number, 1, true);
        let answer = if fate == Fate::Late {
            inner.calls_late(request);
            Err(CallError::NoResponse("as planned".to_owned()))
        } else {
            inner.world.answer(request)
        };
        let answer = if fate == Fate::Lost { Err(CallError::NoResponse("as planned".to_owned())) } else { answer };
        let seen = answer.as_ref().map(|answer| (answer.status, answer.body.clone())).map_err(ToString::to_string);
        inner.saw(self.number, digest_of(&seen));
        inner.did(self.number, || {
            let heard = answer.as_ref().map_or(0, |answer| answer.status);
            format!("call {} -> {heard} ({fate:?})", described(request))
        });
        self.survive(inner, fate);
        answer
    }
}

impl Random for Doors<'_> {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(u8::try_from(self.number.map_or(7, |number| number + 8)).unwrap());
    }
}

impl Sink for Doors<'_> {
    fn line(&self, _line: &str) {}
}

/// One who acts.
pub struct Actor<'a> {
    doors: &'a Doors<'a>,
    gateway: Gateway<'a>,
}

/// An answer, read.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
    pub json: Value,
}

/// Has one act who goes by this number, with a clock that is so much ahead.
pub fn act<T>(run: &Run, number: Option<usize>, ahead: i64, script: impl FnOnce(&Actor<'_>) -> T) -> T {
    let doors = Doors { run, number, ahead };
    let documents = doubles::Documents::default();
    let ports = Ports {
        store_clock: None,
        store: &doors,
        clock: &doors,
        http: &doors,
        provider: &doubles::MaldoPay,
        mapper: &Records,
        documents: &documents,
        random: &doors,
        sink: &doors,
    };
    script(&Actor { doors: &doors, gateway: Gateway::new(ports, of_one_site(CONFIG), of_one_site(&secrets())) })
}

impl Actor<'_> {
    /// Sends a request and does the rest; `noting` is done between the two, when the answer is handed over.
    fn ask(&self, request: Request, noting: impl FnOnce(&mut Inner, &Answer)) -> Answer {
        let is_mortal = request.method == "POST";
        let what = format!("{} {}", request.method, request.path);
        let Reply { response, deferred } = self.gateway.handle(request);
        let text = String::from_utf8(response.body).unwrap();
        let json = serde_json::from_str(&text).unwrap_or_default();
        let answer = Answer { status: response.status, text, json };
        let code = answer.json["code"].as_str().unwrap_or_default();
        let what = format!("is answered {} {code} to {what}", answer.status);
        self.doors.step(&what, is_mortal, |inner| noting(inner, &answer));
        self.gateway.finish(deferred);
        answer
    }

    pub fn send(&self, request: Request) -> Answer {
        self.ask(request, |_, _| {})
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(get(path))
    }

    /// Time passes.
    pub fn sleep(&self, seconds: i64) {
        self.doors.step("has slept", false, |inner| inner.pass_time(seconds * 1000));
    }

    /// Changes the world, in one step.
    pub fn change(&self, what: &str, does: impl FnOnce(&mut super::world::World)) {
        self.doors.step(what, false, |inner| does(&mut inner.world));
    }

    /// MaldoPay delivers this. Whether it was answered OK.
    pub fn deliver(&self, callback: &Callback) -> bool {
        self.deliver_about(callback, &callback.reference)
    }

    /// As [`Actor::deliver`], about this payment.
    pub fn deliver_about(&self, callback: &Callback, payment: &str) -> bool {
        self.deliver_request(webhook(callback), payment)
    }

    /// MaldoPay delivers what nobody answered OK to.
    pub fn deliver_the_rest(&self) -> bool {
        let undelivered = self.doors.run.lock().world.notes.undelivered.clone();
        undelivered.iter().all(|delivery| {
            let (body, reference) = delivery.split_once('\n').unwrap();
            let mut request = doubles::request("POST", "/webhooks/maldopay/tr");
            request.headers.push(("content-type".to_owned(), "application/json".to_owned()));
            self.deliver_request(Request { body: Ok(body.as_bytes().to_vec()), ..request }, reference)
        })
    }

    fn deliver_request(&self, request: Request, reference: &str) -> bool {
        let body = request.body.clone().unwrap();
        let delivery = format!("{}\n{reference}", String::from_utf8(body.clone()).unwrap());
        self.doors.run.lock().world.notes.undelivered.insert(delivery.clone());
        let id = event_id(&request.headers, body);
        let answer = self.ask(request, |inner, answer| {
            if answer.text == "OK" {
                inner.world.notes.undelivered.remove(&delivery);
                inner.world.notes.acknowledged.insert((id, reference.to_owned()));
            }
        });
        answer.text == "OK"
    }

    /// Charges the order.
    pub fn charge(&self, key: &str) -> Answer {
        self.command(json("/v1/payments", key, &order_body(doubles::ORDER)))
    }

    /// Gives money back.
    pub fn refund(&self, reference: &str, key: &str, amount: &str) -> Answer {
        self.doors.run.lock().world.notes.refunds_asked.insert(key.to_owned());
        self.command(operation(reference, "refunds", key, &value!({"amount": amount})))
    }

    fn command(&self, request: Request) -> Answer {
        self.ask(request, |inner, answer| {
            if let (200..300, Some(reference)) = (answer.status, answer.json["reference"].as_str()) {
                inner.world.notes.answered.insert(reference.to_owned());
            }
        })
    }

    pub fn drain(&self) -> Answer {
        self.send(post("/v1/drain", "", ""))
    }

    /// A mapping document is stored, which is an entry of the journal about no payment.
    pub fn store_mapping(&self, text: &str) {
        let request = Request { method: "PUT".to_owned(), ..post("/v1/mappings/notes", "", text) };
        assert_eq!(self.send(request).status, 201);
    }

    /// The reference that MaldoPay knows the last operation of this kind by.
    pub fn reference_of(&self, kind: &str) -> String {
        self.doors.run.lock().world.maldopay.reference_of(kind)
    }

    /// A person decides.
    pub fn resolve(&self, reference: &str, decision: &Value) -> Answer {
        self.send(json(&format!("/v1/reviews/{reference}/resolve"), "", decision))
    }

    /// The reader of the feed looks for what is new.
    pub fn follow(&self) {
        let after = self.doors.run.lock().world.notes.feed.as_ref().map_or(0, |(after, _)| *after);
        let (request, read) = (get(&format!("/v1/journal?after={after}&limit=500")), read_feed);
        self.ask(request, |inner, answer| {
            let (next, seen) = read(answer);
            let feed = inner.world.notes.feed.get_or_insert_default();
            feed.0 = next.unwrap_or(after);
            feed.1.extend(seen);
        });
    }
}

/// Where a reader of the feed goes on, and the entries that the answer has.
pub fn read_feed(answer: &Answer) -> (Option<u64>, BTreeSet<u64>) {
    let entries = answer.json["entries"].as_array().cloned().unwrap_or_default();
    let written = entries.iter().filter(|entry| entry["kind"].is_string());
    (answer.json["next"].as_u64(), written.filter_map(|entry| entry["number"].as_u64()).collect())
}

/// The id of the event that a delivery tells of.
fn event_id(headers: &[(String, String)], body: Vec<u8>) -> String {
    let headers = headers.iter().map(|(name, value)| Header { name: name.clone(), value: value.clone() }).collect();
    let config = Config::read(of_one_site(CONFIG), of_one_site(&secrets())).unwrap();
    let delivery = Delivery { headers, body };
    doubles::MaldoPay.decode(&delivery, config.site("tr").unwrap()).unwrap().id
}
