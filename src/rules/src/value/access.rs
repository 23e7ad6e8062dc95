//! The interpreter's operations on values: reading parts, and building values from parts. Values never change.

use std::rc::Rc;

use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::path::Opt;
use jaq_core::val::Range;
use jaq_core::{Error, ValR, ValT, ValX};

use super::json::parts_of_money;
use super::{Number, Value, item, spend};
use crate::limits::{EXPRESSION_TOKENS, TEXT_BYTES};
use crate::meter::{self, Violation};

/// The maximum number of names in an object, since each is a token of the expression.
const NAMES_WRITTEN: usize = EXPRESSION_TOKENS;

/// Documents cannot contain assignments, so these are never called.
fn no_assignment<T>() -> Result<T, Error<Value>> {
    Err(Error::str("values cannot be assigned to"))
}

impl From<Range<Self>> for Value {
    fn from(range: Range<Self>) -> Self {
        let bounds = [("start", range.start), ("end", range.end)];
        Self::object(bounds.into_iter().filter_map(|(name, bound)| Some((Rc::from(name), bound?))).collect())
    }
}

impl ValT for Value {
    fn from_num(text: &str) -> ValR<Self> {
        spend(1)?;
        let number = Number::parse(text);
        number.map(Self::Number).ok_or_else(|| Error::str("a number has at most 18 digits and no exponent"))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(entries: I) -> ValR<Self> {
        spend(1)?;
        let entries = entries.into_iter().map(|(name, value)| match name.to_text() {
            Some(name) => {
                spend(meter::of_finding(&name, NAMES_WRITTEN))?;
                Ok((name, value))
            }
            None => Err(Error::str(format_args!("{} cannot be a name in an object: use text", name.shown()))),
        });
        Ok(Self::object(entries.collect::<Result<_, _>>()?))
    }

    fn key_values(self) -> BoxIter<'static, ValR<(Self, Self), Self>> {
        box_once(no_assignment())
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR<Self>>> {
        let values: Vec<Self> = match &self {
            Self::List(list) => list.items.clone(),
            Self::Object(object) => object.entries.values().cloned().collect(),
            Self::Money(money) => parts_of_money(*money).into_iter().map(|(_, part)| part).collect(),
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::Text(_) | Self::Amount(_) => {
                return box_once(Err(Error::str(format_args!(
                    "{} is no list: it cannot be gone through",
                    self.shown()
                ))));
            }
        };
        Box::new(values.into_iter().map(|value| item().map(|()| value)))
    }

    fn index(self, index: &Self) -> ValR<Self> {
        spend(match (&self, index) {
            (Self::Object(object), Self::Text(name)) => meter::of_finding(name, object.entries.len()).saturating_add(1),
            _ => 1,
        })?;
        match (&self, index) {
            (Self::Null, Self::Text(_) | Self::Number(_)) => Ok(Self::Null),
            (Self::Object(object), Self::Text(name)) => match (object.entries.get(name), object.part) {
                (Some(value), _) => Ok(value.clone()),
                (None, None) => Ok(Self::Null),
                // The name may be a value of the payment, so it is not shown. The check has already found wrong literal
                // names.
                (None, Some(part)) => Err(Error::str(format_args!("names a part that {part} does not have"))),
            },
            (Self::Money(money), Self::Text(name)) => {
                let part = parts_of_money(*money).into_iter().find(|(part, _)| *part == &**name);
                part.map(|(_, part)| part).ok_or_else(|| Error::str("names a part that money does not have"))
            }
            (Self::List(list), Self::Number(Number::Whole(index))) => Ok(position(*index, list.items.len())
                .and_then(|index| list.items.get(index))
                .map_or(Self::Null, Clone::clone)),
            _ => Err(Error::str(format_args!("{} has no part that {} could name", self.shown(), index.shown()))),
        }
    }

    fn range(self, range: Range<&Self>) -> ValR<Self> {
        spend(1)?;
        let bound = |bound: Option<&Self>, length: usize, otherwise: usize| match bound {
            None | Some(Self::Null) => Ok(otherwise),
            Some(Self::Number(Number::Whole(index))) => Ok(clipped(*index, length)),
            Some(other) => Err(Error::str(format_args!("{} is no place to cut at: use a whole number", other.shown()))),
        };
        match &self {
            Self::Null => Ok(Self::Null),
            Self::Text(text) => {
                spend(meter::of_bytes(text.len()))?;
                // In UTF-16 units, as Salesforce counts the length of a field. A character that would be cut in two is
                // left out.
                let length = text.encode_utf16().count();
                let (start, end) = (bound(range.start, length, 0)?, bound(range.end, length, length)?);
                let mut units = 0_usize;
                let is_within = |character: &char| {
                    let first = units;
                    units = units.saturating_add(character.len_utf16());
                    first >= start && units <= end
                };
                Ok(Self::from(text.chars().filter(is_within).collect::<String>()))
            }
            Self::List(list) => {
                let length = list.items.len();
                let (start, end) = (bound(range.start, length, 0)?, bound(range.end, length, length)?);
                Ok(list.items.iter().skip(start).take(end.saturating_sub(start)).cloned().collect())
            }
            Self::Boolean(_) | Self::Number(_) | Self::Amount(_) | Self::Money(_) | Self::Object(_) => {
                Err(Error::str(format_args!("{} cannot be cut: only text and lists can", self.shown())))
            }
        }
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(self, _: Opt, _: impl Fn(Self) -> I) -> ValX<'a, Self> {
        Ok(no_assignment()?)
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        _: &Self,
        _: Opt,
        _: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        Ok(no_assignment()?)
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        _: Range<&Self>,
        _: Opt,
        _: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        Ok(no_assignment()?)
    }

    fn as_bool(&self) -> bool {
        !matches!(self, Self::Null | Self::Boolean(false))
    }

    fn into_string(self) -> Self {
        match self.to_text() {
            Some(text) => Self::Text(text),
            None => {
                if matches!(self, Self::Money(_)) {
                    meter::note(Violation::MoneyInText);
                }
                match self.to_json(TEXT_BYTES) {
                    Some(text) => Self::from(text),
                    None => {
                        meter::note(Violation::Text);
                        Self::Null
                    }
                }
            }
        }
    }
}

/// A position; negative ones count from the end.
fn position(index: i64, length: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

fn clipped(index: i64, length: usize) -> usize {
    position(index, length).unwrap_or(if index < 0 { 0 } else { length }).min(length)
}

/// Whether an object or money has this name; `None` for values without names.
pub fn has_name(value: &Value, name: &str) -> Option<bool> {
    match value {
        Value::Object(object) => Some(object.entries.contains_key(name)),
        Value::Money(money) => Some(parts_of_money(*money).iter().any(|(part, _)| *part == name)),
        Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Text(_) | Value::Amount(_) | Value::List(_) => None,
    }
}

/// The names in an object or in money.
pub fn names(value: &Value) -> Option<Vec<Rc<str>>> {
    match value {
        Value::Object(object) => Some(object.entries.keys().cloned().collect()),
        Value::Money(money) => Some(parts_of_money(*money).iter().map(|(name, _)| Rc::from(*name)).collect()),
        Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Text(_) | Value::Amount(_) | Value::List(_) => None,
    }
}
