//! Templates such as `{{ name }}` in the manifest, and how variables fill them.

use std::collections::BTreeMap;

/// A text of the manifest that may contain variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
}

/// Why a text is not a template.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TemplateError {
    /// A `{{` has no `}}`.
    #[error("`{0}` opens `{{{{` and does not close it: write `{{{{ name }}}}`")]
    Unclosed(String),
    /// The text between the braces is not a valid variable name.
    #[error(
        "`{0}` is not a variable's name: it must start with a lowercase letter and have only \
         lowercase letters, digits and single underscores"
    )]
    Name(String),
}

impl Template {
    /// Parses a template.
    pub(crate) fn parse(text: &str) -> Result<Template, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, following)) = after.split_once("}}") else {
                return Err(TemplateError::Unclosed(text.to_owned()));
            };
            let name = name.trim();
            if !is_variable_name(name) {
                return Err(TemplateError::Name(name.to_owned()));
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Variable(name.to_owned()));
            rest = following;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Template { parts })
    }

    /// The names of the variables in the template.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Variable(name) => Some(name.as_str()),
        })
    }

    /// The text with each variable's value in its place. Values are not expanded again. A variable without a value
    /// becomes the empty text; the manifest's parser has ruled that out.
    pub(crate) fn fill(&self, values: &BTreeMap<String, String>) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.as_str(),
                Part::Variable(name) => values.get(name).map_or("", String::as_str),
            })
            .collect()
    }
}

/// Whether Spin accepts this as a variable's name.
pub(crate) fn is_variable_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('_')
        && !name.contains("__")
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> BTreeMap<String, String> {
        BTreeMap::from([("host".to_owned(), "example.com".to_owned()), ("braces".to_owned(), "{{ host }}".to_owned())])
    }

    #[test]
    fn fills_every_variable_without_expanding_its_value() {
        let template = Template::parse("https://{{ host }}:{{host}}/{{ braces }}").unwrap();
        assert_eq!(template.fill(&values()), "https://example.com:example.com/{{ host }}");
        assert_eq!(template.names().collect::<Vec<_>>(), ["host", "host", "braces"]);
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        let template = Template::parse("no }} variables { here").unwrap();
        assert_eq!(template.fill(&values()), "no }} variables { here");
    }

    #[test]
    fn errors_explain_the_problem() {
        assert_eq!(
            Template::parse("a {{ host").unwrap_err().to_string(),
            "`a {{ host` opens `{{` and does not close it: write `{{ name }}`"
        );
        for name in ["Host", "1host", "host__name", "host_", "host-name", ""] {
            let error = Template::parse(&format!("{{{{ {name} }}}}")).unwrap_err();
            assert_eq!(error, TemplateError::Name(name.to_owned()));
        }
    }
}
