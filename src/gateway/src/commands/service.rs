//! The payment method for an operation on a payment. The request does not name one: it is the method of the payment.

use tollbridge_connector::types::{Delivery, Header};
use tollbridge_domain::{Intent, Payment};
use tollbridge_ledger::History;

use crate::http::problem::Problem;
use crate::site_context::SiteContext;

/// The payment's method, by its name in the site's services. An unmatched payment may have arrived before the site had
/// the service. Its stored callback is then decoded again.
///
/// # Errors
/// The site has no such service, or the store does not answer.
pub fn method(context: &SiteContext<'_>, history: &History, payment: &Payment) -> Result<String, Problem> {
    let services = &context.site.settings.provider.services;
    let is_configured = |method: &String| services.iter().any(|service| service.name == *method);
    if is_configured(&payment.method) {
        return Ok(payment.method.clone());
    }
    let decoded = match payment.intent {
        Intent::Unmatched => {
            let mut history = history.clone();
            context.ledger.open(&mut history)?;
            history.raw.values().find_map(|raw| decoded_method(context, raw))
        }
        Intent::Charge | Intent::Authorize | Intent::Payout => None,
    };
    decoded.ok_or_else(|| Problem::new(409, "service_not_configured", missing_service(payment)))
}

fn missing_service(payment: &Payment) -> &'static str {
    match payment.intent {
        Intent::Unmatched => {
            "nobody here asked for this payment, and MaldoPay named no service of it that this site has: add the \
             service by which it was paid to the site's services, then try again; or do it at MaldoPay, whose callback \
             is counted here"
        }
        Intent::Charge | Intent::Authorize | Intent::Payout => {
            "this payment was made by a service that the site no longer has: put it back among the site's services \
             under its name, then try again"
        }
    }
}

/// The method that a stored callback names under the site's present services. The callback's headers were not stored,
/// but only JSON begins with a brace.
fn decoded_method(context: &SiteContext<'_>, raw: &str) -> Option<String> {
    let is_object = raw.trim_start().starts_with('{');
    let content_type = if is_object { "application/json" } else { "application/x-www-form-urlencoded" };
    let headers = vec![Header { name: "content-type".to_owned(), value: content_type.to_owned() }];
    let delivery = Delivery { headers, body: raw.as_bytes().to_vec() };
    context.ports.provider.decode(&delivery, context.site, 0).ok()?.method
}
