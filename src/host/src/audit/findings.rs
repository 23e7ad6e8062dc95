//! What an audit found, and what of it is a finding.
//!
//! A payment's entry and its journal entry are written together. So a number that the journal names and the payment lacks
//! was taken away; a number that neither has was drawn by a process that died, or both were taken away.

use std::collections::{BTreeMap, BTreeSet};

use super::site::{History, Verdict};

/// All that was seen.
#[derive(Debug, Default)]
pub struct Findings {
    journal_entries: u64,
    /// Journal numbers without an entry.
    unwritten_journal: Vec<u64>,
    /// The entries that the journal names, by payment.
    named: BTreeMap<String, BTreeSet<u64>>,
    histories: BTreeMap<String, Seen>,
    /// Payments that the journal names and that have no entry at all.
    gone: BTreeSet<String>,
}

/// A payment's history, as it was found.
#[derive(Debug)]
struct Seen {
    entries: u64,
    /// Entries of which what MaldoPay sent was erased.
    erased: usize,
    /// The number of its last entry.
    last: u64,
    verdict: Verdict,
}

impl Findings {
    /// A journal number has no entry.
    pub fn unwritten_journal_number(&mut self, number: u64) {
        self.unwritten_journal.push(number);
    }

    /// The journal names an entry of a payment.
    pub fn journal_names(&mut self, reference: &str, sequence: u64) {
        self.journal_entries = self.journal_entries.saturating_add(1);
        if sequence > 0 {
            self.named.entry(reference.to_owned()).or_default().insert(sequence);
        }
    }

    /// A payment was looked at; the last look counts.
    pub fn history(&mut self, reference: &str, history: Option<History>) {
        match history {
            None => drop(self.gone.insert(reference.to_owned())),
            Some(history) => {
                let seen = Seen {
                    entries: u64::try_from(history.events.len()).unwrap_or(u64::MAX),
                    erased: history.events.iter().filter(|entry| entry.erased).count(),
                    last: history.events.iter().map(|entry| entry.sequence).max().unwrap_or(0),
                    verdict: history.audit,
                };
                self.histories.insert(reference.to_owned(), seen);
            }
        }
    }

    /// Payments of which the journal names entries after the last one that was found: they were written since, or taken
    /// away together with their count. Only another look tells.
    pub fn to_look_at_again(&self) -> Vec<String> {
        let histories = self.histories.iter();
        let grown = histories.filter(|(reference, seen)| !self.above(reference, seen).is_empty());
        grown.map(|(reference, _)| reference.clone()).collect()
    }

    fn above(&self, reference: &str, seen: &Seen) -> Vec<u64> {
        let named = self.named.get(reference).into_iter().flatten();
        named.filter(|sequence| **sequence > seen.last && !seen.verdict.missing.contains(*sequence)).copied().collect()
    }

    /// Whether there is no finding.
    pub fn is_well(&self, strict: bool) -> bool {
        self.lines(strict).is_empty()
    }

    /// Each finding, in words; with `strict` also each number that was drawn and never written.
    pub fn lines(&self, strict: bool) -> Vec<String> {
        let mut lines: Vec<String> =
            self.gone.iter().map(|reference| format!("{reference}: all its entries were removed")).collect();
        for (reference, seen) in &self.histories {
            let mut line = |numbers: &[u64], what: &str| {
                if !numbers.is_empty() {
                    lines.push(format!("{reference}: {} {what}", listed(numbers)));
                }
            };
            let (removed, unwritten) = self.missing(reference, seen);
            line(&seen.verdict.changed, "changed: not as it was written");
            line(&removed, "removed: the journal names it");
            line(&seen.verdict.beyond, "beyond the payment's counter, which was lowered");
            if strict {
                line(&unwritten, "drawn and never written, or removed with its journal entry");
            }
        }
        if strict && !self.unwritten_journal.is_empty() {
            lines.push(format!("journal: {} drawn and never written, or removed", listed(&self.unwritten_journal)));
        }
        lines
    }

