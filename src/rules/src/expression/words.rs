//! Describes syntax errors in words, and suggests what was probably meant.

use jaq_core::load::lex::{self, Token};
use jaq_core::load::parse;

use super::ExpressionError;

/// How many characters around a mistake are shown.
const SHOWN: usize = 24;

/// The offset of a part in the whole that it is a slice of; 0 if it is none.
pub fn offset(whole: &str, part: &str) -> usize {
    let (start, end) = (whole.as_ptr().addr(), whole.as_ptr().addr().saturating_add(whole.len()));
    let at = part.as_ptr().addr();
    if (start..=end).contains(&at) { at.saturating_sub(start) } else { 0 }
}

fn shown(text: &str) -> String {
    let short: String = text.chars().take(SHOWN).collect();
    let short = short.trim_end();
    if short.is_empty() { "the end".to_owned() } else { format!("`{short}`") }
}

/// Describes text that is not a token.
pub fn of_unreadable(code: &str, (expected, rest): &lex::Error<&str>) -> ExpressionError {
    let at = shown(rest);
    let problem = match expected {
        lex::Expect::Delim("(") => "`(` is not closed: add `)`".to_owned(),
        lex::Expect::Delim("[") => "`[` is not closed: add `]`".to_owned(),
        lex::Expect::Delim("{") => "`{` is not closed: add `}`".to_owned(),
        lex::Expect::Delim(_) => "a text is not closed: add `\"`".to_owned(),
        lex::Expect::Digit => format!("a number lacks a digit before {at}"),
        lex::Expect::Ident => format!("a name is missing before {at}"),
        lex::Expect::Escape => {
            "a backslash in a text is followed by what it cannot be: write `\\\\` for one".to_owned()
        }
        lex::Expect::Unicode => "`\\u` in a text needs four hexadecimal digits".to_owned(),
        lex::Expect::Token | _ => format!("{at} cannot stand here; text stands in double quotes"),
    };
    ExpressionError::new(offset(code, rest), problem)
}

/// Describes a token where another one is required.
pub fn of_misplaced(code: &str, (expected, found): &parse::TError<'_, &str>) -> ExpressionError {
    let rest = Token::opt_as_str(*found, code);
    let needed = match expected {
        parse::Expect::Just("then") => "`then` after `if`".to_owned(),
        parse::Expect::Just(word) if !word.is_empty() => format!("`{word}`"),
        parse::Expect::ElseOrEnd => "`else`, `elif` or `end`: every `if` needs an `end`".to_owned(),
        parse::Expect::Term => "a value, such as `.payment.status` or `\"text\"`".to_owned(),
        parse::Expect::Key => "a name after the point".to_owned(),
        parse::Expect::Nothing | parse::Expect::Just(_) => "the end, or a sign such as `|` or `,` before it".to_owned(),
        parse::Expect::Var | parse::Expect::Pattern => "a variable, such as `$name`".to_owned(),
        parse::Expect::CommaOrRBrack => "`,` or `]`".to_owned(),
        parse::Expect::CommaOrRBrace => "`,` or `}`".to_owned(),
        parse::Expect::SemicolonOrRParen => "`;` or `)`".to_owned(),
        parse::Expect::Ident | parse::Expect::Arg => "a name".to_owned(),
        parse::Expect::Str | _ => "a text in double quotes".to_owned(),
    };
    ExpressionError::new(offset(code, rest), format!("found {} where this is expected: {needed}", shown(rest)))
}

/// The most similar name, as the end of a message; empty if none is similar.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near = |candidate: &str| {
        let distance = strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase());
        (distance <= 1 + name.len() / 5).then_some(distance)
    };
    let nearest = known.into_iter().filter_map(|candidate| Some((near(candidate)?, candidate))).min();
    nearest.map_or_else(String::new, |(_, candidate)| format!(": did you mean `{candidate}`?"))
}
