//! One payment in the drain: MaldoPay is asked what became of it, and Salesforce is told.

use tollbridge_domain::{PaymentReference, Pending, Timestamp};
use tollbridge_ledger::History;

use super::report::Report;
use crate::commands::{self, Context, Heard, Question, Scheduled};
use crate::problem::Problem;
use crate::salesforce::{Occasion, Pause};
use crate::sync::{Outcome, Telling};

/// How a payment stands after the drain looked at it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Closed,
    Open,
    /// It could not be taken up.
    Failed,
}

/// How a payment stands, and what of it is under way at MaldoPay.
pub struct TakenUp {
    pub standing: Standing,
    pub pending: Vec<Pending>,
    /// When the note of what Salesforce was told of it was last replaced.
    pub noted_at: Option<Timestamp>,
}

/// Whether this drain still tells Salesforce anything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Salesforce {
    Asked,
    /// The site pauses. MaldoPay is asked all the same.
    LeftAlone,
}

impl Salesforce {
    pub fn of(telling: &Telling<'_>) -> Result<Self, Problem> {
        if telling.occasion == Occasion::Asked {
            return Ok(Self::Asked);
        }
        let now = telling.ports.clock.now();
        let paused = Pause::of(telling.ports, telling.site)?.is_some_and(|pause| pause.until > now);
        Ok(if paused { Self::LeftAlone } else { Self::Asked })
    }
}

/// Does for a payment what is due.
pub fn take_up(
    telling: &Telling<'_>,
    reference: &PaymentReference,
    salesforce: &mut Salesforce,
    report: &mut Report,
) -> Result<TakenUp, Problem> {
    let mut history = telling.ledger.history(reference)?;
    let main_currency = telling.site.main_currency;
    let nothing = TakenUp { standing: Standing::Closed, pending: Vec::new(), noted_at: None };
    let Some(mut payment) = history.payment(main_currency) else { return Ok(nothing) };
    let now = telling.ports.clock.now();
    let mut sequence = history.last_sequence();
    let mut asked = false;
    for unresolved in &payment.unresolved {
        let is_due = unresolved.next_question().is_some_and(|next| next <= now);
        let Some(question) = Question::about_unresolved(unresolved, telling.site, now).filter(|_| is_due) else {
            continue;
        };
        let context =
            Context { ports: telling.ports, site: telling.site, ledger: telling.ledger, trace: telling.trace };
        if let Heard::Appended(appended) = commands::ask(&context, &history, &question, Scheduled::Yes)? {
            sequence = appended.entry.sequence.max(sequence);
        }
        asked = true;
    }
    if asked {
        history = telling.ledger.history_reaching(reference, sequence)?;
        let Some(then) = history.payment(main_currency) else { return Ok(nothing) };
        payment = then;
    }
    // What is out of schedule is in review.
    let is_open = payment.unresolved.iter().any(|unresolved| !unresolved.is_out_of_schedule());
    let told = take_up_telling(telling, &history, sequence, salesforce, report)?;
    let noted_at = if told == Took::Up { Some(telling.ports.clock.now()) } else { history.told.noted_at };
    if asked || told == Took::Up {
        report.taken = report.taken.saturating_add(1);
    }
    let standing = if told == Took::Deferred || is_open { Standing::Open } else { Standing::Closed };
    report.deferred = report.deferred.saturating_add(u64::from(standing == Standing::Open));
    Ok(TakenUp { standing, pending: payment.pending, noted_at })
}

/// What was done about telling Salesforce.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Took {
    /// Nothing was to be done, or a person must.
    Nothing,
    /// It was told.
    Up,
    /// It is to be told later.
    Deferred,
}

fn take_up_telling(
    telling: &Telling<'_>,
    history: &History,
    sequence: u64,
    salesforce: &mut Salesforce,
    report: &mut Report,
) -> Result<Took, Problem> {
    let is_told = history.entries.iter().all(|entry| history.told.reflects(entry.sequence));
    let unsettled = telling.is_unsettled(history);
    // Salesforce may have refused one drain what another told meanwhile. Only who tells again takes the refusal back.
    let is_refused = history.told.failure.is_some();
    if is_told && !unsettled && !is_refused && history.is_summed_up() {
        return Ok(Took::Nothing);
    }
    if history.told.failure.as_ref().is_some_and(|failure| failure.terminal) {
        report.review = report.review.saturating_add(1);
        return Ok(Took::Nothing);
    }
    // Whoever asks may have mended what a person was needed for.
    let mended = telling.occasion == Occasion::Asked
        && history.told.failure.as_ref().is_some_and(|failure| failure.needs_person);
    if !mended && history.told.next_attempt.is_some_and(|next| next > telling.ports.clock.now()) {
        return Ok(Took::Deferred);
    }
    if *salesforce == Salesforce::LeftAlone {
        return Ok(Took::Deferred);
    }
    let outcome = match telling.begin(history)? {
        Some(outcome) => outcome,
        None => match telling.tell(&history.reference, sequence, unsettled || is_refused) {
            Ok(outcome) => outcome,
            Err(problem) => {
                // Where even this fails, it counts as one that never came back, of which there may be a few.
                let _ = telling.came_back(&history.reference);
                return Err(problem);
            }
        },
    };
    Ok(match outcome {
        Outcome::Told => Took::Up,
        Outcome::Deferred => Took::Deferred,
        Outcome::Paused => {
            *salesforce = Salesforce::LeftAlone;
            Took::Deferred
        }
        Outcome::Review => {
            report.review = report.review.saturating_add(1);
            Took::Up
        }
    })
}
