//! Collects what an audit sees and derives its findings.
//!
//! The gateway writes a payment's entry and its journal entry in one step. So an entry that the journal names and the
//! payment lacks was removed. A number that neither has was allocated by a process that crashed, or both entries were
//! removed.

use std::collections::{BTreeMap, BTreeSet};

use super::site::{HistoryView, VerdictView};

/// Everything that the audit has seen.
#[derive(Debug, Default)]
pub struct Findings {
    journal_entries: u64,
    /// Journal slots without an entry.
    unwritten_journal: Vec<u64>,
    /// The entries that the journal names, by payment.
    named: BTreeMap<String, BTreeSet<u64>>,
    histories: BTreeMap<String, ReturnedHistory>,
    /// Payments that the journal names and that have no entries.
    gone: BTreeSet<String>,
}

/// A payment's history as the gateway returned it.
#[derive(Debug)]
struct ReturnedHistory {
    entries: u64,
    /// Entries whose raw callback or answer was erased.
    erased: usize,
    /// The sequence number of the last entry.
    last: u64,
    verdict: VerdictView,
}

impl Findings {
    /// Records a journal slot without an entry.
    pub fn unwritten_journal_number(&mut self, number: u64) {
        self.unwritten_journal.push(number);
    }

    /// Records a payment's entry that the journal names.
    pub fn journal_names(&mut self, reference: &str, sequence: u64) {
        self.journal_entries = self.journal_entries.saturating_add(1);
        if sequence > 0 {
            self.named.entry(reference.to_owned()).or_default().insert(sequence);
        }
    }

    /// Records a payment's history; a later call replaces an earlier one.
    pub fn history(&mut self, reference: &str, history: Option<HistoryView>) {
        match history {
            None => drop(self.gone.insert(reference.to_owned())),
            Some(history) => {
                let seen = ReturnedHistory {
                    entries: u64::try_from(history.events.len()).unwrap_or(u64::MAX),
                    erased: history.events.iter().filter(|entry| entry.erased).count(),
                    last: history.events.iter().map(|entry| entry.sequence).max().unwrap_or(0),
                    verdict: history.audit,
                };
                self.histories.insert(reference.to_owned(), seen);
            }
        }
    }

    /// Payments for which the journal names entries after the last one found. They were written in the meantime, or
    /// removed together with the payment's counter; only a second look tells.
    pub fn to_recheck(&self) -> Vec<String> {
        let histories = self.histories.iter();
        let grown = histories.filter(|(reference, seen)| !self.above(reference, seen).is_empty());
        grown.map(|(reference, _)| reference.clone()).collect()
    }

    fn above(&self, reference: &str, seen: &ReturnedHistory) -> Vec<u64> {
        let named = self.named.get(reference).into_iter().flatten();
        named.filter(|sequence| **sequence > seen.last && !seen.verdict.missing.contains(*sequence)).copied().collect()
    }

    /// Whether there is no finding.
    #[cfg(test)]
    fn is_clean(&self, strict: bool) -> bool {
        self.lines(strict).is_empty()
    }

    /// One line per finding; with `strict` also per allocated number that was never written.
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
            line(&seen.verdict.changed, "changed after it was written");
            line(&removed, "removed: the journal names it");
            line(&seen.verdict.beyond, "beyond the payment's counter, which was lowered");
            if strict {
                line(&unwritten, "allocated and never written, or removed with its journal entry");
            }
        }
        if strict && !self.unwritten_journal.is_empty() {
            lines.push(format!("journal: {} allocated and never written, or removed", listed(&self.unwritten_journal)));
        }
        lines
    }

    /// The audited amounts, in one line.
    pub fn summary(&self) -> String {
        let unwritten: usize =
            self.histories.iter().map(|(reference, seen)| self.missing(reference, seen).1.len()).sum();
        let payments = self.histories.len().saturating_add(self.gone.len());
        let entries: u64 = self.histories.values().map(|seen| seen.entries).sum();
        let erased: usize = self.histories.values().map(|seen| seen.erased).sum();
        let erased = if erased == 0 { String::new() } else { format!(" (deliveries of {erased} erased)") };
        format!(
            "{} journal entries, {payments} payments, {entries} entries verified{erased}; numbers allocated and never written: {} of the \
             journal, {unwritten} of payments",
            self.journal_entries,
            self.unwritten_journal.len(),
        )
    }

    /// The entries that were removed, and the numbers without any sign of an entry.
    fn missing(&self, reference: &str, seen: &ReturnedHistory) -> (Vec<u64>, Vec<u64>) {
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
    use super::super::site::EntryView;
    use super::*;

    fn history(sequences: &[u64], audit: VerdictView) -> Option<HistoryView> {
        let entry = |sequence: &u64| EntryView { sequence: *sequence, erased: *sequence == 2 };
        Some(HistoryView { events: sequences.iter().map(entry).collect(), audit })
    }

    /// The findings for a journal with entries 1 to 3 of one payment.
    fn scanned(history: Option<HistoryView>) -> Findings {
        let mut findings = Findings::default();
        for sequence in 1..=3 {
            findings.journal_names("R", sequence);
        }
        findings.history("R", history);
        findings
    }

    #[test]
    fn a_complete_history_has_no_findings() {
        let findings = scanned(history(&[1, 2, 3], VerdictView::default()));
        assert!(findings.is_clean(true));
        assert!(
            findings
                .summary()
                .starts_with("3 journal entries, 1 payments, 3 entries verified (deliveries of 1 erased);")
        );
    }

    #[test]
    fn a_missing_entry_was_removed_if_the_journal_names_it_and_never_written_otherwise() {
        let missing = VerdictView { missing: vec![2, 4], ..VerdictView::default() };
        let findings = scanned(history(&[1, 3, 5], missing));
        assert_eq!(findings.lines(false), ["R: entry 2 removed: the journal names it"]);
        assert_eq!(findings.lines(true).len(), 2);
    }

    #[test]
    fn an_entry_removed_together_with_its_counter_is_found() {
        // The counter was lowered to 2, and entry 3 removed.
        let findings = scanned(history(&[1, 2], VerdictView::default()));
        assert_eq!(findings.lines(false), ["R: entry 3 removed: the journal names it"]);
        assert_eq!(scanned(None).lines(false), ["R: all its entries were removed"]);
    }

    #[test]
    fn changed_entries_and_lowered_counters_are_findings() {
        let verdict = VerdictView { changed: vec![1], beyond: vec![3], ..VerdictView::default() };
        let findings = scanned(history(&[1, 2, 3], verdict));
        assert_eq!(findings.lines(false).len(), 2);
        assert!(!findings.is_clean(false));
    }

    #[test]
    fn an_unwritten_number_is_a_finding_only_with_strict() {
        let mut findings = scanned(history(&[1, 2, 3], VerdictView::default()));
        findings.unwritten_journal_number(7);
        assert!(findings.is_clean(false) && !findings.is_clean(true));
        assert!(findings.summary().ends_with("1 of the journal, 0 of payments"));
    }
}
