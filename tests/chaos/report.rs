//! What a run did and found.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// Counts, by what is counted; and what must not be.
#[derive(Default)]
pub struct Report {
    counts: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// What the gateway answered with 2xx: it must be found afterwards.
    pub answered: Vec<Value>,
    /// Callbacks that were answered `OK`, by their payments: they must be found afterwards.
    pub taken: Vec<(String, String)>,
    /// What must not have happened, in words.
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
