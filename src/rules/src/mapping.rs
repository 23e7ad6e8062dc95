//! Maps payments by a compiled document.

use tollbridge_connector::types::{ExternalId, Field, Payment, PaymentEvent, RecordKey, RecordWrite, Site, WriteMode};

use crate::document::{self, Document, Each, Key, Mode, RecordTemplate, Text};
use crate::expression::{self, Expression, Program};
use crate::input::Input;
use crate::limits::{OUTPUT_BYTES, OUTPUT_RECORDS, OUTPUT_STEPS};
use crate::output;
use crate::problem::{DocumentProblem, MappingError};
use crate::sample;
use crate::value::Value;

/// A compiled document.
pub struct CompiledMapping {
    document: Document,
    programs: Vec<Program>,
}

/// Where a record of a document is written to.
#[derive(Clone, Debug, PartialEq)]
pub struct Target<'m> {
    /// The object's API name.
    pub object: &'m str,
    /// How the record is written.
    pub mode: WriteMode,
    /// The field of the external id that identifies the record; `None` if it is identified by its id.
    pub external_id: Option<&'m str>,
    /// The API names of the other fields, or of relationships.
    pub fields: Vec<&'m str>,
}

impl From<Mode> for WriteMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Upsert => Self::Upsert,
            Mode::Update => Self::Update,
            Mode::InsertOnce => Self::InsertOnce,
        }
    }
}

/// Every problem in a document; the empty document selects the default mapping.
#[must_use]
pub fn check(document: &str) -> Vec<DocumentProblem> {
    if document.is_empty() {
        return Vec::new();
    }
    let (document, mut problems) = document::read(document);
    let sample = sample::input();
    let of_payment = sample.as_ref().map(Input::of_payment);
    let of_event = sample.as_ref().and_then(|sample| sample.of_events().next());
    for record in &document.records {
        let sample = match record.each {
            Each::Payment => of_payment.as_ref(),
            Each::Event => of_event.as_ref(),
        };
        if let Err(found) = expressions(record, sample) {
            problems.extend(found);
        }
    }
    problems.sort();
    problems.dedup();
    problems
}

impl CompiledMapping {
    /// Parses and compiles a document.
    ///
    /// # Errors
    /// Every problem in it, except names that the input does not have, which [`check`] finds.
    pub fn read(document: &str) -> Result<Self, Vec<DocumentProblem>> {
        let (document, mut problems) = document::read(document);
        let mut programs = Vec::new();
        for record in &document.records {
            match expressions(record, None).and_then(|expressions| {
                Program::compile(expressions).map_err(|problem| {
                    vec![DocumentProblem { line: 1, place: format!("record {}", record.name), problem }]
                })
            }) {
                Ok(program) => programs.push(program),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(Self { document, programs }) } else { Err(problems) }
    }

    /// The objects that the document writes, without repetitions.
    #[must_use]
    pub fn objects(&self) -> Vec<&str> {
        let mut objects: Vec<&str> = Vec::new();
        for record in &self.document.records {
            if !objects.contains(&record.object.as_str()) {
                objects.push(&record.object);
            }
        }
        objects
    }

    /// The document's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.document.name
    }

    /// What each record of the document is written to, in document order.
    pub fn targets(&self) -> impl Iterator<Item = Target<'_>> {
        self.document.records.iter().map(|record| Target {
            object: &record.object,
            mode: record.mode.into(),
            external_id: match &record.key {
                Key::Id(_) => None,
                Key::ExternalId { field, .. } => Some(field),
            },
            fields: record.fields.iter().map(|(name, _)| name.as_str()).collect(),
        })
    }

    /// The records after these events, in document order.
    ///
    /// # Errors
    /// A record or a field cannot be computed for this payment.
    pub fn records(
        &self,
        payment: &Payment,
        events: &[PaymentEvent],
        site: &Site,
    ) -> Result<Vec<RecordWrite>, MappingError> {
        self.measured(payment, events, site).0
    }

    /// As [`CompiledMapping::records`], with the number of steps.
    pub fn measured(
        &self,
        payment: &Payment,
        events: &[PaymentEvent],
        site: &Site,
    ) -> (Result<Vec<RecordWrite>, MappingError>, u32) {
        let mut output = MappingOutput { steps_left: OUTPUT_STEPS, bytes: 0, writes: Vec::new() };
        let made = self.make(&mut output, payment, events, site);
        (made.map(|()| output.writes), OUTPUT_STEPS.saturating_sub(output.steps_left))
    }

    fn make(
        &self,
        output: &mut MappingOutput,
        payment: &Payment,
        events: &[PaymentEvent],
        site: &Site,
    ) -> Result<(), MappingError> {
        let whole = |problem: String| MappingError { place: self.document.name.clone(), problem, missing: false };
        let input =
            Input::new(payment, events, site).map_err(|what| whole(format!("the payment cannot be read: {what}")))?;
        for (record, program) in self.document.records.iter().zip(&self.programs) {
            let making = RecordComputation { document: &self.document.name, record, program };
            let inputs: &mut dyn Iterator<Item = Value> = match record.each {
                Each::Payment => &mut core::iter::once_with(|| input.of_payment()),
                Each::Event => &mut input.of_events(),
            };
            for input in inputs {
                making.add_to(output, input)?;
                if output.writes.len() > OUTPUT_RECORDS {
                    return Err(whole(format!(
                        "gives more than {OUTPUT_RECORDS} records for {} events, and Salesforce takes no more in one call: \
                         write fewer for each event",
                        events.len()
                    )));
                }
            }
        }
        Ok(())
    }
}

