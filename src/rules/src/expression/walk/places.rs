//! Checks a path into the input, such as `.payment.captured.amount`: whether it exists, and its sample value.

use jaq_core::load::parse::Term;
use jaq_core::path::{Opt, Part};

use super::{Walk, did_you_mean, literal};
use crate::value::{Value, names};

impl<'s> Walk<'s> {
    /// `{$name}` and `{name}`: the name alone also selects its value.
    pub(super) fn shorthand(&mut self, name: &Term<&'s str>, at: Option<Value>) {
        match literal(name) {
            Some(text) => {
                self.part(at, text);
            }
            None => {
                self.term(name, at);
            }
        }
    }

    pub(super) fn path(
        &mut self,
        start: &Term<&'s str>,
        parts: &[(Part<Term<&'s str>>, Opt)],
        at: Option<Value>,
    ) -> Option<Value> {
        if matches!(start, Term::Id)
            && let Some((Part::Index(name), _)) = parts.first()
            && literal(name) == Some("event")
        {
            self.names_event = true;
        }
        let mut value = self.term(start, at.clone());
        for (part, _) in parts {
            value = match part {
                Part::Index(name) => match literal(name) {
                    Some(name) => self.part(value, name),
                    None => {
                        self.term(name, at.clone());
                        value.as_ref().and_then(item)
                    }
                },
                Part::Range(None, None) => value.as_ref().and_then(item),
                Part::Range(from, to) => {
                    for bound in [from, to].into_iter().flatten() {
                        self.term(bound, at.clone());
                    }
                    value
                }
            };
        }
        value
    }

    /// The part of a value with this name, if the value is known.
    pub(super) fn part(&mut self, value: Option<Value>, name: &'s str) -> Option<Value> {
        let value = value?;
        let of = match &value {
            Value::Object(object) => match (object.entries().get(name), object.part()) {
                (Some(part), _) => return Some(part.clone()),
                (None, Some(part)) => part,
                (None, None) => return None,
            },
            Value::Money(_) => match jaq_core::ValT::index(value.clone(), &Value::text(name)) {
                Ok(part) => return Some(part),
                Err(_) => "money",
            },
            Value::Boolean(_) | Value::Number(_) | Value::Text(_) | Value::Amount(_) | Value::List(_) => value.kind(),
            Value::Null => return None,
        };
        let problem = if name == "event" {
            "there is no `event` in a record of the payment: set each = \"event\", or use `.events`".to_owned()
        } else {
            let known = names(&value).unwrap_or_default();
            format!("there is no `{name}` in {of}{}", did_you_mean(name, known.iter().map(|name| &**name)))
        };
        self.fault(name, problem);
        None
    }
}

/// An item of a list.
pub(super) fn item(value: &Value) -> Option<Value> {
    match value {
        Value::List(list) => list.items().first().cloned(),
        Value::Null
        | Value::Boolean(_)
        | Value::Number(_)
        | Value::Text(_)
        | Value::Amount(_)
        | Value::Money(_)
        | Value::Object(_) => None,
    }
}
