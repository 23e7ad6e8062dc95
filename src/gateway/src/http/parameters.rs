//! Query parameters. Each route takes only the ones it knows, each once: a misspelt one would otherwise be ignored.

use core::ops::RangeInclusive;
use std::borrow::Cow;

use super::fields::echoed;
use super::message::Request;
use super::problem::Problem;

impl Request {
    /// The value of the first query parameter of this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    fn parameters(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.query.as_bytes())
    }

    /// Refuses parameters other than these, and one that comes twice.
    ///
    /// # Errors
    /// There is such a parameter.
    pub fn check_parameters(&self, known: &[&str]) -> Result<(), Problem> {
        for (number, (name, _)) in self.parameters().enumerate() {
            if !known.contains(&name.as_ref()) {
                let detail = match known {
                    [] => "not a parameter here: this path takes none".to_owned(),
                    _ => format!("not a parameter here; the parameters are {}", known.join(", ")),
                };
                return Err(invalid_parameter(echoed(&name), &detail));
            }
            if self.parameters().take(number).any(|(before, _)| before == name) {
                return Err(invalid_parameter(&name, "comes twice: give it once"));
            }
        }
        Ok(())
    }

    /// A query parameter that is a whole number in this range, or the default.
    ///
    /// # Errors
    /// The parameter is no such number.
    pub fn whole_number(&self, name: &str, default: u64, range: RangeInclusive<u64>) -> Result<u64, Problem> {
        let Some(text) = self.parameter(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            invalid_parameter(name, &format!("write a whole number from {} to {}", range.start(), range.end()))
        })
    }
}

/// The problem of an invalid query parameter.
pub fn invalid_parameter(name: &str, what: &str) -> Problem {
    let problem = Problem::new(400, "invalid_parameter", format!("{name}: {what}"));
    Problem { field: Some(name.to_owned()), ..problem }
}
