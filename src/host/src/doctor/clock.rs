//! How far this machine's clock is from those of the peers.

use http::header::DATE;
use jiff::Timestamp;

use super::findings::{Area, Findings};
use crate::web::WebResponse;

/// Beyond this difference the gateway refuses drains and retries.
const MOST_SECONDS: i64 = 30;

/// Compares the clock that dated an answer with this machine's.
pub fn check(findings: &mut Findings, site: &str, peer: &str, answer: &WebResponse) {
    let date = answer.headers.get(DATE).and_then(|date| date.to_str().ok());
    let dated = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    if let Some(dated) = dated {
        compare(findings, Some(site), peer, dated.timestamp(), Timestamp::now());
    }
}

/// Compares a peer's time with the time here.
pub fn compare(findings: &mut Findings, site: Option<&str>, peer: &str, theirs: Timestamp, ours: Timestamp) {
    let seconds = ours.as_second().saturating_sub(theirs.as_second());
    if seconds.saturating_abs() <= MOST_SECONDS {
        return findings.ok(Area::Clock, site, format!("this machine's clock agrees with that of {peer}"));
    }
    let ahead = if seconds > 0 { "ahead of" } else { "behind" };
    let what = format!("this machine's clock is {} s {ahead} that of {peer}", seconds.saturating_abs());
    let advice = "set it by NTP (timedatectl set-ntp true): drains and retries are refused while clocks are apart";
    findings.problem(Area::Clock, site, what, advice);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_more_than_thirty_seconds_off_is_a_problem() {
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        for (ours, is_problem, says) in [
            (30, false, "agrees"),
            (-30, false, "agrees"),
            (31, true, "31 s ahead of that of MaldoPay"),
            (-90, true, "90 s behind that of MaldoPay"),
        ] {
            let mut findings = Findings::default();
            compare(&mut findings, None, "MaldoPay", at(0), at(ours));
            assert_eq!(findings.has_problems(), is_problem, "{ours}");
            assert!(findings.text().contains(says), "{}", findings.text());
        }
    }
}
