//! What a drain and a retry do about clocks: they begin with what the drain before them kept, refuse while it still is so, and
//! keep what they saw themselves.

use tollbridge_domain::Timestamp;
use tollbridge_ledger::StoreError;

use super::picture::{Peer, Picture};
use crate::http::problem::Problem;
use crate::log::LogLine;
use crate::ports::{CallError, HttpRequest};
use crate::salesforce::CircuitBreaker;
use crate::site_context::SiteContext;

/// How long a peer has to say what time it is.
const LONGEST_WAIT_MILLISECONDS: u64 = 2_000;

/// It is asked without a body, and its answer has none.
const LONGEST_ANSWER: usize = 1024;

/// The clocks of one drain or retry.
pub struct Watch<'a> {
    context: &'a SiteContext<'a>,
    kept: Picture,
}

impl<'a> Watch<'a> {
    /// Asks the store for the time, and those whose clocks were last seen apart or not for long, before anything else is done.
    /// With the site's pause, which stands beside what is kept of the clocks.
    ///
    /// # Errors
    /// The clocks are apart, or the store does not answer.
    pub fn begin(context: &'a SiteContext<'a>) -> Result<(Self, Option<CircuitBreaker>), Problem> {
        Self::measuring(context, |kept, peer, now| kept.is_due(peer, now))
    }

    /// Measures the clocks of the store and of both peers, whatever is known of them: what was kept may be of another host on
    /// the same store, and whoever takes a command over has nothing but the time to go by.
    ///
    /// # Errors
    /// The clocks are apart, or the store does not answer.
    pub fn begin_measured(context: &'a SiteContext<'a>) -> Result<Self, Problem> {
        Self::measuring(context, |_, _, _| true).map(|(watch, _)| watch)
    }

    fn measuring(
        context: &'a SiteContext<'a>,
        is_due: impl Fn(Picture, Peer, Timestamp) -> bool,
    ) -> Result<(Self, Option<CircuitBreaker>), Problem> {
        let (pause, kept) = CircuitBreaker::with(context.ports, context.site, Picture::key(context.site))?;
        let watch = Self { context, kept: Picture::read(kept) };
        context.clocks.ask_store(context.measuring());
        let now = context.ports.clock.now();
        // A Salesforce that pauses is left alone in this, too.
        let is_paused = pause.as_ref().is_some_and(|pause| pause.until > now);
        for (peer, may_be_asked) in [(Peer::MaldoPay, true), (Peer::Salesforce, !is_paused)] {
            if may_be_asked && is_due(watch.kept, peer, now) {
                watch.ask(peer);
            }
        }
        if let Err(problem) = context.clocks.agree() {
            watch.end();
            return Err(problem);
        }
        Ok((watch, pause))
    }

    /// Asks a peer for nothing but its `Date`.
    fn ask(&self, peer: Peer) {
        let SiteContext { ports, site, trace, .. } = *self.context;
        let (url, longest) = match peer {
            Peer::MaldoPay => (site.maldopay_url.clone(), site.maldopay_timeout_milliseconds),
            // What versions of its API there are, it tells without a token.
            Peer::Salesforce => {
                (format!("{}/services/data", site.salesforce.url), site.salesforce_timeout_milliseconds)
            }
            Peer::Store => return,
        };
        let sent = ports.clock.now();
        let answer = ports.http.send(&HttpRequest {
            method: "HEAD".to_owned(),
            url,
            headers: trace.headers(),
            body: Vec::new(),
            timeout_milliseconds: longest.min(LONGEST_WAIT_MILLISECONDS),
            longest_answer: LONGEST_ANSWER,
        });
        let now = ports.clock.now();
        let line = LogLine {
            site: Some(site.name.as_str()),
            peer: Some(peer.code()),
            method: Some("HEAD"),
            route: Some("clock"),
            status: answer.as_ref().ok().map(|answer| answer.status),
            code: answer.as_ref().err().map(CallError::code),
            milliseconds: Some(now.milliseconds().saturating_sub(sent.milliseconds())),
            ..LogLine::new(now, "outbound", &trace.correlation_id)
        };
        line.write(ports.sink);
        if let Ok(answer) = answer {
            // What follows from it, whoever asked finds with all the others.
            let _ = self.context.clocks.measure(self.context.measuring(), peer, &answer, sent);
        }
    }

    /// Keeps what was seen, where that is news. Should it not be kept, the next drain sees it itself.
    pub fn end(&self) {
        if let Err(error) = self.keep() {
            let line = LogLine {
                site: Some(self.context.site.name.as_str()),
                code: Some(Problem::from(error).code),
                ..LogLine::new(self.context.ports.clock.now(), "drain", &self.context.trace.correlation_id)
            };
            line.write(self.context.ports.sink);
        }
    }

    fn keep(&self) -> Result<(), StoreError> {
        let seen = self.context.clocks.seen.get();
        if !seen.is_news(self.kept) {
            return Ok(());
        }
        self.context.ports.store.set_many(&[seen.over(self.kept).record(self.context.site)])
    }
}
