//! The difference between this host's clock and another one, as far as a response shows it.

use serde::{Deserialize, Serialize};
use tollbridge_domain::Timestamp;

use crate::ports::HttpResponse;

/// A larger difference means that the clocks are apart.
const MAX_DIFFERENCE_MILLISECONDS: i64 = 30_000;

/// The resolution of an HTTP `Date`, in milliseconds.
const DATE_RESOLUTION: i64 = 1000;

/// How far this host's clock is ahead of another one at least, in milliseconds; negative where it is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClockDifference(i64);

impl ClockDifference {
    /// From a peer's response to a call with these times by this host's clock. None where the response has no `Date`,
    /// since peers without a clock omit it, or comes from a cache.
    pub fn of_response(response: &HttpResponse, sent: Timestamp, received: Timestamp) -> Option<Self> {
        if response.header("age").is_some() {
            return None;
        }
        let date = Timestamp::parse_http(response.header("date")?).ok()?;
        Some(Self::between(sent, received, date, DATE_RESOLUTION))
    }

    /// From a clock that showed `other`, or a time less than the resolution later, at some moment between these two
    /// times of this host's clock. A difference that such a moment explains counts as none.
    pub fn between(sent: Timestamp, received: Timestamp, other: Timestamp, resolution: i64) -> Self {
        // This host's clock may have been set back during the call.
        let (first, last) = (sent.min(received).milliseconds(), sent.max(received).milliseconds());
        let other_first = other.milliseconds();
        let other_last = other_first.saturating_add(resolution.saturating_sub(1));
        let ahead = first.saturating_sub(other_last).max(0);
        let behind = other_first.saturating_sub(last).max(0);
        Self(ahead.saturating_sub(behind))
    }

    /// Whether it exceeds [`MAX_DIFFERENCE_MILLISECONDS`].
    pub fn is_apart(self) -> bool {
        self.0.saturating_abs() > MAX_DIFFERENCE_MILLISECONDS
    }

    /// In whole seconds, rounded away from zero, since a `Date` has no fractions.
    pub fn seconds(self) -> i64 {
        let seconds = self.0.saturating_abs().saturating_add(999).div_euclid(1000);
        if self.0 < 0 { seconds.saturating_neg() } else { seconds }
    }

    /// Whether the two differ by more than so many milliseconds.
    pub fn differs_from(self, other: Self, milliseconds: i64) -> bool {
        self.0.saturating_sub(other.0).saturating_abs() > milliseconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20T10:00:00Z.
    const NOON: i64 = 1_795_168_800_000;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(NOON + milliseconds).unwrap()
    }

    fn response(headers: &[(&str, &str)]) -> HttpResponse {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        HttpResponse { status: 200, headers: headers.iter().map(owned).collect(), body: Vec::new() }
    }

    /// The difference of a response with the date 10:00:00.
    fn of_date(sent: i64, received: i64) -> i64 {
        let response = response(&[("date", "Fri, 20 Nov 2026 10:00:00 GMT")]);
        ClockDifference::of_response(&response, at(sent), at(received)).unwrap().0
    }

    #[test]
    fn a_difference_within_the_call_and_the_resolution_counts_as_none() {
        for (sent, received) in [(0, 0), (999, 999), (-5_000, 0), (-5_000, 20_000), (500, 90_000), (700, -700)] {
            assert_eq!(of_date(sent, received), 0, "{sent} to {received}");
        }
    }

    #[test]
    fn beyond_the_call_and_the_resolution_the_distance_counts() {
        assert_eq!(of_date(1_000, 5_000), 1, "a millisecond after the second ended");
        assert_eq!(of_date(31_000, 32_000), 30_001);
        assert_eq!(of_date(-40_000, -31_000), -31_000);
    }

    #[test]
    fn a_difference_of_more_than_thirty_seconds_is_apart() {
        for (sent, is_apart, seconds) in [(29_000, false, 29), (30_999, false, 30), (31_000, true, 31)] {
            let difference = ClockDifference(of_date(sent, sent));
            assert_eq!((difference.is_apart(), difference.seconds()), (is_apart, seconds), "{sent} ahead");
        }
        for (sent, is_apart, seconds) in [(-29_000, false, -29), (-30_000, false, -30), (-30_001, true, -31)] {
            let difference = ClockDifference(of_date(sent, sent));
            assert_eq!((difference.is_apart(), difference.seconds()), (is_apart, seconds), "{sent} ahead");
        }
        assert!(ClockDifference(i64::MIN).is_apart());
    }

    #[test]
    fn a_response_without_a_date_or_from_a_cache_shows_no_difference() {
        let date = ("date", "Fri, 20 Nov 2026 10:00:00 GMT");
        for headers in [&[][..], &[("date", "soon")], &[date, ("age", "86400")]] {
            assert_eq!(ClockDifference::of_response(&response(headers), at(0), at(0)), None, "{headers:?}");
        }
    }
}
