//! Counts the resources of an evaluation, and ends it at the limits.
//!
//! There is one count, of steps. A step costs about as much as reading a part of a value; more expensive operations
//! count as several. Reading, copying and comparing values, and reading and creating text, all report here. The
//! evaluations in the text of an expression are counted before it runs, and again for each item of a list that it
//! iterates over. Operations that can fail do so at a limit. Others, such as a copy or a comparison, record a
//! violation, and the evaluation's result is discarded.

use core::cell::Cell;

use crate::limits::{BYTES_OF_A_STEP, EXPRESSION_STEPS, EXPRESSION_TEXT_BYTES, TEXT_BYTES, VALUE_DEPTH};

/// Why the result of an evaluation is discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// It took too many steps.
    Steps,
    /// It created too much text.
    Text,
    /// It nested lists or objects too deeply.
    Depth,
    /// It compared an amount with something other than an amount in the same currency.
    Comparison,
    /// It compared the order of two lists or objects.
    Order,
    /// It put a whole money value into text.
    MoneyInText,
}

impl Violation {
    /// What is wrong, and what to do.
    pub fn in_words(self) -> String {
        match self {
            Self::Steps => format!("takes more than {EXPRESSION_STEPS} steps: ask for less at once"),
            Self::Text => format!("makes a text of more than {TEXT_BYTES} bytes, or many long ones: shorten it"),
            Self::Depth => format!("puts lists or objects more than {VALUE_DEPTH} deep into each other"),
            Self::Comparison => "compares an amount with something that is no amount in the same currency: compare \
                                 minor_units, or use money_compare(a; b)"
                .to_owned(),
            Self::Order => "asks which of two lists or objects comes first: they have no order".to_owned(),
            Self::MoneyInText => "puts a whole money value into text: name its part, such as .amount".to_owned(),
        }
    }
}

#[derive(Clone, Copy)]
struct MeterUse {
    steps: u32,
    most_steps: u32,
    /// The evaluations in the expression's text.
    written: usize,
    text: u32,
    violation: Option<Violation>,
}

const NOTHING: MeterUse = MeterUse { steps: 0, most_steps: EXPRESSION_STEPS, written: 0, text: 0, violation: None };

/// The fixed cost of an expression.
const EXPRESSION: usize = 8;

thread_local! {
    static USED: Cell<MeterUse> = const { Cell::new(NOTHING) };
}

/// Begins the evaluation of an expression with this many evaluations in its text. `most_steps` can only lower the limit
/// of any expression.
pub fn begin(most_steps: u32, written: usize) {
    USED.set(MeterUse { most_steps: most_steps.min(EXPRESSION_STEPS), written, ..NOTHING });
    count(written.saturating_add(EXPRESSION));
}

/// Ends the evaluation, and returns its steps and the first violation.
pub fn end() -> (u32, Option<Violation>) {
    let used = USED.replace(NOTHING);
    (used.steps, used.violation)
}

/// Records a violation in an operation that cannot fail.
pub fn note(violation: Violation) {
    let used = USED.get();
    USED.set(MeterUse { violation: used.violation.or(Some(violation)), ..used });
}

/// Counts one step of an operation that cannot fail.
pub fn step() {
    count(1);
}

/// Counts the reading of text.
pub fn look(bytes: usize) {
    count(of_bytes(bytes));
}

/// The steps for reading this many bytes.
pub fn of_bytes(bytes: usize) -> usize {
    bytes.div_ceil(BYTES_OF_A_STEP)
}

/// The steps for searching a text in another, which reads bytes repeatedly.
pub fn of_search(text: &str, sought: &str) -> usize {
    of_bytes(text.len().saturating_add(sought.len())).saturating_mul(3)
}

/// The steps for finding a name among `among` others.
pub fn of_finding(name: &str, among: usize) -> usize {
    let compared = among.checked_ilog2().unwrap_or(0).saturating_add(1);
    of_bytes(name.len()).saturating_mul(usize::try_from(compared).unwrap_or(usize::MAX))
}

/// Counts the creation of text.
pub fn text(bytes: usize) {
    count(of_bytes(bytes).saturating_add(1));
    let used = USED.get();
    let text = used.text.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    USED.set(MeterUse { text, ..used });
    if text > EXPRESSION_TEXT_BYTES || bytes > TEXT_BYTES {
        note(Violation::Text);
    }
}

fn count(steps: usize) {
    let used = USED.get();
    let steps = used.steps.saturating_add(u32::try_from(steps).unwrap_or(u32::MAX));
    USED.set(MeterUse { steps, ..used });
    if steps > used.most_steps {
        note(Violation::Steps);
    }
}

/// Counts an item of a list that is iterated over: everything in the expression's text may be evaluated for it.
///
/// # Errors
/// As [`spend`].
pub fn item() -> Result<(), Violation> {
    spend(USED.get().written.saturating_add(1))
}

/// Counts the steps of an operation that can fail.
///
/// # Errors
/// A violation was recorded, now or earlier, so the evaluation ends.
pub fn spend(steps: usize) -> Result<(), Violation> {
    count(steps);
    USED.get().violation.map_or(Ok(()), Err)
}
