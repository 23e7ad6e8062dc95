//! The way through the journal: which entries are closed, how far the cursor may move, and what is done with a payment that
//! cannot be taken up.

use std::collections::{BTreeMap, BTreeSet};

use tollbridge_domain::{CorrelationId, PaymentReference, PendingOperation, Timestamp};
use tollbridge_ledger::{InquiryCursor, JournalEntry, JournalKind, JournalSlot, is_past_lease};

use super::drain::log;
use super::drain_report::Report;
use super::inquiry_run::InquiryRun;
use super::process_payment::{DrainStatus, ProcessedPayment, SyncMode, process_payment};
use crate::http::problem::Problem;
use crate::outbox::SalesforceSync;
use crate::salesforce::CircuitBreaker;
use crate::site_context::SiteContext;
use crate::tracing::Trace;

/// How long one drain works.
const BUDGET_MILLISECONDS: i64 = 20_000;

/// Journal entries read at once.
const PAGE: u64 = 64;

/// Numbers without an entry that are passed in one question to the store.
const GAPS_AT_ONCE: usize = 256;

/// How many journal entries may come after an open one before it is moved to the end.
pub const FAR_BEHIND: u64 = 512;

/// How often in a row the store may not answer, for one payment after another, before the drain gives up.
const MOST_UNANSWERED: u32 = 16;

/// What a drain found when it looked at a payment.
#[derive(Clone, Copy)]
struct LookedAt {
    standing: DrainStatus,
    /// When the note of what Salesforce was told of it was last replaced.
    noted_at: Option<Timestamp>,
    /// How often the journal had been read by then. What is read later may have been written later.
    reading: u64,
}

/// A drain on its way.
pub struct DrainRun<'a> {
    context: &'a SiteContext<'a>,
    report: Report,
    started: Timestamp,
    first: u64,
    last: u64,
    /// Where the cursor may go.
    cursor: u64,
    /// The last number that was looked at.
    reached: u64,
    /// The numbers up to it that are not closed, in order, and those among them that have no entry.
    open: Vec<u64>,
    gaps: Vec<u64>,
    /// The last number that an earlier drain saw, a lease ago.
    old_end: u64,
    looked_at: BTreeMap<PaymentReference, LookedAt>,
    /// How often the journal was read.
    readings: u64,
    /// Looked at, and perhaps to be numbered among those that wait for a person.
    unnumbered: BTreeSet<PaymentReference>,
    /// Looked at, with what of them is under way at MaldoPay.
    pending: BTreeMap<PaymentReference, Vec<PendingOperation>>,
    /// Those whose entries the cursor is about to pass: from then on, MaldoPay is asked about them in their turn.
    unenrolled: BTreeMap<PaymentReference, Vec<PendingOperation>>,
    /// How far the line of questions is worked through.
    inquiry_cursor: InquiryCursor,
    sync_mode: SyncMode,
    /// Payments that an entry at the journal's end stands for.
    moved: BTreeSet<PaymentReference>,
    /// How often in a row the store did not answer.
    unanswered: u32,
}

