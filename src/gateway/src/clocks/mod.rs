//! Compares this host's clock with those of MaldoPay, of Salesforce and of the store, as their responses show them.
//! Decisions that depend on elapsed time are refused while the clocks are apart.

mod check;
mod difference;
mod readings;

use std::cell::Cell;

use tollbridge_domain::Timestamp;

pub use check::ClockCheck;
pub use readings::{ClockReadings, ClocksView, Peer};

use crate::call_context::CallContext;
use crate::http::problem::Problem;
use crate::log::LogLine;
use crate::ports::HttpResponse;
use difference::ClockDifference;
use readings::Reading;

/// The error code for clocks that are apart.
pub const APART: &str = "clocks_apart";

/// After how many seconds a retry is worthwhile: a person or a service has to set the clock.
const RETRY_SECONDS: u32 = 60;

/// The clock readings of one request.
#[derive(Default)]
pub struct Clocks {
    readings: Cell<ClockReadings>,
}

impl Clocks {
    /// Reads a peer's clock from the response to a call that was sent at this time.
    ///
    /// # Errors
    /// This reading shows that the clocks are apart.
    pub fn measure(
        &self,
        context: CallContext<'_>,
        peer: Peer,
        response: &HttpResponse,
        sent: Timestamp,
    ) -> Result<(), Problem> {
        // Test doubles and peers without a clock send no `Date`. Then this host's clock need not be read.
        if response.header("date").is_none() {
            return Ok(());
        }
        let at = context.ports.clock.now();
        match ClockDifference::of_response(response, sent, at) {
            Some(difference) => self.record(context, peer, Reading { at, difference }),
            None => Ok(()),
        }
    }

    /// Reads the store's clock, where it has one.
    fn measure_store(&self, context: CallContext<'_>) {
        let Some(clock) = context.ports.store_clock else { return };
        let sent = context.ports.clock.now();
        if let Some(other) = clock.now() {
            let at = context.ports.clock.now();
            let difference = ClockDifference::between(sent, at, other, 1);
            // The caller checks all readings together.
            let _ = self.record(context, Peer::Store, Reading { at, difference });
        }
    }

    fn record(&self, context: CallContext<'_>, peer: Peer, reading: Reading) -> Result<(), Problem> {
        let before = self.readings.replace(self.readings.get().with(peer, reading));
        if !reading.difference.is_apart() {
            return Ok(());
        }
        // Logged once for a request, however many responses show it.
        if !before.is_apart(peer) {
            let line = LogLine {
                site: Some(context.site.name.as_str()),
                peer: Some(peer.code()),
                seconds: Some(reading.difference.seconds()),
                ..LogLine::new(reading.at, APART, &context.trace.correlation_id)
            };
            line.write(context.ports.sink);
        }
        check(ClockReadings::default().with(peer, reading))
    }

    /// Checks that all readings of this request agree with this host's clock.
    ///
    /// # Errors
    /// The clocks are apart.
    pub fn agree(&self) -> Result<(), Problem> {
        check(self.readings.get())
    }
}

/// Refuses work that depends on the time while clocks are apart.
fn check(readings: ClockReadings) -> Result<(), Problem> {
    let Some(description) = readings.description() else { return Ok(()) };
    let detail = format!(
        "{description}, and 30 s are the most that they may be apart, so nothing that depends on the time was done or \
         recorded: set this host's clock by NTP, then try again"
    );
    Err(Problem::new(503, APART, detail).retriable(RETRY_SECONDS))
}
