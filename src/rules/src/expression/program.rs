//! Compiles several expressions on the same input to one program that yields a list of values for each.

use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, ValXs, Vars};

use super::Expression;
use crate::functions::{Data, Function};
use crate::limits::OUTPUT_STEPS;
use crate::meter;
use crate::value::Value;

/// Compiled expressions in their order.
pub struct Program {
    filter: Filter<Data>,
    /// The number of evaluations in the text of each.
    written: Vec<usize>,
}

impl Program {
    /// Compiles the expressions.
    ///
    /// # Errors
    /// The interpreter refuses an expression that was parsed, which does not happen.
    pub fn compile(expressions: Vec<Expression<'_>>) -> Result<Self, String> {
        let written = expressions.iter().map(|expression| expression.written).collect();
        let mut functions: Vec<&Function> = Vec::new();
        for function in expressions.iter().flat_map(|expression| &expression.functions) {
            if !functions.iter().any(|known| core::ptr::eq(*known, *function)) {
                functions.push(function);
            }
        }
        // Each expression becomes a definition whose name no expression can contain, and the program calls them all.
        let names: Vec<String> = (0..expressions.len()).map(|index| format!("expression{index}")).collect();
        let program = names.iter().map(|name| format!("[{name}]")).collect::<Vec<_>>().join(",");
        let definitions = names.iter().zip(expressions).map(|(name, expression)| Def {
            name: name.as_str(),
            args: Vec::new(),
            body: expression.term,
        });
        let loader = Loader::new(definitions);
        let arena = Arena::default();
        let unusable = |_| "the interpreter does not take the expressions of this record".to_owned();
        let modules = loader.load(&arena, File { code: program.as_str(), path: () }).map_err(|_| unusable(()))?;
        let compiler = Compiler::default().with_funs(functions.into_iter().map(Function::native));
        Ok(Self { filter: compiler.compile(modules).map_err(|_| unusable(()))?, written })
    }

    /// Evaluates the expressions on this input.
    pub fn run(&self, input: Value) -> Evaluation<'_> {
        Evaluation { program: &self.filter, written: self.written.iter(), input: Some(input), given: None }
    }
}

/// A program that evaluates one expression at a time.
pub struct Evaluation<'a> {
    program: &'a Filter<Data>,
    written: core::slice::Iter<'a, usize>,
    input: Option<Value>,
    given: Option<ValXs<'a, Value>>,
}

impl Evaluation<'_> {
    /// The value of the next expression; `None` if it leaves its field out. Its steps are subtracted from the steps
    /// left for the whole answer.
    ///
    /// # Errors
    /// What is wrong, in words and without a value of the payment.
    pub fn next(&mut self, steps_left: &mut u32) -> Result<Option<Value>, String> {
        meter::begin(*steps_left, self.written.next().copied().unwrap_or(0));
        if let Some(input) = self.input.take() {
            let context = Ctx::<Data>::new(&self.program.lut, Vars::new([]));
            self.given = Some(self.program.id.run((context, input)));
        }
        let given = self.given.as_mut().and_then(Iterator::next);
        let (steps, fault) = meter::end();
        *steps_left = steps_left.saturating_sub(steps);
        if let Some(fault) = fault {
            if *steps_left == 0 {
                return Err(format!("the whole document takes more than {OUTPUT_STEPS} steps: ask for less"));
            }
            return Err(fault.in_words());
        }
        match given {
            Some(Ok(Value::List(values))) => match values.items() {
                [] => Ok(None),
                [value] => Ok(Some(value.clone())),
                several => Err(format!("gives {} values: let it give one, such as by first(...)", several.len())),
            },
            Some(Err(exception)) => Err(match exception.get_err() {
                Ok(error) => {
                    let value = error.into_val();
                    value.to_text().map_or_else(|| format!("ends with {}", value.shown()), |text| text.to_string())
                }
                Err(_) => "ends without a value".to_owned(),
            }),
            Some(Ok(_)) | None => Err("ends without a value".to_owned()),
        }
    }
}
