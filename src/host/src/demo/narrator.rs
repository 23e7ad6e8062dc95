//! Prints the story and counts the steps that succeed.

use std::fmt;
use std::io::{IsTerminal as _, Write};

use anstyle::{AnsiColor, Style};

/// Longer bodies are truncated; the beginning identifies them.
const LONGEST_BODY: usize = 120;

/// Prints the story.
pub struct Narrator {
    out: Box<dyn Write>,
    colours: bool,
    tally: Tally,
    failing: bool,
}

/// The number of steps, and of those that succeeded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    steps: usize,
    succeeded: usize,
}

impl Tally {
    /// Whether no step failed.
    pub fn all_succeeded(self) -> bool {
        self.steps == self.succeeded
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "demo: {} of {} steps succeeded", self.succeeded, self.steps)
    }
}

impl Narrator {
    /// A narrator on the standard output, with colours on a terminal.
    pub fn stdout() -> Self {
        let out = std::io::stdout();
        let colours = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colours, ..Self::to(Box::new(out)) }
    }

    fn to(out: Box<dyn Write>) -> Self {
        Self { out, colours: false, tally: Tally::default(), failing: false }
    }

    /// Starts a step.
    pub fn begin(&mut self, title: &str) {
        self.tally.steps = self.tally.steps.saturating_add(1);
        self.failing = false;
        let title = self.styled(Style::new().bold(), title);
        self.say(&format!("\n{:>2}  {title}", self.tally.steps));
    }

    /// Ends a step; an error fails it like a failed check.
    pub fn end(&mut self, result: anyhow::Result<()>) {
        if let Err(error) = result {
            self.failed(&format!("{error:#}"));
        }
        if !self.failing {
            self.tally.succeeded = self.tally.succeeded.saturating_add(1);
        }
    }

    /// Shows a request.
    pub fn sent(&mut self, what: &str, body: &str) {
        let short: String = body.chars().take(LONGEST_BODY).collect();
        let rest = if short.len() < body.len() { "…" } else { "" };
        self.line(AnsiColor::Cyan, "→", format!("{what}  {short}{rest}").trim_end());
    }

    /// Shows an answer.
    pub fn answered(&mut self, status: u16, what: &str) {
        self.line(AnsiColor::Cyan, "←", &format!("{status} {what}"));
    }

    /// Shows a visible state.
    pub fn shows(&mut self, what: &str) {
        self.line(AnsiColor::Yellow, "=", what);
    }

    /// Compares the expected with the actual value.
    pub fn check(&mut self, what: &str, expected: impl fmt::Display, got: impl fmt::Display) {
        let (expected, got) = (expected.to_string(), got.to_string());
        if expected == got {
            self.line(AnsiColor::Green, "✓", what);
        } else {
            self.failed(what);
            self.say(&format!("        expected  {expected}"));
            self.say(&format!("        got       {got}"));
        }
    }

    /// The counts so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Prints a line. If the reader has gone, the story continues.
    pub fn say(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
    }

    fn failed(&mut self, what: &str) {
        self.failing = true;
        self.line(AnsiColor::Red, "✗", what);
    }

    fn line(&mut self, colour: AnsiColor, sign: &str, text: &str) {
        let sign = self.styled(colour.on_default(), sign);
        self.say(&format!("    {sign} {text}"));
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn only_a_step_without_a_failure_succeeds() {
        let mut narrator = Narrator::to(Box::new(std::io::sink()));
        narrator.begin("holds");
        narrator.check("one is one", 1, 1);
        narrator.end(Ok(()));
        narrator.begin("does not hold");
        narrator.check("one is two", 1, 2);
        narrator.check("one is one", 1, 1);
        narrator.end(Ok(()));
        narrator.begin("breaks off");
        narrator.end(Err(anyhow!("no answer")));
        assert_eq!(narrator.tally().to_string(), "demo: 1 of 3 steps succeeded");
        assert!(!narrator.tally().all_succeeded());
    }
}