/// The results so far.
struct MappingOutput {
    steps_left: u32,
    bytes: usize,
    writes: Vec<RecordWrite>,
}

/// A record that is being computed.
struct RecordComputation<'a> {
    document: &'a str,
    record: &'a RecordTemplate,
    program: &'a Program,
}

impl RecordComputation<'_> {
    fn wrong(&self, what: &str, problem: String) -> MappingError {
        let place = format!("{}: record {}: {what}", self.document, self.record.name);
        MappingError { place, problem, missing: false }
    }

    /// Computes the record for this input and adds it, unless its condition is false.
    fn add_to(&self, output: &mut MappingOutput, input: Value) -> Result<(), MappingError> {
        let mut running = self.program.run(input);
        if self.record.when.is_some() {
            let holds = running.next(&mut output.steps_left).map_err(|problem| self.wrong("when", problem))?;
            match holds {
                Some(Value::Boolean(true)) => {}
                Some(Value::Boolean(false)) => return Ok(()),
                other => {
                    let given = other.as_ref().map_or_else(|| "nothing".to_owned(), Value::shown);
                    return Err(self.wrong("when", format!("gives {given} where it must give true or false")));
                }
            }
        }
        let key = running.next(&mut output.steps_left).map_err(|problem| self.wrong(self.key_name(), problem))?;
        let key = self.key(key)?;
        let mut fields = Vec::with_capacity(self.record.fields.len());
        for (name, _) in &self.record.fields {
            let value = running.next(&mut output.steps_left).map_err(|problem| self.wrong(name, problem))?;
            let Some(value) = value else { continue };
            let value = output::field(&value).map_err(|problem| self.wrong(name, problem))?;
            output.bytes = output.bytes.saturating_add(value.len());
            if output.bytes > OUTPUT_BYTES {
                return Err(self.wrong(name, format!("the fields of all records have more than {OUTPUT_BYTES} bytes")));
            }
            fields.push(Field { name: name.clone(), value });
        }
        if !fields.is_empty() {
            let object = self.record.object.clone();
            let mode = self.record.mode.into();
            output.writes.push(RecordWrite { object, key, mode, fields });
        }
        Ok(())
    }

    fn key_name(&self) -> &str {
        match &self.record.key {
            Key::Id(_) => "id",
            Key::ExternalId { .. } => "external_id",
        }
    }

    fn key(&self, value: Option<Value>) -> Result<RecordKey, MappingError> {
        let text = match &value {
            Some(Value::Text(text)) => text.to_string(),
            Some(Value::Number(number)) => number.to_string(),
            None | Some(Value::Null) => {
                let problem =
                    "the payment has nothing to find the record by: say in `when` when it is written".to_owned();
                return Err(MappingError { missing: true, ..self.wrong(self.key_name(), problem) });
            }
            Some(other) => {
                return Err(self.wrong(self.key_name(), format!("gives {} where it must give text", other.shown())));
            }
        };
        document::key_value(&text).map_err(|problem| self.wrong(self.key_name(), problem))?;
        Ok(match &self.record.key {
            Key::Id(_) => RecordKey::Id(text),
            Key::ExternalId { field, .. } => RecordKey::ExternalId(ExternalId { field: field.clone(), value: text }),
        })
    }
}

/// The expressions of a record in evaluation order: when, key, fields.
fn expressions<'r>(
    record: &'r RecordTemplate,
    sample: Option<&Value>,
) -> Result<Vec<Expression<'r>>, Vec<DocumentProblem>> {
    let key = match &record.key {
        Key::Id(_) => "id",
        Key::ExternalId { .. } => "external_id",
    };
    let written = record
        .when
        .iter()
        .map(|when| ("when", when))
        .chain([(key, record.key.value())])
        .chain(record.fields.iter().map(|(name, value)| (name.as_str(), value)));
    let mut problems = Vec::new();
    let mut expressions = Vec::new();
    for (what, text) in written {
        let place = format!("record {}: {what}", record.name);
        match expression::read(&text.text, sample) {
            Ok(expression) => {
                let once_for_each = record.each == Each::Event && record.mode == Mode::InsertOnce;
                if what == key && once_for_each && !expression.names_event {
                    problems.push(problem(
                        text,
                        0,
                        &place,
                        "is the same for every event: name it by .event.id".to_owned(),
                    ));
                }
                expressions.push(expression);
            }
            Err(faults) => {
                problems.extend(faults.into_iter().map(|fault| problem(text, fault.offset, &place, fault.problem)));
            }
        }
    }
    if problems.is_empty() { Ok(expressions) } else { Err(problems) }
}

fn problem(text: &Text, offset: usize, place: &str, problem: String) -> DocumentProblem {
    DocumentProblem { line: text.line_at(offset), place: place.to_owned(), problem }
}
