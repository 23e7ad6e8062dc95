//! Counts what an evaluation uses, and ends it when that is too much.
//!
//! There is one count, of steps. A step is about what it costs to read a part of a value: whatever costs more counts as
//! so many. Reading values, copying and comparing them, and looking at text and making it all pass here. What is written
//! in the expression alone is counted before it runs, and again for each item of a list that it goes through. What can
//! fail then fails; what cannot, such as a copy or a comparison, leaves a note, and the value that comes out in the end is
//! not taken.

use core::cell::Cell;

use jaq_core::Error;

use crate::limits::{BYTES_OF_A_STEP, EXPRESSION_STEPS, EXPRESSION_TEXT_BYTES, TEXT_BYTES, VALUE_DEPTH};
use crate::value::Value;

/// Why an evaluation is not taken although it gave a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It took too many steps.
    Steps,
    /// It made too much text.
    Text,
    /// It put lists or objects too deep into each other.
    Depth,
    /// It compared an amount with something that is no amount in the same currency.
    Comparison,
    /// It asked which of two lists or objects comes first.
    Order,
    /// It put a whole money value into text.
    MoneyInText,
}

impl Fault {
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
struct Used {
    steps: u32,
    most_steps: u32,
    /// Evaluations that are written in the expression.
    written: usize,
    text: u32,
    fault: Option<Fault>,
}

const NOTHING: Used = Used { steps: 0, most_steps: EXPRESSION_STEPS, written: 0, text: 0, fault: None };

/// The steps that any expression takes to be begun and ended.
const EXPRESSION: usize = 8;

thread_local! {
    static USED: Cell<Used> = const { Cell::new(NOTHING) };
}

/// Begins the evaluation of an expression in which so many evaluations are written. It may take so many steps, but never
/// more than any may.
pub fn begin(most_steps: u32, written: usize) {
    USED.set(Used { most_steps: most_steps.min(EXPRESSION_STEPS), written, ..NOTHING });
    count(written.saturating_add(EXPRESSION));
}

/// Ends it: the steps it took, and the first thing that was wrong with it.
pub fn end() -> (u32, Option<Fault>) {
    let used = USED.replace(NOTHING);
    (used.steps, used.fault)
}

/// Notes what cannot be said at once.
pub fn note(fault: Fault) {
    let used = USED.get();
    USED.set(Used { fault: used.fault.or(Some(fault)), ..used });
}

/// Counts one step of what cannot fail.
pub fn step() {
    count(1);
}

/// Counts a look at so many bytes of text.
pub fn look(bytes: usize) {
    count(of_bytes(bytes));
}

/// The steps that a look at so many bytes of text is.
pub fn of_bytes(bytes: usize) -> usize {
    bytes.div_ceil(BYTES_OF_A_STEP)
}

/// The steps of a search for a text in another, which looks at a byte more than once.
pub fn of_search(text: &str, sought: &str) -> usize {
    of_bytes(text.len().saturating_add(sought.len())).saturating_mul(3)
}

/// The steps of finding a name among so many.
pub fn of_finding(name: &str, among: usize) -> usize {
    let compared = among.checked_ilog2().unwrap_or(0).saturating_add(1);
    of_bytes(name.len()).saturating_mul(usize::try_from(compared).unwrap_or(usize::MAX))
}

/// Counts text of so many bytes that is made.
pub fn text(bytes: usize) {
    count(of_bytes(bytes).saturating_add(1));
    let used = USED.get();
    let text = used.text.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    USED.set(Used { text, ..used });
    if text > EXPRESSION_TEXT_BYTES || bytes > TEXT_BYTES {
        note(Fault::Text);
    }
}

fn count(steps: usize) {
    let used = USED.get();
    let steps = used.steps.saturating_add(u32::try_from(steps).unwrap_or(u32::MAX));
    USED.set(Used { steps, ..used });
    if steps > used.most_steps {
        note(Fault::Steps);
    }
}

/// Counts an item of a list that is gone through: all that is written may be evaluated for it.
///
/// # Errors
/// As [`spend`].
pub fn item() -> Result<(), Error<Value>> {
    spend(USED.get().written.saturating_add(1))
}

/// Counts so many steps of what can fail.
///
/// # Errors
/// Something is wrong already: nothing goes on then.
pub fn spend(steps: usize) -> Result<(), Error<Value>> {
    count(steps);
    match USED.get().fault {
        None => Ok(()),
        Some(fault) => Err(Error::str(fault.in_words())),
    }
}
