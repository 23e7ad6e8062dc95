//! A clock that is set by hand, predictable random bytes, the collected log, and the order of all effects.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tollbridge_domain::Timestamp;
use tollbridge_ledger::Clock;

use super::{Random, Sink, StoreClock};

/// 2026-11-20T10:00:00Z, in milliseconds.
const START: i64 = 1_795_168_800_000;

/// The effects on the store and on the peers, in order.
#[derive(Clone, Default)]
pub struct Timeline(Rc<RefCell<Vec<String>>>);

impl Timeline {
    pub fn note(&self, what: String) {
        self.0.borrow_mut().push(what);
    }

    pub fn all(&self) -> Vec<String> {
        self.0.borrow().clone()
    }
}

/// A clock that moves only when a test advances it. Clones are the same clock.
#[derive(Clone)]
pub struct ManualClock(Rc<Cell<i64>>);

impl ManualClock {
    pub fn new() -> Self {
        Self(Rc::new(Cell::new(START)))
    }

    fn seconds_from(&self, seconds: i64) -> i64 {
        self.0.get() + seconds * 1000
    }

    pub fn advance_seconds(&self, seconds: i64) {
        self.0.set(self.0.get() + seconds * 1000);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.0.get()).unwrap()
    }

    fn elapsed_milliseconds(&self) -> i64 {
        self.0.get() - START
    }
}

/// A peer's clock, which runs with this host's and is ahead of it by the set number of seconds. It shows nothing until
/// it is set.
pub struct PeerClock {
    host: ManualClock,
    ahead: Cell<Option<i64>>,
}

impl PeerClock {
    pub fn beside(host: &ManualClock) -> Self {
        Self { host: host.clone(), ahead: Cell::new(None) }
    }

    pub fn is_ahead(&self, seconds: impl Into<Option<i64>>) {
        self.ahead.set(seconds.into());
    }

    /// The time in the form of the HTTP header `Date`.
    pub fn date(&self) -> Option<String> {
        let time = jiff::Timestamp::from_millisecond(self.host.seconds_from(self.ahead.get()?)).unwrap();
        Some(jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap())
    }
}

impl StoreClock for PeerClock {
    fn now(&self) -> Option<Timestamp> {
        Some(Timestamp::from_milliseconds(self.host.seconds_from(self.ahead.get()?)).unwrap())
    }
}

/// Always the same byte.
pub struct Bytes(pub Cell<u8>);

impl Random for Bytes {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.get());
    }
}

/// Collects every log line.
#[derive(Default)]
pub struct Lines(pub RefCell<Vec<String>>);

impl Sink for Lines {
    fn line(&self, line: &str) {
        self.0.borrow_mut().push(line.to_owned());
    }
}