    /// What was looked at, in one line.
    pub fn summary(&self) -> String {
        let unwritten: usize =
            self.histories.iter().map(|(reference, seen)| self.missing(reference, seen).1.len()).sum();
        let payments = self.histories.len().saturating_add(self.gone.len());
        let entries: u64 = self.histories.values().map(|seen| seen.entries).sum();
        let erased: usize = self.histories.values().map(|seen| seen.erased).sum();
        let erased = if erased == 0 { String::new() } else { format!(" (deliveries of {erased} erased)") };
        format!(
            "{} journal entries, {payments} payments, {entries} entries verified{erased}; numbers drawn and never written: {} \
             of the journal, {unwritten} of payments",
            self.journal_entries,
            self.unwritten_journal.len(),
        )
    }

    /// The numbers that were taken away, and those that nothing says were ever written.
    fn missing(&self, reference: &str, seen: &Seen) -> (Vec<u64>, Vec<u64>) {
        let named = self.named.get(reference);
        let is_named = |sequence: &&u64| named.is_some_and(|named| named.contains(*sequence));
        let (mut removed, unwritten): (Vec<u64>, Vec<u64>) = seen.verdict.missing.iter().partition(is_named);
        removed.extend(self.above(reference, seen));
        (removed, unwritten)
    }
}

fn listed(numbers: &[u64]) -> String {
    let listed: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("entry {}", listed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::site::Entry;
    use super::*;

    fn history(sequences: &[u64], audit: Verdict) -> Option<History> {
        let entry = |sequence: &u64| Entry { sequence: *sequence, erased: *sequence == 2 };
        Some(History { events: sequences.iter().map(entry).collect(), audit })
    }

    /// A journal of entries 1 to 3 of one payment.
    fn walked(history: Option<History>) -> Findings {
        let mut findings = Findings::default();
        for sequence in 1..=3 {
            findings.journal_names("R", sequence);
        }
        findings.history("R", history);
        findings
    }

    #[test]
    fn a_history_that_is_whole_is_no_finding() {
        let findings = walked(history(&[1, 2, 3], Verdict::default()));
        assert!(findings.is_well(true));
        assert!(
            findings
                .summary()
                .starts_with("3 journal entries, 1 payments, 3 entries verified (deliveries of 1 erased);")
        );
    }

    #[test]
    fn what_the_journal_names_was_removed_and_what_it_does_not_name_was_never_written() {
        let missing = Verdict { missing: vec![2, 4], ..Verdict::default() };
        let findings = walked(history(&[1, 3, 5], missing));
        assert_eq!(findings.lines(false), ["R: entry 2 removed: the journal names it"]);
        assert_eq!(findings.lines(true).len(), 2);
    }

    #[test]
    fn an_entry_removed_with_its_count_is_found() {
        // The counter was lowered to 2, and entry 3 taken away.
        let findings = walked(history(&[1, 2], Verdict::default()));
        assert_eq!(findings.lines(false), ["R: entry 3 removed: the journal names it"]);
        assert_eq!(walked(None).lines(false), ["R: all its entries were removed"]);
    }

    #[test]
    fn changed_entries_and_lowered_counters_are_findings() {
        let verdict = Verdict { changed: vec![1], beyond: vec![3], ..Verdict::default() };
        let findings = walked(history(&[1, 2, 3], verdict));
        assert_eq!(findings.lines(false).len(), 2);
        assert!(!findings.is_well(false));
    }

    #[test]
    fn a_number_that_was_never_written_is_a_finding_only_when_it_is_asked_for() {
        let mut findings = walked(history(&[1, 2, 3], Verdict::default()));
        findings.unwritten_journal_number(7);
        assert!(findings.is_well(false) && !findings.is_well(true));
        assert!(findings.summary().ends_with("1 of the journal, 0 of payments"));
    }
}
