//! One run through the journal: decides which entries are closed and how far the cursor may move, and continues after
//! payments that cannot be processed.

use std::collections::{BTreeMap, BTreeSet};

use tollbridge_domain::{CorrelationId, PaymentReference, PendingOperation, Timestamp};
use tollbridge_ledger::{InquiryCursor, JournalEntry, JournalKind, JournalSlot, is_past_lease};

use super::drain_log::log;
use super::drain_report::DrainReport;
use super::inquiry_run::InquiryRun;
use super::process_payment::{DrainStatus, ProcessedPayment, SyncMode, process_payment};
use super::salesforce_sync::SalesforceSync;
use crate::http::problem::Problem;
use crate::salesforce::CircuitBreaker;
use crate::site_context::SiteContext;
use crate::tracing::Trace;

/// How long one drain runs.
const BUDGET_MILLISECONDS: i64 = 20_000;

/// Journal entries read in one store call.
const JOURNAL_PAGE: u64 = 64;

/// Gaps passed in one store call.
const GAPS_PER_CALL: usize = 256;

/// How many journal entries may follow an open one before it moves to the end of the journal.
pub const MAX_OPEN_DISTANCE: u64 = 512;

/// How many store failures in a row, each for another payment, end the drain.
const MAX_STORE_FAILURES: u32 = 16;

/// The result of processing a payment in this run.
#[derive(Clone, Copy)]
struct Visit {
    status: DrainStatus,
    /// When its sync state was last written.
    written_at: Option<Timestamp>,
    /// The count of journal reads at that time. Entries of a later read may be newer than the visit.
    journal_read: u64,
}

/// A drain's run through the journal.
pub struct DrainRun<'a> {
    context: &'a SiteContext<'a>,
    report: DrainReport,
    started: Timestamp,
    first: u64,
    last: u64,
    /// How far the cursor may move.
    cursor: u64,
    /// The last number that was processed.
    reached: u64,
    /// The open numbers up to `reached`, in order, and those of them that are gaps.
    open: Vec<u64>,
    gaps: Vec<u64>,
    /// The journal's last number as an earlier drain noted it, a lease or more ago.
    old_end: u64,
    visits: BTreeMap<PaymentReference, Visit>,
    /// How often the journal was read.
    journal_reads: u64,
    /// Processed payments that may still need a position in the review queue.
    unassigned: BTreeSet<PaymentReference>,
    /// Processed payments with the operations that MaldoPay has reported as pending.
    pending: BTreeMap<PaymentReference, Vec<PendingOperation>>,
    /// Payments whose entries the cursor is about to pass. From then on, scheduled inquiries cover them.
    unscheduled: BTreeMap<PaymentReference, Vec<PendingOperation>>,
    /// How far the inquiry queue was processed.
    inquiry_cursor: InquiryCursor,
    sync_mode: SyncMode,
    /// Payments that have an entry at the journal's end by now.
    moved: BTreeSet<PaymentReference>,
    /// Store failures in a row.
    store_failures: u32,
}

