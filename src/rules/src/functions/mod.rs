//! The complete list of functions that documents may call. Expressions can reach nothing else, so they cannot loop
//! forever, read the clock or the environment, or run an expensive pattern.

mod flow;
mod lists;
mod money;
mod text;

use jaq_core::data::JustLut;
use jaq_core::native::bome;
use jaq_core::{Bind, Cv, Error, Native, ValR, ValXs};

use crate::value::{Value, spend};

/// The interpreter's data types.
pub type Data = JustLut<Value>;

/// The arguments of a call.
type NativeCall<'a> = Cv<'a, Data>;

/// The results of a call.
type CallResults<'a> = ValXs<'a, Value>;

/// How a function receives an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// As a value.
    Value,
    /// As an expression that the function evaluates itself.
    Expression,
}

/// One function.
pub struct Function {
    /// The function's name.
    pub name: &'static str,
    /// How it receives each argument.
    pub arguments: &'static [Argument],
    native: fn() -> Native<Data>,
}

const V: Argument = Argument::Value;
const E: Argument = Argument::Expression;

/// One row of the table. It is a macro and not a function because the interpreter needs a function pointer, to which
/// the compiler coerces only a function's own type.
macro_rules! function {
    ($name:literal, $arguments:expr, $run:path) => {
        Function { name: $name, arguments: $arguments, native: || Native::new(|call| $run(call)) }
    };
}

/// Every function.
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

/// The function with this name and number of arguments.
pub fn find(name: &str, arguments: usize) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name && function.arguments.len() == arguments)
}

impl Function {
    /// The function in the interpreter's format.
    pub fn native(&self) -> (&'static str, Box<[Bind]>, Native<Data>) {
        let arguments = self.arguments.iter().map(|argument| match argument {
            Argument::Value => Bind::Var(()),
            Argument::Expression => Bind::Fun(()),
        });
        (self.name, arguments.collect(), (self.native)())
    }
}

/// Applies a function of the input alone.
fn of_input<'a>(call: NativeCall<'a>, function: impl FnOnce(Value) -> ValR<Value>) -> CallResults<'a> {
    bome(spend(1).and_then(|()| function(call.1)))
}

/// Applies a function of the input and one value.
fn of_one<'a>(mut call: NativeCall<'a>, function: impl FnOnce(Value, Value) -> ValR<Value>) -> CallResults<'a> {
    let argument = call.0.pop_var();
    bome(spend(1).and_then(|()| function(call.1, argument)))
}

/// The error for a value that a function does not accept.
fn wrong(function: &str, needs: &str, value: &Value) -> Error<Value> {
    Error::str(format_args!("{function} needs {needs} and got {}", value.shown()))
}
