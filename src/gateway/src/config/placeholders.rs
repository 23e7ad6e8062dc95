//! Finds the `…` of an example that nobody replaced by a value.

use super::ConfigProblem;

/// A problem for each line of a document that has a placeholder outside a comment. The line itself is not shown.
pub fn problems(document: &str, text: &str) -> Vec<ConfigProblem> {
    let lines = text.lines().zip(1_usize..).filter(|(line, _)| has_placeholder(line));
    let problem = |(_, line): (&str, usize)| ConfigProblem {
        at: format!("{document}: line {line}"),
        problem: "… stands for a value that an example leaves out: write the value".to_owned(),
    };
    lines.map(problem).collect()
}

fn has_placeholder(line: &str) -> bool {
    let mut quote = None;
    for letter in line.chars() {
        match (letter, quote) {
            ('…', _) => return true,
            ('#', None) => return false,
            ('"' | '\'', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            (_, _) => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_placeholder;

    #[test]
    fn a_placeholder_counts_in_values_and_not_in_comments() {
        for line in ["api_key = \"…\"", "fields = [\"result\", …]", "a = \"#\" …", "a = '\"#…'"] {
            assert!(has_placeholder(line), "{line}");
        }
        for line in ["", "# and so on …", "a = 1 # …", "a = \"b\" # '…'"] {
            assert!(!has_placeholder(line), "{line}");
        }
    }
}
