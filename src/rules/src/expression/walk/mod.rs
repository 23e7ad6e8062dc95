//! Traverses an expression's tree, refuses what is not allowed, and finds likely mistakes.
//!
//! With a sample of the input, it also tracks the value of each part. That reveals names that the input does not have,
//! and calculations with amounts.

mod calls;
mod places;

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::ops::Cmp;
use jaq_core::path::Path;

use super::words::{did_you_mean, offset};
use super::{ExpressionError, refused};
use crate::functions::Function;
use crate::value::{Number, Value};

/// What the traversal found.
pub struct Traversal {
    /// The functions that the expression calls.
    pub functions: Vec<&'static Function>,
    /// Whether it mentions `.event`.
    pub names_event: bool,
}

struct Walk<'s> {
    code: &'s str,
    faults: Vec<ExpressionError>,
    functions: Vec<&'static Function>,
    names_event: bool,
    /// The bound variables, with their sample values where known.
    variables: Vec<(&'s str, Option<Value>)>,
}

/// Traverses the tree of this code.
///
/// # Errors
/// Everything in it that is not allowed.
pub fn walk(code: &str, term: &Term<&str>, sample: Option<&Value>) -> Result<Traversal, Vec<ExpressionError>> {
    let mut walk = Walk { code, faults: Vec::new(), functions: Vec::new(), names_event: false, variables: Vec::new() };
    walk.term(term, sample.cloned());
    if walk.faults.is_empty() {
        Ok(Traversal { functions: walk.functions, names_event: walk.names_event })
    } else {
        Err(walk.faults)
    }
}

impl<'s> Walk<'s> {
    fn fault(&mut self, at: &str, problem: impl Into<String>) {
        let offset = offset(self.code, at);
        self.faults.push(ExpressionError::new(offset, problem));
    }

    /// Traverses a term. `at` is the sample of its input and the result that of its output, where known.
    fn term(&mut self, term: &Term<&'s str>, at: Option<Value>) -> Option<Value> {
        match term {
            Term::Id => at,
            Term::Recurse => {
                self.fault("", "`..` goes through everything: name the facts that you need");
                None
            }
            Term::Num(number) => {
                let read = Number::parse(number);
                if read.is_none() {
                    self.fault(number, format!("`{number}` has more than 18 digits or an exponent: write it plainly"));
                }
                read.map(Value::Number)
            }
            Term::Str(format, parts) => {
                if let Some(format) = format {
                    self.fault(
                        format,
                        format!("`{format}` is not part of mappings: put texts together with \"\\(...)\""),
                    );
                }
                for part in parts {
                    if let StrPart::Term(term) = part
                        && let Some(Value::Money(_)) = self.term(term, at.clone())
                    {
                        self.fault("", "puts a whole money value into text: name its part, such as .amount");
                    }
                }
                Some(Value::text(""))
            }
            Term::Arr(items) => {
                let item = items.as_ref().and_then(|items| self.term(items, at));
                item.map(|item| Value::list(vec![item]))
            }
            Term::Obj(entries) => {
                for (name, value) in entries {
                    match value {
                        Some(value) => {
                            self.term(name, at.clone());
                            self.term(value, at.clone());
                        }
                        None => {
                            self.shorthand(name, at.clone());
                        }
                    }
                }
                None
            }
            Term::Neg(term) => {
                if let Some(Value::Amount(_) | Value::Money(_)) = self.term(term, at) {
                    self.fault("", "an amount is negated with money_negate(a), not with a minus sign");
                }
                None
            }
            Term::BinOp(left, sign, right) => self.signed(left, sign, right, at),
            Term::Label(name, _) | Term::Break(name) => {
                self.fault(name, "`label` and `break` are not part of mappings: use first(...) or select(...)");
                None
            }
            Term::Fold(name, over, pattern, arguments) => {
                self.fold(name, over, pattern, arguments, at);
                None
            }
            Term::TryCatch(tried, caught) => {
                let given = self.term(tried, at);
                if let Some(caught) = caught {
                    self.term(caught, None);
                }
                given
            }
            Term::IfThenElse(branches, otherwise) => {
                let mut given = None;
                for (condition, branch) in branches {
                    self.term(condition, at.clone());
                    given = given.or(self.term(branch, at.clone()));
                }
                otherwise.as_ref().map_or(given.clone(), |otherwise| given.or(self.term(otherwise, at)))
            }
            Term::Def(definitions, _) => {
                let name = definitions.first().map_or("", |definition| definition.name);
                self.fault(
                    name,
                    "own functions (`def`) are not part of mappings: name a value with `... as $name | ...`",
                );
                None
            }
            Term::Call(name, arguments) => self.call(name, arguments, at),
            Term::Var(name) => self.variable(name),
            Term::Path(start, Path(parts)) => self.path(start, parts, at),
        }
    }

