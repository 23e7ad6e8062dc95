//! Tells what happens, and keeps count of what came true.

use std::fmt;
use std::io::{IsTerminal as _, Write};

use anstyle::{AnsiColor, Style};

/// Longer bodies are cut: the beginning says what they are.
const LONGEST_BODY: usize = 120;

/// Prints the story.
pub struct Narrator {
    out: Box<dyn Write>,
    colours: bool,
    tally: Tally,
    failing: bool,
}

/// How many steps there were, and how many came true.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    steps: usize,
    came_true: usize,
}

impl Tally {
    /// Whether none failed.
    pub fn all_came_true(self) -> bool {
        self.steps == self.came_true
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "demo: {} of {} steps came true", self.came_true, self.steps)
    }
}

impl Narrator {
    /// A narrator who speaks to the standard output, in colours if somebody is looking.
    pub fn aloud() -> Self {
        let out = std::io::stdout();
        let colours = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colours, ..Self::to(Box::new(out)) }
    }

    fn to(out: Box<dyn Write>) -> Self {
        Self { out, colours: false, tally: Tally::default(), failing: false }
    }

    /// A step begins.
    pub fn begin(&mut self, title: &str) {
        self.tally.steps = self.tally.steps.saturating_add(1);
        self.failing = false;
        let title = self.styled(Style::new().bold(), title);
        self.say(&format!("\n{:>2}  {title}", self.tally.steps));
    }

    /// It has ended; an error is a failure like a check that did not come true.
    pub fn end(&mut self, result: anyhow::Result<()>) {
        if let Err(error) = result {
            self.failed(&format!("{error:#}"));
        }
        if !self.failing {
            self.tally.came_true = self.tally.came_true.saturating_add(1);
        }
    }

    /// What somebody sent.
    pub fn sent(&mut self, what: &str, body: &str) {
        let short: String = body.chars().take(LONGEST_BODY).collect();
        let rest = if short.len() < body.len() { "…" } else { "" };
        self.line(AnsiColor::Cyan, "→", format!("{what}  {short}{rest}").trim_end());
    }

    /// What was answered.
    pub fn answered(&mut self, status: u16, what: &str) {
        self.line(AnsiColor::Cyan, "←", &format!("{status} {what}"));
    }

    /// What can be seen now.
    pub fn shows(&mut self, what: &str) {
        self.line(AnsiColor::Yellow, "=", what);
    }

    /// Holds what should be against what is.
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

    /// The count so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Prints a line. Nobody may be reading any more, which is no reason to stop.
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
    fn only_a_step_without_a_failure_counts_as_come_true() {
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
        assert_eq!(narrator.tally().to_string(), "demo: 1 of 3 steps came true");
        assert!(!narrator.tally().all_came_true());
    }
}
