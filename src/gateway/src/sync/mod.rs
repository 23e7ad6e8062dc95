//! Tells Salesforce what became of a payment: only what is new, in one call, and never an older state over a newer one.

mod bounds;
mod changes;
mod details;
mod failures;
mod mapping;
mod review;
mod shared;
mod words;

use tollbridge_domain::{PaymentReference, Timestamp};
use tollbridge_ledger::{History, Ledger, Told, Totals};

use crate::config::Site;
use crate::log::Line;
use crate::ports::Ports;
use crate::problem::Problem;
use crate::salesforce::{Occasion, Salesforce, Treatment};
use crate::tracing::Trace;
use changes::{changes, is_nothing};
use details::named;
use failures::may_leave_fields_wrong;
use mapping::whole;
pub use review::stand_in_line;
use shared::is_of_one;
use tollbridge_connector::types::RecordWrite;

/// How telling ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Salesforce knows all there is.
    Told,
    /// It could not be told; it will be tried again.
    Deferred,
    /// It refused in a way that only a person can mend.
    Review,
    /// The organisation refuses everything, so nobody is told anything for a while.
    Paused,
}

/// What is told, and to whom.
pub struct Telling<'a> {
    pub ports: Ports<'a>,
    pub site: &'a Site,
    pub ledger: &'a Ledger<'a>,
    pub trace: &'a Trace,
    pub occasion: Occasion,
}

/// How one round of telling ended.
enum Round {
    /// Salesforce was told, and it is written down.
    Told,
    /// A newer state was there already.
    Overtaken,
    /// It ended so.
    Ended(Outcome),
}

/// Events in one Composite call: it takes 25 subrequests, and the payment and its source are two of them.
const MOST_EVENTS: usize = 20;

/// How often telling goes round again because something newer arrived.
const ROUNDS: usize = 8;

impl Telling<'_> {
    /// Tells Salesforce all that it was not told of this payment, and what its records then show. `all` sends every field,
    /// whether it was told or not.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn tell(&self, reference: &PaymentReference, sequence: u64, all: bool) -> Result<Outcome, Problem> {
        let mut all = all;
        let mut sent: Option<Totals> = None;
        for _ in 0..ROUNDS {
            let as_of = self.ports.clock.now();
            let mut history = self.ledger.opened_history(reference, sequence)?;
            if history.is_left_over() {
                self.ledger.forget(reference)?;
            }
            self.ledger.count_all(&mut history)?;
            let Some(payment) = history.payment(self.site.main_currency) else { return Ok(Outcome::Told) };
            if !history.is_summed_up() {
                self.ledger.sum_up(&history)?;
                // Other payments may have told the record by what stood there.
                all |= history.records.are_shared();
                continue;
            }
            let up_to_date = history.entries.iter().all(|entry| history.told.reflects(entry.sequence));
            let totals = history.totals(&payment, None);
            // Of what other payments did meanwhile, their own telling may have known less than this one.
            let as_sent = sent.as_ref().is_none_or(|sent| sent.say_the_same(&totals));
            if up_to_date && as_sent && !all {
                return Ok(Outcome::Told);
            }
            match self.round(&history, as_of, &totals, all)? {
                Round::Told => {
                    all = false;
                    sent = Some(totals);
                }
                // Whoever wrote the newer state writes down what was told; this one tells what is newer than both.
                Round::Overtaken => {
                    if let Some(outcome) = self.version_conflict(&history)? {
                        return Ok(outcome);
                    }
                }
                Round::Ended(outcome) => return Ok(outcome),
            }
        }
        Ok(Outcome::Deferred)
    }

    fn round(&self, history: &History, as_of: Timestamp, totals: &Totals, all: bool) -> Result<Round, Problem> {
        let Some(payment) = history.payment(self.site.main_currency) else { return Ok(Round::Ended(Outcome::Told)) };
        let untold = history.untold_events();
        let left_over = untold.len() > MOST_EVENTS;
        let telling = untold.get(..MOST_EVENTS.min(untold.len())).unwrap_or_default();
        let details = self.details(history);
        let events = named(history, telling.iter().map(|(event, _)| *event), &details);
        let all = all || !history.told.is_certain(&payment) || may_leave_fields_wrong(&history.told);
        let shared = history.records.are_shared();
        let mut told = Told {
            version: payment.version,
            reported: payment.reported,
            attempts: 0,
            next_attempt: None,
            failure: None,
            begun: 0,
            record_as_of: shared.then_some(as_of),
            ..history.told.clone()
        };
        let withheld: Vec<u64> =
            untold.iter().skip(telling.len()).flat_map(|(_, sequences)| sequences.clone()).collect();
        told.sequences
            .extend(history.entries.iter().map(|entry| entry.sequence).filter(|number| !withheld.contains(number)));
        if left_over {
            // Until all of it is told, what was told is no base for a difference.
            told.reported = history.told.reported;
        }
        let in_force = self.in_force()?;
        let whole = whole(&payment, totals.clone(), &details, None);
        let records = match self.records(&in_force, &whole, &events) {
            Ok(records) => records,
            Err(refusal) => return self.failed(history, &payment, &refusal, None),
        };
        let shadowed = self.shadowed(&in_force, &payment, &whole, &events, &records)?;
        // What another payment may have written since is no base for a difference either.
        let is_sent_whole = |record: &RecordWrite| all || (shared && !is_of_one(record, &history.reference));
        let writes = match changes(self.ledger, history, &mut told, records, is_sent_whole) {
            Ok(writes) => writes,
            Err(refusal) => return self.failed(history, &payment, &refusal, None),
        };
        let salesforce = self.salesforce();
        let written = if is_nothing(&writes) { Ok(()) } else { salesforce.write(&writes) };
        match written {
            Ok(()) => {}
            Err(refusal) if refusal.treatment == Treatment::Newer => return Ok(Round::Overtaken),
            Err(refusal) => return self.failed(history, &payment, &refusal, Some(salesforce)),
        }
        stand_in_line(&mut told, !payment.review.is_empty());
        let mut with = salesforce.into_writes();
        with.extend(shadowed);
        self.ledger.write_told(history, &told, with, self.longest_milliseconds())?;
        self.log(history, None);
        Ok(Round::Told)
    }

    fn salesforce(&self) -> Salesforce<'_> {
        Salesforce::new(self.ports, self.site, self.trace, self.occasion)
    }

    fn log(&self, history: &History, code: Option<&str>) {
        let line = Line {
            site: Some(self.site.name.as_str()),
            payment: Some(history.reference.as_str()),
            code,
            ..Line::new(self.ports.clock.now(), "sync", &self.trace.correlation_id)
        };
        line.write(self.ports.sink);
    }
}
