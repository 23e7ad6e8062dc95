//! The values that expressions work on. They are those of JSON, with two more that JSON shows as an object and a text:
//! money and its amount. Being of a kind of their own, they cannot be added, compared or rounded by accident, and there is
//! no floating-point number among the others either.

mod access;
mod arithmetic;
mod json;
mod money;
mod order;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::limits::VALUE_DEPTH;
use crate::meter::{self, Fault};

pub use access::{has_name, names};
pub use money::{Money, Number};

/// A value.
#[derive(Debug)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// Text.
    Text(Rc<str>),
    /// The decimal text of an amount of money.
    Amount(Money),
    /// Money: an object with `amount`, `minor_units` and `currency`.
    Money(Money),
    /// A list.
    List(Rc<List>),
    /// An object.
    Object(Rc<Object>),
}

/// Values in their order.
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
    /// What it is, where it is a part of the input: it then has all the names that there are, and others are mistakes.
    part: Option<&'static str>,
}

impl Object {
    /// The values by name.
    pub fn entries(&self) -> &BTreeMap<Rc<str>, Value> {
        &self.entries
    }

    /// The part of the input that it is.
    pub fn part(&self) -> Option<&'static str> {
        self.part
    }
}

/// A longer number may be a telephone or an identity number that was made of text.
const LONGEST_NUMBER_SHOWN: usize = 6;

/// Copies are steps: an evaluation that goes on and on copies its input again and again.
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
    /// Text.
    pub fn text(text: &str) -> Self {
        meter::text(text.len());
        Self::Text(text.into())
    }

    /// A whole number.
    pub fn whole(number: i64) -> Self {
        Self::Number(Number::Whole(number))
    }

    /// A list; null where it would be too deep, which is noted.
    pub fn list(items: Vec<Self>) -> Self {
        deeper(items.iter()).map_or(Self::Null, |depth| Self::List(Rc::new(List { items, depth })))
    }

    /// An object; null where it would be too deep, which is noted.
    pub fn object(entries: BTreeMap<Rc<str>, Self>) -> Self {
        Self::named(entries, None)
    }

    /// A part of the input, which has every name that there is.
    pub fn part(name: &'static str, entries: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        Self::named(entries.into_iter().map(|(name, value)| (Rc::from(name), value)).collect(), Some(name))
    }

    fn named(entries: BTreeMap<Rc<str>, Self>, part: Option<&'static str>) -> Self {
        deeper(entries.values()).map_or(Self::Null, |depth| Self::Object(Rc::new(Object { entries, depth, part })))
    }

    /// What kind of value it is, for people.
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

    /// What it is, for an error: amounts and short numbers as they are; of text and long numbers, which may be a customer's,
    /// only how long they are.
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

    /// The text, where it is some; an amount is its decimal text.
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

/// The depth of what holds these. Deep values are refused where they are made, because comparing, writing and dropping
/// them goes as deep.
fn deeper<'a>(values: impl Iterator<Item = &'a Value>) -> Option<u8> {
    let depth = values.map(Value::depth).max().unwrap_or(0).saturating_add(1);
    if depth > VALUE_DEPTH {
        meter::note(Fault::Depth);
        return None;
    }
    Some(depth)
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
        // Each item is a step; once there were too many, no more are asked for.
        Self::list(items.into_iter().take_while(|_| meter::spend(1).is_ok()).collect())
    }
}
