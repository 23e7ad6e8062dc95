//! The status inquiries that are due for pending payments, in case their callbacks were lost. New events are appended
//! to the payment's history, and the drain's run through the journal syncs them.

use tollbridge_domain::Timestamp;
use tollbridge_ledger::{DueInquiry, InquiryCursor};

use super::drain_log::log;
use super::drain_report::DrainReport;
use crate::clocks::APART;
use crate::commands::{self, InquiryOutcome, InquirySchedule, StatusInquiry};
use crate::http::problem::Problem;
use crate::site_context::SiteContext;
use crate::tracing::Trace;

/// How long one drain spends on inquiries. The journal gets the rest of its time.
const BUDGET_MILLISECONDS: i64 = 5_000;

/// Inquiries read in one store call.
const INQUIRY_PAGE: u64 = 32;

/// How many pages one drain reads. A page without inquiries covers hours.
const MAX_PAGES: u32 = 32;

/// How many inquiries in a row may time out before the rest waits for the next drain.
const MAX_TIMEOUTS: u32 = 3;

/// One run over the inquiry queue.
pub struct InquiryRun<'a> {
    context: &'a SiteContext<'a>,
    pub report: DrainReport,
    pub started: Timestamp,
    /// How far the inquiry queue is processed.
    pub reached: InquiryCursor,
    /// Timed-out inquiries in a row.
    timeouts: u32,
}

impl<'a> InquiryRun<'a> {
    /// Starts where the last drain ended.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn begin(context: &'a SiteContext<'a>) -> Result<Self, Problem> {
        let started = context.ports.clock.now();
        let reached = context.ledger.inquiry_cursor()?;
        Ok(Self { context, report: DrainReport::default(), started, reached, timeouts: 0 })
    }

    /// Sends the inquiries that are due, until none is left or the time ends. Where the store fails, the rest waits for
    /// the next drain, and this one continues with the journal.
    pub fn run(&mut self) {
        for _ in 0..MAX_PAGES {
            match self.process_page() {
                Ok(true) => {}
                Ok(false) => return,
                Err(problem) => return log(self.context, None, self.context.trace, problem.code),
            }
        }
    }

    /// Processes a page. Returns whether there is another, and time for it.
    fn process_page(&mut self) -> Result<bool, Problem> {
        let page = self.context.ledger.due_inquiries(self.reached, INQUIRY_PAGE)?;
        let before = self.reached;
        let mut done = 0;
        for due in &page.inquiries {
            if self.is_over() {
                break;
            }
            if !self.process_payment(due) {
                break;
            }
            done += 1;
            self.reached = due.reached();
        }
        let is_complete = done == page.inquiries.len();
        if is_complete {
            self.reached = page.reached;
        }
        let passed = page.inquiries.get(..done).unwrap_or_default();
        self.context.ledger.complete_inquiries(before, passed, self.reached)?;
        Ok(is_complete && !page.is_last)
    }

    fn is_over(&self) -> bool {
        let now = self.context.ports.clock.now();
        let worked = now.milliseconds().saturating_sub(self.started.milliseconds());
        worked > BUDGET_MILLISECONDS || self.timeouts >= MAX_TIMEOUTS
    }

    /// Inquires about a payment, or postpones that where it fails. Returns whether the inquiry may be passed.
    fn process_payment(&mut self, due: &DueInquiry) -> bool {
        let Err(problem) = self.inquire(due) else { return true };
        if matches!(problem.code, APART | commands::BUSY) {
            // It stays in the queue until the clocks agree, since the time of a postponed inquiry would be wrong, or
            // until MaldoPay's pause is over.
            return false;
        }
        log(self.context, Some(&due.reference), self.context.trace, problem.code);
        self.report.failed = self.report.failed.saturating_add(1);
        self.context.ledger.postpone_inquiry(due, self.context.site.inquiry_intervals).is_ok()
    }

    fn inquire(&mut self, due: &DueInquiry) -> Result<(), Problem> {
        let SiteContext { ports, site, ledger, .. } = *self.context;
        let history = ledger.history_reaching(&due.reference, 0)?;
        if !due.is_current(&history.sync_state) {
            return Ok(());
        }
        let Some(payment) = history.payment(site.main_currency) else { return Ok(()) };
        if payment.pending.is_empty() {
            return Ok(());
        }
        let trace = Trace::resumed(payment.correlation_id.clone());
        let context = SiteContext { trace: &trace, ..*self.context };
        let now = ports.clock.now();
        let inquiries: Vec<StatusInquiry> =
            payment.pending.iter().filter_map(|pending| StatusInquiry::about_pending(pending, site, now)).collect();
        let mut sequence = None;
        for inquiry in &inquiries {
            match commands::inquire(&context, &history, inquiry, InquirySchedule::Yes)? {
                InquiryOutcome::Recorded(appended) => {
                    sequence = sequence.max(Some(appended.entry.sequence));
                    self.timeouts = 0;
                }
                InquiryOutcome::Unchanged => self.timeouts = 0,
                InquiryOutcome::NoResponse => self.timeouts = self.timeouts.saturating_add(1),
                InquiryOutcome::Paused(seconds) => return Err(commands::busy(seconds)),
            }
        }
        let is_sent = !inquiries.is_empty();
        self.report.inquired = self.report.inquired.saturating_add(u64::from(is_sent));
        let is_pending = match sequence {
            None => true,
            Some(sequence) => {
                let history = ledger.history_reaching(&due.reference, sequence)?;
                history.payment(site.main_currency).is_some_and(|payment| !payment.pending.is_empty())
            }
        };
        if is_pending {
            ledger.schedule_next_inquiry(
                &due.reference,
                due.inquiry_count.saturating_add(u32::from(is_sent)),
                site.inquiry_intervals,
            )?;
        }
        Ok(())
    }
}
