//! The functions that documents may call: these and no others. What is not here does not exist for an expression, so
//! nothing can loop without end, look at the clock or the surroundings, or run a pattern that takes for ever.

mod flow;
mod lists;
mod money;
mod text;

use jaq_core::data::JustLut;
use jaq_core::native::bome;
use jaq_core::{Bind, Cv, Error, Native, ValR, ValXs};

use crate::meter;
use crate::value::Value;

/// What the interpreter works on.
pub type Data = JustLut<Value>;

/// What a function is called with.
type Call<'a> = Cv<'a, Data>;

/// What a function gives.
type Given<'a> = ValXs<'a, Value>;

/// How a function takes one of its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// As a value.
    Value,
    /// As an expression that it evaluates itself.
    Expression,
}

/// One function.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it takes its arguments.
    pub arguments: &'static [Argument],
    native: fn() -> Native<Data>,
}

const V: Argument = Argument::Value;
const E: Argument = Argument::Expression;

/// One line of the table. The compiler takes the function's own type for what the interpreter wants, and not a pointer
/// to it, so that this is no function.
macro_rules! function {
    ($name:literal, $arguments:expr, $run:path) => {
        Function { name: $name, arguments: $arguments, native: || Native::new(|call| $run(call)) }
    };
}

/// Every function that there is.
pub const FUNCTIONS: [Function; 39] = [
    function!("empty", &[], flow::empty),
    function!("error", &[V], flow::error),
    function!("select", &[E], flow::select),
    function!("not", &[], flow::not),
    function!("true", &[], flow::r#true),
    function!("false", &[], flow::r#false),
    function!("null", &[], flow::null),
    function!("first", &[E], flow::first),
    function!("last", &[E], flow::last),
    function!("range", &[V], flow::range),
    function!("type", &[], flow::r#type),
    function!("map", &[E], lists::map),
    function!("any", &[E], lists::any),
    function!("all", &[E], lists::all),
    function!("first", &[], lists::first),
    function!("last", &[], lists::last),
    function!("reverse", &[], lists::reverse),
    function!("length", &[], lists::length),
    function!("keys", &[], lists::keys),
    function!("has", &[V], lists::has),
    function!("contains", &[V], lists::contains),
    function!("join", &[V], lists::join),
    function!("split", &[V], text::split),
    function!("startswith", &[V], text::startswith),
    function!("endswith", &[V], text::endswith),
    function!("ltrimstr", &[V], text::ltrimstr),
    function!("rtrimstr", &[V], text::rtrimstr),
    function!("trim", &[], text::trim),
    function!("ascii_downcase", &[], text::ascii_downcase),
    function!("ascii_upcase", &[], text::ascii_upcase),
    function!("tostring", &[], text::tostring),
    function!("tonumber", &[], text::tonumber),
    function!("tojson", &[], text::tojson),
    function!("decimal", &[V], money::decimal),
    function!("minor", &[V], money::minor),
    function!("money_negate", &[V], money::negate),
    function!("money_add", &[V, V], money::add),
    function!("money_subtract", &[V, V], money::subtract),
    function!("money_compare", &[V, V], money::compare),
];

/// The function of this name with so many arguments.
pub fn find(name: &str, arguments: usize) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name && function.arguments.len() == arguments)
}

impl Function {
    /// As the interpreter takes it.
    pub fn native(&self) -> (&'static str, Box<[Bind]>, Native<Data>) {
        let arguments = self.arguments.iter().map(|argument| match argument {
            Argument::Value => Bind::Var(()),
            Argument::Expression => Bind::Fun(()),
        });
        (self.name, arguments.collect(), (self.native)())
    }
}

/// What a function of the input alone gives.
fn of_input<'a>(call: Call<'a>, function: impl FnOnce(Value) -> ValR<Value>) -> Given<'a> {
    bome(meter::spend(1).and_then(|()| function(call.1)))
}

/// What a function of the input and one value gives.
fn of_one<'a>(mut call: Call<'a>, function: impl FnOnce(Value, Value) -> ValR<Value>) -> Given<'a> {
    let argument = call.0.pop_var();
    bome(meter::spend(1).and_then(|()| function(call.1, argument)))
}

/// That a function cannot take such a value.
fn wrong(function: &str, needs: &str, value: &Value) -> Error<Value> {
    Error::str(format_args!("{function} needs {needs} and got {}", value.shown()))
}
