//! The log line of what a drain could not process.

use tollbridge_domain::PaymentReference;

use crate::log::LogLine;
use crate::site_context::SiteContext;
use crate::tracing::Trace;

/// Logs that a payment, or the run as a whole, could not be processed.
pub fn log(context: &SiteContext<'_>, reference: Option<&PaymentReference>, trace: &Trace, code: &'static str) {
    let line = LogLine {
        site: Some(context.site.name.as_str()),
        payment: reference.map(PaymentReference::as_str),
        code: Some(code),
        ..LogLine::new(context.ports.clock.now(), "drain", &trace.correlation_id)
    };
    line.write(context.ports.sink);
}
