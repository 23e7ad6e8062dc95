//! The site's method by which an operation on a payment is put to MaldoPay. Nobody names one in the request: it is the one
//! that the payment was made by.

use tollbridge_connector::types::{Delivery, Header};
use tollbridge_domain::{Intent, Payment};
use tollbridge_ledger::History;

use crate::http::problem::Problem;
use crate::site_context::SiteContext;

/// The name of the payment's method, which the site has. Where nobody here asked for the payment and the site did not have
/// the service when MaldoPay named it, what MaldoPay sent is read again.
///
/// # Errors
/// The site has no such service, or the store does not answer.
pub fn method(context: &SiteContext<'_>, history: &History, payment: &Payment) -> Result<String, Problem> {
    let services = &context.site.settings.provider.services;
    let is_there = |method: &String| services.iter().any(|service| service.name == *method);
    if is_there(&payment.method) {
        return Ok(payment.method.clone());
    }
    let said_by_now = match payment.intent {
        Intent::Unmatched => {
            let mut history = history.clone();
            context.ledger.open(&mut history)?;
            history.raw.values().find_map(|raw| said_in(context, raw))
        }
        Intent::Charge | Intent::Authorize | Intent::Payout => None,
    };
    said_by_now.ok_or_else(|| Problem::new(409, "service_not_configured", why_not(payment)))
}

fn why_not(payment: &Payment) -> &'static str {
    match payment.intent {
        Intent::Unmatched => {
            "nobody here asked for this payment, and MaldoPay named no service of it that this site has: add the service by \
             which it was paid to the site's services, then try again; or do it at MaldoPay, whose callback is counted here"
        }
        Intent::Charge | Intent::Authorize | Intent::Payout => {
            "this payment was made by a service that the site no longer has: put it back among the site's services under \
             its name, then try again"
        }
    }
}

/// The method that a callback names, as the site is now. Its headers were not kept; no form begins with a brace.
fn said_in(context: &SiteContext<'_>, raw: &str) -> Option<String> {
    let is_object = raw.trim_start().starts_with('{');
    let content_type = if is_object { "application/json" } else { "application/x-www-form-urlencoded" };
    let headers = vec![Header { name: "content-type".to_owned(), value: content_type.to_owned() }];
    let delivery = Delivery { headers, body: raw.as_bytes().to_vec() };
    context.ports.provider.decode(&delivery, context.site).ok()?.method
}
