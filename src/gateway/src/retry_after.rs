//! How long a peer wants to be left alone: `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).

use tollbridge_domain::Timestamp;
use tollbridge_domain::durations::MINUTE;

use crate::ports::HttpResponse;

/// The longest time that is honoured. A peer that asks for more is called again after this.
const MAX_WAIT: i64 = 120 * MINUTE;

/// The time before which the peer is not to be called; none where an answer other than a success does not name one.
pub fn retry_after(response: &HttpResponse, now: Timestamp) -> Option<Timestamp> {
    if (200..300).contains(&response.status) {
        return None;
    }
    let text = response.header("retry-after")?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse::<i64>().unwrap_or(i64::MAX).saturating_mul(1000)
    } else {
        // A date is by the peer's clock, which `Date` shows.
        let peer = response.header("date").and_then(|date| Timestamp::parse_http(date).ok()).unwrap_or(now);
        Timestamp::parse_http(text).ok()?.milliseconds().saturating_sub(peer.milliseconds())
    };
    (wait > 0).then(|| now.plus_milliseconds(wait.min(MAX_WAIT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "Fri, 20 Nov 2026 10:00:00 GMT";

    /// How many seconds are waited after an answer of this status with these headers.
    fn seconds(status: u16, headers: &[(&str, &str)]) -> Option<i64> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers = headers.iter().map(owned).collect();
        let now = Timestamp::parse_http(NOW).unwrap();
        let until = retry_after(&HttpResponse { status, headers, body: Vec::new() }, now)?;
        Some((until.milliseconds() - now.milliseconds()) / 1000)
    }

    #[test]
    fn seconds_and_dates_are_read() {
        for (text, expected) in [
            ("120", Some(120)),
            (" 5 ", Some(5)),
            ("0", None),
            ("-1", None),
            ("soon", None),
            ("", None),
            ("Fri, 20 Nov 2026 10:05:00 GMT", Some(300)),
            ("Fri, 20 Nov 2026 09:59:00 GMT", None),
        ] {
            assert_eq!(seconds(503, &[("retry-after", text)]), expected, "{text:?}");
        }
    }

    #[test]
    fn two_hours_are_the_most() {
        for text in ["7201", "99999999999999999999999", "Fri, 20 Nov 2027 10:00:00 GMT"] {
            assert_eq!(seconds(429, &[("retry-after", text)]), Some(7200), "{text}");
        }
    }

    #[test]
    fn a_date_is_by_the_clock_of_the_peer() {
        let headers = [("retry-after", "Fri, 20 Nov 2026 09:05:00 GMT"), ("date", "Fri, 20 Nov 2026 09:00:00 GMT")];
        assert_eq!(seconds(503, &headers), Some(300));
    }

    #[test]
    fn a_success_asks_for_nothing() {
        assert_eq!(seconds(200, &[("retry-after", "60")]), None);
    }
}
