//! The report of a run: counts and failures.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// The counts by name, and the failures.
#[derive(Default)]
pub struct Report {
    counts: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// What the gateway answered with 2xx. It has to be found afterwards.
    pub answered: Vec<Value>,
    /// Callbacks that were answered `OK`, by payment. They have to be found afterwards.
    pub taken: Vec<(String, String)>,
    /// What should not have happened, as text.
    pub failures: Vec<String>,
}

impl Report {
    pub fn count(&mut self, group: &'static str, what: impl Into<String>) {
        self.add(group, what, 1);
    }

    pub fn add(&mut self, group: &'static str, what: impl Into<String>, times: u64) {
        let count = self.counts.entry(group).or_default().entry(what.into()).or_default();
        *count += times;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (group, counts) in &self.counts {
            let all: u64 = counts.values().sum();
            let counts: Vec<String> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
            writeln!(formatter, "  {group:<28} {all:>6}  {}", counts.join(", "))?;
        }
        Ok(())
    }
}