    fn signed(
        &mut self,
        left: &Term<&'s str>,
        sign: &BinaryOp<&'s str>,
        right: &Term<&'s str>,
        at: Option<Value>,
    ) -> Option<Value> {
        match sign {
            BinaryOp::Pipe(None) => {
                let through = self.term(left, at);
                self.term(right, through)
            }
            BinaryOp::Pipe(Some(pattern)) => {
                let bound = self.term(left, at.clone());
                let before = self.variables.len();
                self.bind(pattern, bound);
                let given = self.term(right, at);
                self.variables.truncate(before);
                given
            }
            BinaryOp::Comma | BinaryOp::Alt => {
                let first = self.term(left, at.clone());
                let second = self.term(right, at);
                first.or(second)
            }
            BinaryOp::Or | BinaryOp::And => {
                self.term(left, at.clone());
                self.term(right, at);
                Some(true.into())
            }
            BinaryOp::Math(operation) => {
                let sides = [self.term(left, at.clone()), self.term(right, at)];
                if sides.iter().flatten().any(is_money) {
                    self.fault(
                        "",
                        format!(
                            "calculates with an amount by `{}`: use money_add(a; b), money_subtract(a; b) or \
                             money_negate(a), which are exact",
                            operation.as_str()
                        ),
                    );
                } else if *operation == jaq_core::ops::Math::Div {
                    self.fault("", "divides: nothing is divided in mappings, because the result would be rounded");
                }
                None
            }
            BinaryOp::Cmp(comparison) => {
                let sides = (self.term(left, at.clone()), self.term(right, at));
                if let (Some(first), Some(second)) = sides {
                    self.compared(*comparison, &first, &second);
                }
                Some(true.into())
            }
            BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt => {
                self.fault("", "assigns: values are not changed in mappings; to compare two, write `==`");
                None
            }
        }
    }

    fn compared(&mut self, comparison: Cmp, first: &Value, second: &Value) {
        let amount = |value: &Value| matches!(value, Value::Amount(_) | Value::Money(_));
        let same = core::mem::discriminant(first) == core::mem::discriminant(second);
        let nothing = matches!(first, Value::Null) || matches!(second, Value::Null);
        if (amount(first) || amount(second)) && !same && !nothing {
            let sign = match comparison {
                Cmp::Lt => "<",
                Cmp::Le => "<=",
                Cmp::Gt => ">",
                Cmp::Ge => ">=",
                Cmp::Eq => "==",
                Cmp::Ne => "!=",
            };
            self.fault(
                "",
                format!(
                    "compares an amount by `{sign}` with something that is none: compare its minor_units with a whole \
                     number, or two amounts with money_compare(a; b)"
                ),
            );
        }
    }

    fn fold(
        &mut self,
        name: &'s str,
        over: &Term<&'s str>,
        pattern: &Pattern<&'s str>,
        arguments: &[Term<&'s str>],
        at: Option<Value>,
    ) {
        let fits = if name == "reduce" { arguments.len() == 2 } else { matches!(arguments.len(), 2 | 3) };
        if !fits {
            self.fault(name, format!("`{name}` is written `{name} LIST as $name (START; NEXT)`"));
        }
        let item = self.term(over, at.clone());
        let mut arguments = arguments.iter();
        if let Some(start) = arguments.next() {
            self.term(start, at);
        }
        let before = self.variables.len();
        self.bind(pattern, item);
        for argument in arguments {
            self.term(argument, None);
        }
        self.variables.truncate(before);
    }

    fn bind(&mut self, pattern: &Pattern<&'s str>, value: Option<Value>) {
        match pattern {
            Pattern::Var(name) => self.variables.push((name, value)),
            Pattern::Arr(patterns) => {
                for pattern in patterns {
                    self.bind(pattern, None);
                }
            }
            Pattern::Obj(entries) => {
                for (name, pattern) in entries {
                    let part = literal(name).and_then(|name| self.part(value.clone(), name));
                    if literal(name).is_none() {
                        self.term(name, None);
                    }
                    self.bind(pattern, part);
                }
            }
        }
    }

    fn variable(&mut self, name: &'s str) -> Option<Value> {
        if let Some((_, value)) = self.variables.iter().rev().find(|(bound, _)| *bound == name) {
            return value.clone();
        }
        let problem = match refused::variable(name) {
            Some(reason) => format!("`{name}` is refused: {reason}"),
            None => {
                let known = self.variables.iter().map(|(name, _)| *name);
                format!("there is no `{name}`{}", did_you_mean(name, known))
            }
        };
        self.fault(name, problem);
        None
    }
}

/// Whether the value is money or a number derived from it.
fn is_money(value: &Value) -> bool {
    matches!(value, Value::Amount(_) | Value::Money(_) | Value::Number(Number::Decimal(_)))
}

/// The text of a string literal.
fn literal<'s>(term: &Term<&'s str>) -> Option<&'s str> {
    let Term::Str(None, parts) = term else { return None };
    match parts.as_slice() {
        [StrPart::Str(text)] => Some(text),
        _ => None,
    }
}
