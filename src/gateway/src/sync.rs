//! Tells Salesforce what became of a payment: only what is new, in one call, and never an older state over a newer one.

use serde_json::value::RawValue;
use tollbridge_connector::types;
use tollbridge_domain::{OperationReference, PaymentReference};
use tollbridge_ledger::{Failure, History, Ledger, Told, Writes, delta};

use crate::config::Site;
use crate::log::Line;
use crate::ports::Ports;
use crate::problem::Problem;
use crate::salesforce::{Refusal, Salesforce, Treatment, Write};
use crate::tracing::Trace;

/// How telling ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Salesforce knows all there is.
    Told,
    /// It could not be told; it will be tried again.
    Deferred,
    /// It refused in a way that only a person can mend.
    Review,
}

/// What is told, and to whom.
pub struct Telling<'a> {
    pub ports: Ports<'a>,
    pub site: &'a Site,
    pub ledger: &'a Ledger<'a>,
    pub trace: &'a Trace,
}

/// How one round of telling ended.
enum Round {
    /// Salesforce was told, and it is written down.
    Told,
    /// A newer state was there already; with what would have been told.
    Overtaken(Told),
    /// It ended so.
    Ended(Outcome),
}

/// Events in one Composite call: it takes 25 subrequests, and the payment and its source are two of them.
const MOST_EVENTS: usize = 20;

/// How often telling goes round again because something newer arrived.
const ROUNDS: usize = 8;

