//! The payments that are pending and whose turn it is: MaldoPay is asked what became of them, in case the news was lost.
//! What it says is appended to their history, and the walk through the journal tells it.

use tollbridge_domain::Timestamp;
use tollbridge_ledger::{DueInquiry, InquiryCursor};

use super::drain::log;
use super::drain_report::Report;
use crate::clocks::APART;
use crate::commands::{self, InquiryOutcome, Scheduled, StatusInquiry};
use crate::http::problem::Problem;
use crate::site_context::SiteContext;
use crate::tracing::Trace;

/// How long one drain asks. The journal has the rest of the drain's time.
const BUDGET_MILLISECONDS: i64 = 5_000;

/// Questions read at once.
const PAGE: u64 = 32;

/// How many pages one drain reads; without a question, a page is hours.
const MOST_PAGES: u32 = 32;

/// How often in a row MaldoPay may not answer before the rest is left to the next drain.
const MOST_UNANSWERED: u32 = 3;

/// InquiryRun, on its way.
pub struct InquiryRun<'a> {
    context: &'a SiteContext<'a>,
    pub report: Report,
    pub started: Timestamp,
    /// How far the line of questions is worked through.
    pub reached: InquiryCursor,
    /// How often in a row MaldoPay did not answer.
    unanswered: u32,
}

impl<'a> InquiryRun<'a> {
    /// Begins where the last drain ended.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn begin(context: &'a SiteContext<'a>) -> Result<Self, Problem> {
        let started = context.ports.clock.now();
        let reached = context.ledger.inquiry_cursor()?;
        Ok(Self { context, report: Report::default(), started, reached, unanswered: 0 })
    }

    /// Asks what is due, until that or the time ends. Where the store fails, the rest is left to the next drain: the journal
    /// has its turn all the same.
    pub fn run(&mut self) {
        for _ in 0..MOST_PAGES {
            match self.page() {
                Ok(true) => {}
                Ok(false) => return,
                Err(problem) => return log(self.context, None, self.context.trace, problem.code),
            }
        }
    }

    /// Works through a page. Whether there is another, and time for it.
    fn page(&mut self) -> Result<bool, Problem> {
        let page = self.context.ledger.due_inquiries(self.reached, PAGE)?;
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
        let is_whole = done == page.inquiries.len();
        if is_whole {
            self.reached = page.reached;
        }
        let asked = page.inquiries.get(..done).unwrap_or_default();
        self.context.ledger.complete_inquiries(before, asked, self.reached)?;
        Ok(is_whole && !page.is_last)
    }

    fn is_over(&self) -> bool {
        let now = self.context.ports.clock.now();
        let worked = now.milliseconds().saturating_sub(self.started.milliseconds());
        worked > BUDGET_MILLISECONDS || self.unanswered >= MOST_UNANSWERED
    }

    /// Asks about a payment, or puts it off where that fails. Whether it may be passed.
    fn process_payment(&mut self, due: &DueInquiry) -> bool {
        let Err(problem) = self.ask(due) else { return true };
        if problem.code == APART {
            // It is asked again once they agree: until then nobody knows when it would be due.
            return false;
        }
        log(self.context, Some(&due.reference), self.context.trace, problem.code);
        self.report.failed = self.report.failed.saturating_add(1);
        self.context.ledger.postpone_inquiry(due, self.context.site.inquiry_intervals).is_ok()
    }

    fn ask(&mut self, due: &DueInquiry) -> Result<(), Problem> {
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
        let questions: Vec<StatusInquiry> =
            payment.pending.iter().filter_map(|pending| StatusInquiry::about_pending(pending, site, now)).collect();
        let mut sequence = None;
        for question in &questions {
            match commands::ask(&context, &history, question, Scheduled::Yes)? {
                InquiryOutcome::Recorded(appended) => {
                    sequence = sequence.max(Some(appended.entry.sequence));
                    self.unanswered = 0;
                }
                InquiryOutcome::Unchanged => self.unanswered = 0,
                InquiryOutcome::NoResponse => self.unanswered = self.unanswered.saturating_add(1),
            }
        }
        let is_asked = !questions.is_empty();
        self.report.asked = self.report.asked.saturating_add(u64::from(is_asked));
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
                due.inquiry_count.saturating_add(u32::from(is_asked)),
                site.inquiry_intervals,
            )?;
        }
        Ok(())
    }
}
