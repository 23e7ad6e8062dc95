//! Parses, checks and compiles one expression of a document.
//!
//! Parsing has three steps, each of which relies on the one before. The size is limited, so that no step recurses too
//! deeply. The tokens become a tree. [`walk`] and [`bound`] traverse the tree and refuse everything that is not
//! allowed.

mod bound;
mod program;
mod refused;
mod walk;
mod words;

use jaq_core::load::lex::{StrPart, Tok, Token};
use jaq_core::load::parse::Term;
use jaq_core::load::{Lexer, Parser};

use crate::functions::Function;
use crate::limits::{EXPRESSION_BYTES, EXPRESSION_DEPTH, EXPRESSION_TOKENS};
use crate::value::Value;

pub use program::Program;
pub use words::did_you_mean;

/// An expression that is safe to evaluate.
pub struct Expression<'s> {
    term: Term<&'s str>,
    functions: Vec<&'static Function>,
    /// The number of evaluations in its text.
    written: usize,
    /// Whether it mentions `.event`.
    pub names_event: bool,
}

/// A problem in an expression, and its position.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpressionError {
    /// The offset in bytes from the expression's start.
    pub offset: usize,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl ExpressionError {
    fn new(offset: usize, problem: impl Into<String>) -> Self {
        Self { offset, problem: problem.into() }
    }
}

/// The maximum number of opening brackets; parsing recurses for each that is not closed.
const OPENINGS: usize = 120;

/// Parses an expression. With a sample of its input, it also finds names that the input does not have and calculations
/// with amounts.
///
/// # Errors
/// Every problem in the expression.
pub fn read<'s>(code: &'s str, sample: Option<&Value>) -> Result<Expression<'s>, Vec<ExpressionError>> {
    let whole = |problem: String| Err(vec![ExpressionError::new(0, problem)]);
    if code.len() > EXPRESSION_BYTES {
        return whole(format!("has more than {EXPRESSION_BYTES} bytes: make it shorter"));
    }
    if code.trim().is_empty() {
        return whole(
            "is empty: write an expression, such as '.payment.status', or 'empty' to leave it out".to_owned(),
        );
    }
    if code.bytes().filter(|byte| matches!(byte, b'(' | b'[' | b'{')).count() > OPENINGS {
        return whole(format!("has more than {OPENINGS} brackets: make it shorter"));
    }
    let tokens = Lexer::new(code)
        .lex()
        .map_err(|errors| errors.iter().map(|error| words::of_unreadable(code, error)).collect::<Vec<_>>())?;
    let mut count = 0;
    if depth(&tokens, &mut count) > EXPRESSION_DEPTH {
        return whole(format!("has brackets more than {EXPRESSION_DEPTH} deep in each other"));
    }
    if count > EXPRESSION_TOKENS {
        return whole(format!("has more than {EXPRESSION_TOKENS} words and signs: make it shorter"));
    }
    let term = Parser::new(&tokens)
        .parse(|parser| parser.term())
        .map_err(|errors| errors.iter().map(|error| words::of_misplaced(code, error)).collect::<Vec<_>>())?;
    let walked = walk::walk(code, &term, sample)?;
    let written = bound::check(&term).map_err(|problem| vec![ExpressionError::new(0, problem)])?;
    Ok(Expression { term, functions: walked.functions, written, names_event: walked.names_event })
}

/// The nesting depth of brackets and strings; counts all tokens on the way.
fn depth(tokens: &[Token<&str>], count: &mut usize) -> usize {
    let mut deepest = 0;
    for Token(_, token) in tokens {
        *count = count.saturating_add(1);
        let inner = match token {
            Tok::Block(tokens) => depth(tokens, count).saturating_add(1),
            Tok::Str(parts) => {
                let mut deepest = 0;
                for part in parts {
                    if let StrPart::Term(token) = part {
                        deepest = deepest.max(depth(core::slice::from_ref(token), count));
                    } else {
                        *count = count.saturating_add(1);
                    }
                }
                deepest
            }
            Tok::Word | Tok::Var | Tok::Fmt | Tok::Num | Tok::Sym => 0,
        };
        deepest = deepest.max(inner);
    }
    deepest
}