impl Telling<'_> {
    /// Tells Salesforce all that it was not told of this payment. `all` sends every field, whether it was told or not.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn tell(&self, reference: &PaymentReference, sequence: u64, all: bool) -> Result<Outcome, Problem> {
        let mut all = all;
        let mut told_unsuperseded = false;
        for _ in 0..ROUNDS {
            let history = self.ledger.history_reaching(reference, sequence)?;
            if let Some(later) = history.superseded_by.as_ref().filter(|_| told_unsuperseded) {
                // While this was told, another attempt took its place. The record they share shows whichever came last,
                // so the later attempt is told once more.
                let sequence = self.ledger.history(later)?.last_sequence();
                self.tell(later, sequence, true)?;
            }
            let up_to_date = history.entries.iter().all(|entry| history.told.reflects(entry.sequence));
            if history.entries.is_empty() || (up_to_date && !all) {
                return Ok(Outcome::Told);
            }
            match self.round(&history, all)? {
                Round::Told => {
                    all = false;
                    told_unsuperseded = history.superseded_by.is_none();
                }
                Round::Overtaken(told) => {
                    // Whoever wrote the newer state also writes down what was told. What was told here is older, and must
                    // not take its place; it counts only where the ledger knows of nothing newer.
                    let now = self.ledger.history_reaching(reference, sequence)?;
                    if now.entries.len() == history.entries.len() {
                        self.ledger.write_told(&history, &told, Writes::new())?;
                    }
                }
                Round::Ended(outcome) => return Ok(outcome),
            }
        }
        Ok(Outcome::Deferred)
    }

    fn round(&self, history: &History, all: bool) -> Result<Round, Problem> {
        let Some(payment) = history.payment(self.site.main_currency) else { return Ok(Round::Ended(Outcome::Told)) };
        let untold = history.untold_events();
        let left_over = untold.len() > MOST_EVENTS;
        let telling = untold.get(..MOST_EVENTS.min(untold.len())).unwrap_or_default();
        let events: Vec<types::PaymentEvent> = telling
            .iter()
            .map(|(event, _)| {
                let named = OperationReference { payment: history.reference.clone(), operation: event.operation };
                ((*event).clone(), named.to_string()).into()
            })
            .collect();
        let all = all || !history.told.is_certain(&payment);
        let mut told = Told {
            version: payment.version,
            reported: payment.reported,
            attempts: 0,
            next_attempt: None,
            failure: None,
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
        let records = match self.ports.mapper.records(&payment.into(), &events, &self.site.settings, "") {
            Ok(records) => records,
            Err(problem) => {
                let refusal = Refusal {
                    treatment: Treatment::Person,
                    code: "mapping_error".to_owned(),
                    message: format!("{}: {}", problem.field, problem.detail),
                };
                return self.failed(history, &refusal, Writes::new());
            }
        };
        let writes = match changes(&history.told, &mut told, records, all) {
            Ok(writes) => writes,
            Err(refusal) => return self.failed(history, &refusal, Writes::new()),
        };
        let salesforce = Salesforce::new(self.ports, self.site, self.trace);
        let written = if is_nothing(&writes) { Ok(()) } else { salesforce.write(&writes) };
        match written {
            Ok(()) => {}
            // Somebody wrote a newer state, and with it all that this one says.
            Err(refusal) if refusal.treatment == Treatment::Newer => return Ok(Round::Overtaken(told)),
            Err(refusal) => return self.failed(history, &refusal, salesforce.into_writes()),
        }
        self.ledger.write_told(history, &told, salesforce.into_writes())?;
        self.log(history, None);
        Ok(Round::Told)
    }

    fn failed(&self, history: &History, refusal: &Refusal, with: Writes) -> Result<Round, Problem> {
        let now = self.ports.clock.now();
        let attempts = history.told.attempts.saturating_add(1);
        let delay = refusal.treatment.delay_milliseconds(attempts, self.ports.random);
        let told = Told {
            attempts,
            next_attempt: delay.map(|delay| now.plus_milliseconds(delay)),
            failure: Some(Failure {
                at: now,
                code: refusal.code.clone(),
                message: refusal.message.clone(),
                terminal: delay.is_none(),
                needs_person: refusal.treatment == Treatment::Organisation,
            }),
            ..history.told.clone()
        };
        self.ledger.write_told(history, &told, with)?;
        self.log(history, Some(&refusal.code));
        Ok(Round::Ended(if delay.is_none() { Outcome::Review } else { Outcome::Deferred }))
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

/// What to write of the records as they should be, and what will have been told by it.
fn changes(before: &Told, told: &mut Told, records: Vec<types::RecordWrite>, all: bool) -> Result<Vec<Write>, Refusal> {
    let mut writes = Vec::new();
    for record in records {
        let name = record_name(&record);
        if record.mode == types::WriteMode::InsertOnce && !told.inserted.insert(name.clone()) {
            continue;
        }
        let fields: Vec<(String, Box<RawValue>)> = record
            .fields
            .into_iter()
            .map(|field| Ok((field.name.clone(), json_value(&field.name, field.value)?)))
            .collect::<Result<_, Refusal>>()?;
        let sent = match record.mode {
            types::WriteMode::InsertOnce => fields,
            types::WriteMode::Upsert | types::WriteMode::Update => {
                let sent = if all { fields.clone() } else { delta(before.records.get(&name), fields.clone()) };
                told.records.entry(name).or_default().extend(fields);
                sent
            }
        };
        if !sent.is_empty() {
            writes.push(Write { object: record.object, key: record.key, fields: sent });
        }
    }
    Ok(writes)
}

/// A new version alone is no news: it changes with every fact, and some change no other field.
fn is_nothing(writes: &[Write]) -> bool {
    writes.iter().all(|write| write.fields.iter().all(|(name, _)| name == "Version__c"))
}

/// A mapper may be anybody's, so its values are checked to be JSON before they are put into a request.
fn json_value(field: &str, value: String) -> Result<Box<RawValue>, Refusal> {
    RawValue::from_string(value).map_err(|_| Refusal {
        treatment: Treatment::Person,
        code: "mapping_error".to_owned(),
        message: format!("{field}: the mapper's value is not JSON"),
    })
}

fn record_name(record: &types::RecordWrite) -> String {
    match &record.key {
        types::RecordKey::Id(id) => format!("{}/{id}", record.object),
        types::RecordKey::ExternalId(key) => format!("{}/{}/{}", record.object, key.field, key.value),
    }
}
