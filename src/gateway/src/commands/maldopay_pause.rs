//! The pause that MaldoPay asks for with `Retry-After`. Until it is over, no status inquiry is made. Commands go on: they
//! are the caller's, and each is sent once.

use tollbridge_domain::Timestamp;
use tollbridge_ledger::StoreError;

use crate::config::Site;
use crate::http::problem::Problem;
use crate::ports::HttpResponse;
use crate::retry_after::retry_after;
use crate::site_context::SiteContext;

/// The error code of an inquiry during the pause.
pub const BUSY: &str = "maldopay_busy";

fn key(site: &Site) -> String {
    format!("mp/{}@", site.name)
}

/// Stores the pause that this answer asks for, if it does. Where the store fails, the next answer says it again.
pub fn note(context: &SiteContext<'_>, response: &HttpResponse) {
    if let Some(until) = retry_after(response, context.ports.clock.now()) {
        let value = until.milliseconds().to_string().into_bytes();
        let _ = context.ports.store.set_many(&[(key(context.site), value)]);
    }
}

/// How many seconds of the site's pause are left; none where there is no pause. An unreadable record counts as none.
///
/// # Errors
/// The store does not answer.
pub fn seconds_left(context: &SiteContext<'_>, now: Timestamp) -> Result<Option<u32>, StoreError> {
    let value = context.ports.store.get_many(&[key(context.site)])?.into_iter().next().flatten();
    let until = value.and_then(|value| core::str::from_utf8(&value).ok()?.parse::<i64>().ok());
    let left = until.unwrap_or(0).saturating_sub(now.milliseconds());
    Ok((left > 0).then(|| u32::try_from(left.div_euclid(1000).saturating_add(1)).unwrap_or(u32::MAX)))
}

/// The problem of an inquiry during the pause.
pub fn busy(seconds: u32) -> Problem {
    let detail = "MaldoPay asked to be left alone for a while: ask again after Retry-After";
    Problem::new(503, BUSY, detail).retriable(seconds)
}
