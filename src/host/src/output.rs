//! How results are printed: as text for a person, or as JSON for a program.

use std::io::{ErrorKind, Write as _};

use anyhow::Context as _;
use serde::Serialize;

/// The option of every command that prints results.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct OutputOptions {
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
}

impl OutputOptions {
    /// Prints what the gateway sent, as it is or as text.
    pub fn print(self, json: &str, text: impl FnOnce() -> anyhow::Result<String>) -> anyhow::Result<()> {
        if self.json { print(&format!("{}\n", json.trim_end())) } else { print(&text()?) }
    }

    /// Prints a result of this program.
    pub fn print_value(self, value: &impl Serialize, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        if self.json {
            let json = serde_json::to_string_pretty(value).context("the result cannot be written as JSON")?;
            return print(&format!("{json}\n"));
        }
        print(&text())
    }
}

/// Writes to standard output. That its reader has seen enough, as `head` has, is no error.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(()),
    }
}

/// Text from outside on one line, without characters that would steer a terminal.
pub fn cleaned(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// Rows under headings, each column as wide as its widest value.
pub fn table<const COLUMNS: usize>(headings: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> String {
    let rows: Vec<[String; COLUMNS]> = std::iter::once(headings.map(ToOwned::to_owned))
        .chain(rows.iter().map(|row| row.each_ref().map(|cell| cleaned(cell))))
        .collect();
    let mut widths = [0; COLUMNS];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; COLUMNS]| {
        let cells: String = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}  ")).collect();
        format!("{}\n", cells.trim_end())
    };
    rows.iter().map(line).collect()
}

/// Lines of a name and its value, with the values below each other; those without a value are left out.
pub fn named<'n>(lines: impl IntoIterator<Item = (&'n str, Option<String>)>) -> String {
    let lines: Vec<_> = lines.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect();
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    lines.iter().map(|(name, value)| format!("{name:width$}  {}\n", cleaned(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_nothing_steers_the_terminal() {
        let rows = [["ü".to_owned(), "1".to_owned()], ["\u{1b}[2Jlong".to_owned(), String::new()]];
        assert_eq!(table(["A", "B"], &rows), "A         B\nü         1\n [2Jlong\n");
        let lines = [("a", Some("1".to_owned())), ("left out", None), ("name", Some("2\n3".to_owned()))];
        assert_eq!(named(lines), "a     1\nname  2 3\n");
    }
}
