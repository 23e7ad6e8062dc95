//! Bounds how often the parts of an expression are evaluated, from its text alone. `(1,2) | (1,2) | …` doubles with
//! every step, but reads nothing that could be counted at run time, so it is counted here.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::{Part, Path};

use crate::limits::WRITTEN_EVALUATIONS;

/// The maximum number of values that a term yields per input, and the evaluations for that. Iterating over a list
/// counts once: its items are counted at run time.
#[derive(Clone, Copy)]
struct Bound {
    outputs: u64,
    evaluations: u64,
}

const ONE: Bound = Bound { outputs: 1, evaluations: 1 };

impl Bound {
    /// Both, one after the other.
    fn beside(self, other: Self) -> Self {
        Self {
            outputs: self.outputs.saturating_add(other.outputs),
            evaluations: self.evaluations.saturating_add(other.evaluations),
        }
    }

    /// The other for each value of this one.
    fn times(self, other: Self) -> Self {
        Self {
            outputs: self.outputs.saturating_mul(other.outputs),
            evaluations: self.evaluations.saturating_add(self.outputs.saturating_mul(other.evaluations)),
        }
    }

    /// The same evaluations with a single value.
    fn together(self) -> Self {
        Self { outputs: 1, ..self }
    }
}

/// Checks that the expression stays small for every payment, and returns the maximum number of evaluations.
///
/// # Errors
/// The expression could become too large.
pub fn check(term: &Term<&str>) -> Result<usize, String> {
    let bound = of(term)?;
    if bound.evaluations > WRITTEN_EVALUATIONS || bound.outputs > WRITTEN_EVALUATIONS {
        return Err("combines values with `,` so often that there are too many: write fewer of them".to_owned());
    }
    Ok(usize::try_from(bound.evaluations).unwrap_or(usize::MAX))
}

fn of(term: &Term<&str>) -> Result<Bound, String> {
    Ok(match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Var(_) | Term::Break(_) | Term::Arr(None) => ONE,
        Term::Str(_, parts) => {
            let mut bound = ONE;
            for part in parts {
                if let StrPart::Term(term) = part {
                    bound = bound.times(of(term)?);
                }
            }
            bound
        }
        Term::Arr(Some(items)) => ONE.times(of(items)?).together(),
        Term::Obj(entries) => {
            let mut bound = ONE;
            for (name, value) in entries {
                bound = bound.times(of(name)?);
                if let Some(value) = value {
                    bound = bound.times(of(value)?);
                }
            }
            bound
        }
        Term::Neg(term) | Term::Label(_, term) | Term::Def(_, term) => ONE.times(of(term)?),
        Term::BinOp(left, sign, right) => {
            let (left, right) = (of(left)?, of(right)?);
            match sign {
                BinaryOp::Comma | BinaryOp::Alt => left.beside(right),
                BinaryOp::Pipe(pattern) => match pattern {
                    Some(pattern) => left.times(of_pattern(pattern)?).times(right),
                    None => left.times(right),
                },
                BinaryOp::Or
                | BinaryOp::And
                | BinaryOp::Math(_)
                | BinaryOp::Cmp(_)
                | BinaryOp::Assign
                | BinaryOp::Update
                | BinaryOp::UpdateMath(_)
                | BinaryOp::UpdateAlt => left.times(right),
            }
        }
        Term::Fold(name, over, pattern, arguments) => {
            let mut bound = of(over)?.times(of_pattern(pattern)?);
            for (index, argument) in arguments.iter().enumerate() {
                let each = of(argument)?;
                // If a step yields two values, every further step doubles them.
                if index == 1 && each.outputs > 1 {
                    return Err(format!("the second part of `{name}` gives more than one value: let it give one"));
                }
                bound = bound.times(each);
            }
            if *name == "reduce" { bound.together() } else { bound }
        }
        Term::TryCatch(tried, caught) => {
            let tried = ONE.times(of(tried)?);
            match caught {
                Some(caught) => tried.beside(of(caught)?),
                None => tried,
            }
        }
        Term::IfThenElse(branches, otherwise) => {
            let mut bound = otherwise.as_ref().map_or(Ok(ONE), |otherwise| of(otherwise))?;
            for (condition, branch) in branches.iter().rev() {
                bound = of(condition)?.times(of(branch)?.beside(bound));
            }
            bound
        }
        Term::Call(_, arguments) => {
            let mut bound = ONE;
            for argument in arguments {
                bound = bound.times(of(argument)?);
            }
            bound
        }
        Term::Path(start, Path(parts)) => {
            let mut bound = of(start)?;
            for (part, _) in parts {
                for part in match part {
                    Part::Index(index) => [Some(index), None],
                    Part::Range(from, to) => [from.as_ref(), to.as_ref()],
                }
                .into_iter()
                .flatten()
                {
                    bound = bound.times(of(part)?);
                }
            }
            bound
        }
    })
}

fn of_pattern(pattern: &Pattern<&str>) -> Result<Bound, String> {
    let mut bound = ONE;
    match pattern {
        Pattern::Var(_) => {}
        Pattern::Arr(patterns) => {
            for pattern in patterns {
                bound = bound.times(of_pattern(pattern)?);
            }
        }
        Pattern::Obj(entries) => {
            for (name, pattern) in entries {
                bound = bound.times(of(name)?).times(of_pattern(pattern)?);
            }
        }
    }
    Ok(bound)
}