impl<'a> DrainRun<'a> {
    /// Begins at the cursor, in what is left of the drain's time: half of it where MaldoPay was slow.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn begin(
        context: &'a SiteContext<'a>,
        asking: InquiryRun<'a>,
        pause: Option<&CircuitBreaker>,
    ) -> Result<Self, Problem> {
        let first = context.ledger.cursor()?;
        let now = context.ports.clock.now();
        Ok(Self {
            context,
            report: asking.report,
            started: asking.started.max(now.plus_milliseconds(-BUDGET_MILLISECONDS.div_euclid(2))),
            first,
            last: context.ledger.last_journal_number()?,
            cursor: first,
            reached: first,
            open: Vec::new(),
            gaps: Vec::new(),
            old_end: context.ledger.old_end()?,
            looked_at: BTreeMap::new(),
            readings: 0,
            unnumbered: BTreeSet::new(),
            pending: BTreeMap::new(),
            unenrolled: BTreeMap::new(),
            inquiry_cursor: asking.reached,
            sync_mode: SyncMode::of(context, pause),
            moved: BTreeSet::new(),
            unanswered: 0,
        })
    }

    /// Takes up what is open, oldest first, until the journal or the time ends.
    ///
    /// # Errors
    /// The store does not answer. What was done until then stays done: see [`DrainRun::end`].
    pub fn run(&mut self) -> Result<(), Problem> {
        let mut after = self.first;
        loop {
            let page = self.page(after)?;
            let Some(last) = page.last().map(|numbered| numbered.number) else {
                self.report.complete = true;
                return self.revisit();
            };
            let passed = self.process_page(page);
            self.put_in_line()?;
            if !passed? {
                return Ok(());
            }
            after = last;
        }
    }

    /// Takes up the entries of a page. Whether there was time for all of them.
    fn process_page(&mut self, page: Vec<JournalSlot>) -> Result<bool, Problem> {
        for JournalSlot { number, entry } in page {
            if self.worked_milliseconds() > BUDGET_MILLISECONDS {
                return Ok(false);
            }
            match entry {
                // It is being written, or its writer died.
                None => {
                    self.gaps.push(number);
                    self.open.push(number);
                }
                Some(entry) => {
                    // What is there again is as old as it was at first, and says nothing of the numbers before it.
                    let is_first = entry.kind != JournalKind::Deferred;
                    if is_first && is_past_lease(entry.at, self.context.ports.clock.now()) {
                        self.pass_gaps()?;
                    }
                    self.close(number, entry)?;
                }
            }
            self.reached = number;
        }
        // Nothing may come after the last ones. How old they are says a note of an earlier drain.
        if self.gaps.first().is_some_and(|first| *first <= self.old_end) {
            let young = self.gaps.partition_point(|gap| *gap <= self.old_end);
            let young = self.gaps.split_off(young);
            self.pass_gaps()?;
            self.gaps = young;
        }
        Ok(true)
    }

    /// Does what is due for an entry, and notes whether the cursor may pass it.
    fn close(&mut self, number: u64, entry: JournalEntry) -> Result<(), Problem> {
        if self.is_closed(number, entry)? {
            self.closed(number);
        } else if let Err(place) = self.open.binary_search(&number) {
            self.open.insert(place, number);
        }
        Ok(())
    }

    fn closed(&mut self, number: u64) {
        self.report.closed = self.report.closed.saturating_add(1);
        if let Ok(place) = self.open.binary_search(&number) {
            self.open.remove(place);
        }
    }

    /// Passes the numbers so far that have no entry, once what comes after them is old. An entry that is there by then is
    /// looked at like any other.
    fn pass_gaps(&mut self) -> Result<(), Problem> {
        let gaps = core::mem::take(&mut self.gaps);
        for some in gaps.chunks(GAPS_AT_ONCE) {
            self.readings = self.readings.saturating_add(1);
            match self.context.ledger.pass_journal(some) {
                Ok(found) => {
                    for JournalSlot { number, entry } in found {
                        match entry {
                            None => self.closed(number),
                            Some(entry) => self.close(number, entry)?,
                        }
                    }
                }
                Err(error) => self.met(error.into())?,
            }
        }
        Ok(())
    }

    /// Numbers who waits for a person, gives a turn to who waits for MaldoPay, and then lets the cursor pass them: nobody
    /// looks at them after that.
    fn put_in_line(&mut self) -> Result<(), Problem> {
        let SiteContext { ledger, site, .. } = *self.context;
        let numbered = ledger.assign_review_positions(self.unnumbered.clone());
        let enrol =
            |()| ledger.schedule_inquiries(self.unenrolled.clone(), site.inquiry_intervals, self.inquiry_cursor);
        match numbered.and_then(enrol) {
            Ok(()) => {
                self.unnumbered.clear();
                self.unenrolled.clear();
                self.cursor = self.open.first().map_or(self.reached, |open| open.saturating_sub(1));
                Ok(())
            }
            Err(error) => self.met(error.into()),
        }
    }

    /// Puts what is to be looked at again in front of the next drain. What this one looked at is open, or as it should be.
    fn revisit(&mut self) -> Result<(), Problem> {
        let looked_at = &self.looked_at;
        match self.context.ledger.revisit(&|reference| looked_at.contains_key(reference)) {
            Ok(_) => Ok(()),
            Err(error) => self.met(error.into()),
        }
    }

    fn page(&mut self, after: u64) -> Result<Vec<JournalSlot>, Problem> {
        loop {
            self.readings = self.readings.saturating_add(1);
            match self.context.ledger.journal_after(after, PAGE) {
                Ok(page) => return Ok(page),
                Err(error) => self.met(error.into())?,
            }
        }
    }

    /// Goes on after a problem with one thing, unless the store has not answered for many in a row, or what it holds of the
    /// journal itself cannot be read.
    fn met(&mut self, problem: Problem) -> Result<(), Problem> {
        self.unanswered = self.unanswered.saturating_add(1);
        if problem.retry_after.is_none() || self.unanswered >= MOST_UNANSWERED { Err(problem) } else { Ok(()) }
    }

    /// Whether the cursor may pass an entry, once what is due for its payment is done.
    fn is_closed(&mut self, number: u64, entry: JournalEntry) -> Result<bool, Problem> {
        // It is about no payment.
        let Some(reference) = &entry.reference else { return Ok(true) };
        let LookedAt { standing, noted_at, .. } = self.look_at(reference, &entry.correlation_id)?;
        let is_settled = !self.may_be_written_over(noted_at.map_or(entry.at, |noted_at| noted_at.max(entry.at)));
        if is_settled && let Some(pending) = self.pending.get(reference) {
            self.unenrolled.insert(reference.clone(), pending.clone());
        }
        match standing {
            DrainStatus::Closed => Ok(is_settled),
            DrainStatus::Open | DrainStatus::Failed => {
                if self.report.oldest_open_seconds == 0 {
                    let age = self.context.ports.clock.now().milliseconds().saturating_sub(entry.at.milliseconds());
                    self.report.oldest_open_seconds = age.div_euclid(1000).max(1);
                }
                if self.open.first().is_none_or(|open| *open >= number) && self.last.saturating_sub(number) > FAR_BEHIND
                {
                    return self.move_to_the_end(entry);
                }
                Ok(false)
            }
        }
    }

    /// What stays open long moves to the journal's end, so that the cursor, and the work of every later drain, does not stand
    /// still behind it. One entry of a payment stands for all. It is moved only where the cursor can pass it at once, or the
    /// journal would grow with every drain.
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
            Err(error) => self.met(error.into()).map(|()| false),
        }
    }

    /// Whether somebody may still be at work who read the payment before this, the time of its last entry or note. The note
    /// of what was told is replaced as a whole: whoever is late puts an older one back, and may die before noticing. Then
    /// the entry must not have been passed.
    fn may_be_written_over(&self, last: Timestamp) -> bool {
        let age = self.context.ports.clock.now().milliseconds().saturating_sub(last.milliseconds());
        age < SalesforceSync::new(self.context).longest_milliseconds()
    }

    /// How a payment stands when what is due for it is done, once for each reading of the journal. One that cannot be read or
    /// asked about stays open, and the others have their turn.
    fn look_at(&mut self, reference: &PaymentReference, correlation_id: &CorrelationId) -> Result<LookedAt, Problem> {
        let before = self.looked_at.get(reference).copied();
        if let Some(before) = before
            && (before.standing != DrainStatus::Closed || before.reading == self.readings)
        {
            return Ok(before);
        }
        self.context.clocks.agree()?;
        let (in_review, taken) = (self.report.review, self.report.taken);
        let looked_at = self.process_payment(reference, correlation_id)?;
        if before.is_some() && self.report.taken == taken {
            // It was counted before.
            self.report.review = in_review;
        }
        self.looked_at.insert(reference.clone(), looked_at);
        Ok(looked_at)
    }

    fn process_payment(
        &mut self,
        reference: &PaymentReference,
        correlation_id: &CorrelationId,
    ) -> Result<LookedAt, Problem> {
        let reading = self.readings;
        let trace = Trace::resumed(correlation_id.clone());
        let context = SiteContext { trace: &trace, ..*self.context };
        match process_payment(&context, reference, &mut self.sync_mode, &mut self.report) {
            Ok(ProcessedPayment { standing, pending, noted_at }) => {
                self.unanswered = 0;
                self.unnumbered.insert(reference.clone());
                if pending.is_empty() {
                    self.pending.remove(reference);
                } else {
                    self.pending.insert(reference.clone(), pending);
                }
                Ok(LookedAt { standing, noted_at, reading })
            }
            Err(problem) => {
                log(self.context, Some(reference), &trace, problem.code);
                self.report.failed = self.report.failed.saturating_add(1);
                // One that cannot be read says nothing of the others.
                if problem.retry_after.is_some() {
                    self.met(problem)?;
                }
                Ok(LookedAt { standing: DrainStatus::Failed, noted_at: None, reading })
            }
        }
    }

    /// Moves the cursor over what is closed.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn end(&self) -> Result<(), Problem> {
        if let Some(last) = self.gaps.last() {
            self.context.ledger.note_end(*last)?;
        }
        // Another drain may have passed meanwhile what was refused to this one. The next drain is to come to it.
        let is_passed = !self.open.is_empty() && self.context.ledger.cursor()? > self.cursor;
        if self.cursor > self.first || is_passed {
            self.context.ledger.move_cursor(self.cursor)?;
        }
        Ok(())
    }

    /// What was done.
    pub fn into_report(self) -> Report {
        self.report
    }

    fn worked_milliseconds(&self) -> i64 {
        self.context.ports.clock.now().milliseconds().saturating_sub(self.started.milliseconds())
    }
}
