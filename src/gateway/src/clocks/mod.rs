//! The clocks around a site: this host's, and those of MaldoPay, of Salesforce and of the store, as their answers show them.
//! What is decided by the time that went by is not decided with clocks that are far apart.

mod difference;
mod picture;
mod watch;

use std::cell::Cell;

use tollbridge_domain::Timestamp;

pub use picture::{ClocksView, Peer, Picture};
pub use watch::Watch;

use crate::config::Site;
use crate::http::problem::Problem;
use crate::log::LogLine;
use crate::ports::{HttpResponse, Ports};
use crate::tracing::Trace;
use difference::Difference;
use picture::Measured;

/// The code of what clocks that are apart prevent.
pub const APART: &str = "clocks_apart";

/// After how many seconds it is worth trying again: a clock is set by a person or a service.
const RETRY_SECONDS: u32 = 60;

/// What one request saw of the clocks around its site.
#[derive(Default)]
pub struct Clocks {
    seen: Cell<Picture>,
}

/// Who measures, and for which request.
#[derive(Clone, Copy)]
pub struct Measuring<'a> {
    pub ports: Ports<'a>,
    pub site: &'a Site,
    pub trace: &'a Trace,
}

impl Clocks {
    /// Takes the difference from an answer to what was sent then. That an answer was too far apart, it says itself.
    ///
    /// # Errors
    /// The clocks are apart.
    pub fn measure(
        &self,
        measuring: Measuring<'_>,
        peer: Peer,
        response: &HttpResponse,
        sent: Timestamp,
    ) -> Result<(), Problem> {
        // Most answers of doubles and of peers without a clock have none, and then nobody need look at this host's.
        if response.header("date").is_none() {
            return Ok(());
        }
        let at = measuring.ports.clock.now();
        match Difference::of_answer(response, sent, at) {
            Some(difference) => self.saw(measuring, peer, Measured { at, difference }),
            None => Ok(()),
        }
    }

    /// Asks the store what time it is, where it has a clock.
    fn ask_store(&self, measuring: Measuring<'_>) {
        let Some(clock) = measuring.ports.store_clock else { return };
        let sent = measuring.ports.clock.now();
        if let Some(other) = clock.now() {
            let at = measuring.ports.clock.now();
            let difference = Difference::between(sent, at, other, 1);
            // What follows from it, whoever asked finds with all the others.
            let _ = self.saw(measuring, Peer::Store, Measured { at, difference });
        }
    }

    fn saw(&self, measuring: Measuring<'_>, peer: Peer, measured: Measured) -> Result<(), Problem> {
        let before = self.seen.replace(self.seen.get().with(peer, measured));
        if !measured.difference.is_apart() {
            return Ok(());
        }
        // Once for a request, however many answers show it.
        if !before.is_apart(peer) {
            let line = LogLine {
                site: Some(measuring.site.name.as_str()),
                peer: Some(peer.code()),
                seconds: Some(measured.difference.seconds()),
                ..LogLine::new(measured.at, APART, &measuring.trace.correlation_id)
            };
            line.write(measuring.ports.sink);
        }
        refusal(Picture::default().with(peer, measured))
    }

    /// Whether all clocks that were seen agree.
    ///
    /// # Errors
    /// They are apart.
    pub fn agree(&self) -> Result<(), Problem> {
        refusal(self.seen.get())
    }
}

/// Refuses what clocks that are apart prevent.
fn refusal(picture: Picture) -> Result<(), Problem> {
    let Some(sentence) = picture.sentence() else { return Ok(()) };
    let detail = format!(
        "{sentence}, and 30 s are the most that they may be apart, so nothing that depends on the time was done or \
         recorded: set this host's clock by NTP, then try again"
    );
    Err(Problem::new(503, APART, detail).retriable(RETRY_SECONDS))
}