impl<'a> DrainRun<'a> {
    /// Starts at the cursor with what is left of the drain's time, at least half of it even where MaldoPay was slow.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn begin(
        context: &'a SiteContext<'a>,
        inquiry_run: InquiryRun<'a>,
        breaker: Option<&CircuitBreaker>,
    ) -> Result<Self, Problem> {
        let first = context.ledger.cursor()?;
        let now = context.ports.clock.now();
        Ok(Self {
            context,
            report: inquiry_run.report,
            started: inquiry_run.started.max(now.plus_milliseconds(-BUDGET_MILLISECONDS.div_euclid(2))),
            first,
            last: context.ledger.last_journal_number()?,
            cursor: first,
            reached: first,
            open: Vec::new(),
            gaps: Vec::new(),
            old_end: context.ledger.old_end()?,
            visits: BTreeMap::new(),
            journal_reads: 0,
            unassigned: BTreeSet::new(),
            pending: BTreeMap::new(),
            unscheduled: BTreeMap::new(),
            inquiry_cursor: inquiry_run.reached,
            sync_mode: SyncMode::of(context, breaker),
            moved: BTreeSet::new(),
            store_failures: 0,
        })
    }

    /// Processes open entries, oldest first, until the journal or the time ends.
    ///
    /// # Errors
    /// The store does not answer. Completed work is kept: see [`DrainRun::end`].
    pub fn run(&mut self) -> Result<(), Problem> {
        let mut after = self.first;
        loop {
            let page = self.read_page(after)?;
            let Some(last) = page.last().map(|slot| slot.number) else {
                self.report.complete = true;
                return self.revisit();
            };
            let processed = self.process_page(page);
            self.assign_and_schedule()?;
            if !processed? {
                return Ok(());
            }
            after = last;
        }
    }

    /// Processes a page. Returns whether the time sufficed for all of it.
    fn process_page(&mut self, page: Vec<JournalSlot>) -> Result<bool, Problem> {
        for JournalSlot { number, entry } in page {
            if self.worked_milliseconds() > BUDGET_MILLISECONDS {
                return Ok(false);
            }
            match entry {
                // The entry is being written, or its writer died.
                None => {
                    self.gaps.push(number);
                    self.open.push(number);
                }
                Some(entry) => {
                    // A deferred entry keeps its first time, so it does not prove the age of the gaps before it.
                    let is_first = entry.kind != JournalKind::Deferred;
                    if is_first && is_past_lease(entry.at, self.context.ports.clock.now()) {
                        self.pass_gaps()?;
                    }
                    self.close(number, entry)?;
                }
            }
            self.reached = number;
        }
        // No entry may ever follow the last gaps. For those, the end that an earlier drain noted proves the age.
        if self.gaps.first().is_some_and(|first| *first <= self.old_end) {
            let young = self.gaps.partition_point(|gap| *gap <= self.old_end);
            let young = self.gaps.split_off(young);
            self.pass_gaps()?;
            self.gaps = young;
        }
        Ok(true)
    }

    /// Processes an entry's payment, and records whether the cursor may pass the entry.
    fn close(&mut self, number: u64, entry: JournalEntry) -> Result<(), Problem> {
        if self.is_closed(number, entry)? {
            self.mark_closed(number);
        } else if let Err(place) = self.open.binary_search(&number) {
            self.open.insert(place, number);
        }
        Ok(())
    }

    fn mark_closed(&mut self, number: u64) {
        self.report.closed = self.report.closed.saturating_add(1);
        if let Ok(place) = self.open.binary_search(&number) {
            self.open.remove(place);
        }
    }

    /// Passes the gaps so far, once a later entry is old enough. An entry that was written meanwhile is processed like
    /// any other.
    fn pass_gaps(&mut self) -> Result<(), Problem> {
        let gaps = core::mem::take(&mut self.gaps);
        for batch in gaps.chunks(GAPS_PER_CALL) {
            self.journal_reads = self.journal_reads.saturating_add(1);
            match self.context.ledger.pass_journal(batch) {
                Ok(found) => {
                    for JournalSlot { number, entry } in found {
                        match entry {
                            None => self.mark_closed(number),
                            Some(entry) => self.close(number, entry)?,
                        }
                    }
                }
                Err(error) => self.tolerate(error.into())?,
            }
        }
        Ok(())
    }

    /// Assigns review positions and schedules inquiries, and only then lets the cursor pass: no drain looks at the
    /// passed entries again.
    fn assign_and_schedule(&mut self) -> Result<(), Problem> {
        let SiteContext { ledger, site, .. } = *self.context;
        let assigned = ledger.assign_review_positions(self.unassigned.clone());
        let schedule =
            |()| ledger.schedule_inquiries(self.unscheduled.clone(), site.inquiry_intervals, self.inquiry_cursor);
        match assigned.and_then(schedule) {
            Ok(()) => {
                self.unassigned.clear();
                self.unscheduled.clear();
                self.cursor = self.open.first().map_or(self.reached, |open| open.saturating_sub(1));
                Ok(())
            }
            Err(error) => self.tolerate(error.into()),
        }
    }

    /// Reopens recently passed numbers that hold an entry after all. Payments of this run are open, or processed.
    fn revisit(&mut self) -> Result<(), Problem> {
        let visits = &self.visits;
        match self.context.ledger.revisit(&|reference| visits.contains_key(reference)) {
            Ok(_) => Ok(()),
            Err(error) => self.tolerate(error.into()),
        }
    }

    fn read_page(&mut self, after: u64) -> Result<Vec<JournalSlot>, Problem> {
        loop {
            self.journal_reads = self.journal_reads.saturating_add(1);
            match self.context.ledger.journal_after(after, JOURNAL_PAGE) {
                Ok(page) => return Ok(page),
                Err(error) => self.tolerate(error.into())?,
            }
        }
    }

    /// Continues after a store failure, unless there were too many in a row, or a record of the journal itself is
    /// unreadable.
    fn tolerate(&mut self, problem: Problem) -> Result<(), Problem> {
        self.store_failures = self.store_failures.saturating_add(1);
        let gives_up = problem.retry_after.is_none() || self.store_failures >= MAX_STORE_FAILURES;
        if gives_up { Err(problem) } else { Ok(()) }
    }

    /// Processes the entry's payment. Returns whether the cursor may pass the entry.
    fn is_closed(&mut self, number: u64, entry: JournalEntry) -> Result<bool, Problem> {
        // An entry without a payment needs no work.
        let Some(reference) = &entry.reference else { return Ok(true) };
        let Visit { status, written_at, .. } = self.visit(reference, &entry.correlation_id)?;
        let is_final = !self.may_be_overwritten(written_at.map_or(entry.at, |written_at| written_at.max(entry.at)));
        if is_final && let Some(pending) = self.pending.get(reference) {
            self.unscheduled.insert(reference.clone(), pending.clone());
        }
        match status {
            DrainStatus::Closed => Ok(is_final),
            DrainStatus::Open | DrainStatus::Failed => {
                if self.report.oldest_open_seconds == 0 {
                    let age = self.context.ports.clock.now().milliseconds().saturating_sub(entry.at.milliseconds());
                    self.report.oldest_open_seconds = age.div_euclid(1000).max(1);
                }
                let is_first = self.open.first().is_none_or(|open| *open >= number);
                if is_first && self.last.saturating_sub(number) > MAX_OPEN_DISTANCE {
                    return self.move_to_the_end(entry);
                }
                Ok(false)
            }
        }
    }

    /// Moves an entry that has long been open to the journal's end, so that it does not hold up the cursor and lengthen
    /// every later drain. One moved entry serves for all of the payment's. The entry moves only where the cursor can
    /// pass it at once: otherwise the journal would grow with every drain.
    fn move_to_the_end(&mut self, entry: JournalEntry) -> Result<bool, Problem> {
        let payment = entry.reference.clone();
        if payment.as_ref().is_some_and(|payment| self.moved.contains(payment)) {
            return Ok(true);
        }
        match self.context.ledger.defer(entry) {
            Ok(()) => {
                self.moved.extend(payment);
                Ok(true)
            }
            Err(error) => self.tolerate(error.into()).map(|()| false),
        }
    }

    /// Whether a process that read the payment before `last`, the time of its last entry or sync state, may still
    /// write. The sync state is replaced as a whole: a slow writer may put an older one back, and die before it
    /// notices. The entry must then still be open.
    fn may_be_overwritten(&self, last: Timestamp) -> bool {
        let age = self.context.ports.clock.now().milliseconds().saturating_sub(last.milliseconds());
        age < SalesforceSync::new(self.context).max_duration_milliseconds()
    }

    /// Processes a payment, at most once for each read of the journal. A payment that cannot be processed stays open,
    /// and the run continues with the others.
    fn visit(&mut self, reference: &PaymentReference, correlation_id: &CorrelationId) -> Result<Visit, Problem> {
        let before = self.visits.get(reference).copied();
        if let Some(before) = before
            && (before.status != DrainStatus::Closed || before.journal_read == self.journal_reads)
        {
            return Ok(before);
        }
        self.context.clocks.agree()?;
        let (in_review, processed) = (self.report.review, self.report.processed);
        let visit = self.process_payment(reference, correlation_id)?;
        if before.is_some() && self.report.processed == processed {
            // The earlier visit counted it.
            self.report.review = in_review;
        }
        self.visits.insert(reference.clone(), visit);
        Ok(visit)
    }

    fn process_payment(
        &mut self,
        reference: &PaymentReference,
        correlation_id: &CorrelationId,
    ) -> Result<Visit, Problem> {
        let journal_read = self.journal_reads;
        let trace = Trace::resumed(correlation_id.clone());
        let context = SiteContext { trace: &trace, ..*self.context };
        match process_payment(&context, reference, &mut self.sync_mode, &mut self.report) {
            Ok(ProcessedPayment { status, pending, written_at }) => {
                self.store_failures = 0;
                self.unassigned.insert(reference.clone());
                if pending.is_empty() {
                    self.pending.remove(reference);
                } else {
                    self.pending.insert(reference.clone(), pending);
                }
                Ok(Visit { status, written_at, journal_read })
            }
            Err(problem) => {
                log(self.context, Some(reference), &trace, problem.code);
                self.report.failed = self.report.failed.saturating_add(1);
                // An unreadable record says nothing about the store.
                if problem.retry_after.is_some() {
                    self.tolerate(problem)?;
                }
                Ok(Visit { status: DrainStatus::Failed, written_at: None, journal_read })
            }
        }
    }

    /// Moves the cursor over closed entries.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn end(&self) -> Result<(), Problem> {
        if let Some(last) = self.gaps.last() {
            self.context.ledger.note_end(*last)?;
        }
        // Another drain may have passed an entry that this one could not close. The next drain must process it.
        let is_passed = !self.open.is_empty() && self.context.ledger.cursor()? > self.cursor;
        if self.cursor > self.first || is_passed {
            self.context.ledger.move_cursor(self.cursor)?;
        }
        Ok(())
    }

    /// The counts of the run.
    pub fn into_report(self) -> DrainReport {
        self.report
    }

    fn worked_milliseconds(&self) -> i64 {
        self.context.ports.clock.now().milliseconds().saturating_sub(self.started.milliseconds())
    }
}
