//! The values that expressions work on: those of JSON, and two more that JSON represents as an object and a string,
//! money and its amount. Their own types prevent adding, comparing or rounding them by accident. No value is a
//! floating-point number.

mod access;
mod arithmetic;
mod json;
mod money;
mod order;

use std::collections::BTreeMap;
use std::rc::Rc;

use jaq_core::Error;

use crate::limits::VALUE_DEPTH;
use crate::meter::{self, Violation};

pub use access::{has_name, names};
pub use money::{MoneyAmount, Number};

/// A value of an expression.
#[derive(Debug)]
pub enum Value {
    /// JSON's null.
    Null,
    /// JSON's true or false.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(Rc<str>),
    /// The decimal text of an amount of money.
    Amount(MoneyAmount),
    /// Money: an object with `amount`, `minor_units` and `currency`.
    Money(MoneyAmount),
    /// A list.
    List(Rc<List>),
    /// An object.
    Object(Rc<Object>),
}

/// Values in order.
#[derive(Debug)]
pub struct List {
    items: Vec<Value>,
    depth: u8,
}

impl List {
    /// The values.
    pub fn items(&self) -> &[Value] {
        &self.items
    }
}

/// Values by name.
#[derive(Debug)]
pub struct Object {
    entries: BTreeMap<Rc<str>, Value>,
    depth: u8,
    /// The name of the input part that the object represents. Such an object has every valid name; any other is a
    /// mistake.
    part: Option<&'static str>,
}

impl Object {
    /// The values by name.
    pub fn entries(&self) -> &BTreeMap<Rc<str>, Value> {
        &self.entries
    }

    /// The name of the input part that the object represents.
    pub fn part(&self) -> Option<&'static str> {
        self.part
    }
}

/// A longer number may be a telephone or an identity number that was parsed from text.
const LONGEST_NUMBER_SHOWN: usize = 6;

/// Copies count as steps: an endless evaluation copies its input again and again.
impl Clone for Value {
    fn clone(&self) -> Self {
        meter::step();
        match self {
            Self::Null => Self::Null,
            Self::Boolean(boolean) => Self::Boolean(*boolean),
            Self::Number(number) => Self::Number(*number),
            Self::Text(text) => Self::Text(Rc::clone(text)),
            Self::Amount(money) => Self::Amount(*money),
            Self::Money(money) => Self::Money(*money),
            Self::List(list) => Self::List(Rc::clone(list)),
            Self::Object(object) => Self::Object(Rc::clone(object)),
        }
    }
}

impl Value {
    /// A string.
    pub fn text(text: &str) -> Self {
        meter::text(text.len());
        Self::Text(text.into())
    }

    /// A whole number.
    pub fn whole(number: i64) -> Self {
        Self::Number(Number::Whole(number))
    }

    /// A list; null with a recorded violation if it is nested too deeply.
    pub fn list(items: Vec<Self>) -> Self {
        deeper(items.iter()).map_or(Self::Null, |depth| Self::List(Rc::new(List { items, depth })))
    }

    /// An object; null with a recorded violation if it is nested too deeply.
    pub fn object(entries: BTreeMap<Rc<str>, Self>) -> Self {
        Self::named(entries, None)
    }

    /// A part of the input, which has every valid name.
    pub fn part(name: &'static str, entries: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        Self::named(entries.into_iter().map(|(name, value)| (Rc::from(name), value)).collect(), Some(name))
    }

    fn named(entries: BTreeMap<Rc<str>, Self>, part: Option<&'static str>) -> Self {
        deeper(entries.values()).map_or(Self::Null, |depth| Self::Object(Rc::new(Object { entries, depth, part })))
    }

    /// The kind of the value, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Amount(_) => "an amount",
            Self::Money(_) => "money",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The value in an error message. Amounts and short numbers are shown; text and long numbers, which may be a
    /// customer's, only by their length.
    pub fn shown(&self) -> String {
        match self {
            Self::Null | Self::Object(_) => self.kind().to_owned(),
            Self::Boolean(boolean) => boolean.to_string(),
            Self::Number(number) => match number.to_string() {
                short if short.len() <= LONGEST_NUMBER_SHOWN => format!("the number {short}"),
                long => format!("a number of {} characters", long.len()),
            },
            Self::Text(text) => {
                meter::look(text.len());
                format!("a text of {} characters", text.chars().count())
            }
            Self::Amount(money) => format!("the amount {money}"),
            Self::Money(money) => format!("the money {money}"),
            Self::List(list) => format!("a list of {}", list.items.len()),
        }
    }

    /// The text of a string or an amount.
    pub fn to_text(&self) -> Option<Rc<str>> {
        match self {
            Self::Text(text) => Some(Rc::clone(text)),
            Self::Amount(money) => Some(money.to_decimal().to_string().into()),
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::Money(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    fn depth(&self) -> u8 {
        match self {
            Self::List(list) => list.depth,
            Self::Object(object) => object.depth,
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::Text(_) | Self::Amount(_) | Self::Money(_) => 0,
        }
    }
}

/// The depth of a value that contains these. Deep values are refused when they are built, because comparing, writing
/// and dropping them would recurse as deeply.
fn deeper<'a>(values: impl Iterator<Item = &'a Value>) -> Option<u8> {
    let depth = values.map(Value::depth).max().unwrap_or(0).saturating_add(1);
    if depth > VALUE_DEPTH {
        meter::note(Violation::Depth);
        return None;
    }
    Some(depth)
}

/// Counts the steps of an operation that can fail, as [`meter::spend`], with the interpreter's error.
pub fn spend(steps: usize) -> Result<(), Error<Value>> {
    meter::spend(steps).map_err(stopped)
}

/// Counts an item of a list, as [`meter::item`], with the interpreter's error.
pub fn item() -> Result<(), Error<Value>> {
    meter::item().map_err(stopped)
}

/// The error that ends an evaluation; not inlined, since every operation would carry it.
#[cold]
#[inline(never)]
fn stopped(violation: Violation) -> Error<Value> {
    Error::str(violation.in_words())
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Self {
        meter::step();
        Self::Boolean(boolean)
    }
}

impl From<isize> for Value {
    fn from(number: isize) -> Self {
        meter::step();
        // No target has a wider one than 64 bits.
        Self::whole(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        meter::text(text.len());
        Self::Text(text.into())
    }
}

impl FromIterator<Self> for Value {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        // Each item is a step; after too many, the iterator stops.
        Self::list(items.into_iter().take_while(|_| meter::spend(1).is_ok()).collect())
    }
}
