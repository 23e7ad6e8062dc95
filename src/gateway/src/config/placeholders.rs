//! Finds the `…` of an example that nobody replaced by a value.

use super::ConfigProblem;

/// A problem for each line of a document that has a placeholder outside a comment. The line itself is not shown.
pub fn problems(document: &str, text: &str) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    let mut line = 1_usize;
    let (mut quote, mut is_done) = (None, false);
    for letter in text.chars() {
        match (letter, quote) {
            ('\n', _) => {
                line = line.saturating_add(1);
                (quote, is_done) = (None, false);
            }
            // In a comment, or after the first placeholder of the line.
            (_, _) if is_done => {}
            ('…', _) => {
                is_done = true;
                problems.push(ConfigProblem {
                    at: format!("{document}: line {line}"),
                    problem: "… stands for a value that an example leaves out: write the value".to_owned(),
                });
            }
            ('#', None) => is_done = true,
            ('"' | '\'', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            (_, _) => {}
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::problems;

    #[test]
    fn a_placeholder_counts_in_values_and_not_in_comments() {
        for line in ["api_key = \"…\"", "fields = [\"result\", …, …]", "a = \"#\" …", "a = '\"#…'"] {
            let found = problems("config", &format!("# first\n{line}\nlast = 1\n"));
            assert_eq!(found.iter().map(|found| found.at.as_str()).collect::<Vec<_>>(), ["config: line 2"], "{line}");
        }
        for line in ["", "# and so on …", "a = 1 # …", "a = \"b\" # '…'"] {
            assert!(problems("config", line).is_empty(), "{line}");
        }
    }
}
