//! Checks a function call: whether the function exists, its arguments, and the kind of its result.

use jaq_core::load::parse::Term;

use super::places::item;
use super::{Walk, did_you_mean, literal, refused};
use crate::functions::{FUNCTIONS, find};
use crate::limits::RANGE;
use crate::value::{Number, Value};

impl<'s> Walk<'s> {
    pub(super) fn call(&mut self, name: &'s str, arguments: &[Term<&'s str>], at: Option<Value>) -> Option<Value> {
        let Some(function) = find(name, arguments.len()) else {
            self.unknown(name, arguments.len());
            for argument in arguments {
                self.term(argument, None);
            }
            return None;
        };
        if !self.functions.iter().any(|known| core::ptr::eq(*known, function)) {
            self.functions.push(function);
        }
        match (name, arguments) {
            ("error", [argument]) if literal(argument).is_none() => {
                self.fault(name, "error(...) takes a text in quotes and nothing else, so that no value gets into logs");
            }
            ("range", [argument]) if !is_small(argument) => {
                self.fault(name, format!("range(...) takes a whole number of at most {RANGE}, written out"));
            }
            _ => {}
        }
        let of_items = matches!(name, "map" | "any" | "all");
        let mut given = Vec::new();
        for argument in arguments {
            let input = if of_items { at.as_ref().and_then(item) } else { at.clone() };
            given.push(self.term(argument, input));
        }
        match name {
            "select" => at,
            "first" | "last" if arguments.is_empty() => at.as_ref().and_then(item),
            "first" | "last" | "money_add" | "money_subtract" | "money_negate" => given.into_iter().next().flatten(),
            "map" => given.into_iter().next().flatten().map(|item| Value::list(vec![item])),
            "decimal" => Number::parse("0.00").map(Value::Number),
            "minor" | "length" | "money_compare" => Some(Value::whole(0)),
            "tostring" | "join" | "tojson" | "trim" | "ascii_downcase" | "ascii_upcase" => Some(Value::text("")),
            _ => None,
        }
    }

    fn unknown(&mut self, name: &'s str, arguments: usize) {
        let others: Vec<String> = FUNCTIONS
            .iter()
            .filter(|function| function.name == name)
            .map(|function| function.arguments.len().to_string())
            .collect();
        let problem = if !others.is_empty() {
            format!("`{name}` takes {} argument(s) and has {arguments}", others.join(" or "))
        } else if let Some(reason) = refused::function(name) {
            format!("`{name}` is refused: {reason}")
        } else if name.starts_with('@') {
            format!("`{name}` is not part of mappings: put texts together with \"\\(...)\"")
        } else {
            let known = FUNCTIONS.iter().map(|function| function.name);
            format!("there is no function `{name}`{}", did_you_mean(name, known))
        };
        self.fault(name, problem);
    }
}

/// Whether the term is a literal number that is small enough for a range.
fn is_small(term: &Term<&str>) -> bool {
    matches!(term, Term::Num(number) if number.parse::<i64>().is_ok_and(|number| number <= RANGE))
}
