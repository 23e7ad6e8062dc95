//! How far this host's clock and another's are apart, as far as an answer tells.

use serde::{Deserialize, Serialize};
use tollbridge_domain::Timestamp;

use crate::ports::HttpResponse;

/// With more than this between them, clocks are apart.
const MOST_APART_MILLISECONDS: i64 = 30_000;

/// What a `Date` counts in, in milliseconds.
const DATE_RESOLUTION: i64 = 1000;

/// How far this host's clock is certainly ahead of another, in milliseconds; negative where it is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Difference(i64);

impl Difference {
    /// That of a peer which answered so what was sent and received at these times of this host's clock. Not known where the
    /// answer has no `Date`, which a peer without a clock leaves out, or was kept by somebody on the way.
    pub fn of_answer(response: &HttpResponse, sent: Timestamp, received: Timestamp) -> Option<Self> {
        if response.header("age").is_some() {
            return None;
        }
        let date = Timestamp::parse_http(response.header("date")?).ok()?;
        Some(Self::between(sent, received, date, DATE_RESOLUTION))
    }

    /// That of a clock which showed this time, or one less than the resolution later, at some moment between these two of this
    /// host's clock. All that such a moment explains is no difference.
    pub fn between(sent: Timestamp, received: Timestamp, other: Timestamp, resolution: i64) -> Self {
        // A clock that was set back during the call says no less.
        let (first, last) = (sent.min(received).milliseconds(), sent.max(received).milliseconds());
        let other_first = other.milliseconds();
        let other_last = other_first.saturating_add(resolution.saturating_sub(1));
        let ahead = first.saturating_sub(other_last).max(0);
        let behind = other_first.saturating_sub(last).max(0);
        Self(ahead.saturating_sub(behind))
    }

    /// Whether it is more than may be.
    pub fn is_apart(self) -> bool {
        self.0.saturating_abs() > MOST_APART_MILLISECONDS
    }

    /// In whole seconds, away from zero: a `Date` has none between.
    pub fn seconds(self) -> i64 {
        let seconds = self.0.saturating_abs().saturating_add(999).div_euclid(1000);
        if self.0 < 0 { seconds.saturating_neg() } else { seconds }
    }

    /// Whether the two are more than so many milliseconds from each other.
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

    fn answer(headers: &[(&str, &str)]) -> HttpResponse {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        HttpResponse { status: 200, headers: headers.iter().map(owned).collect(), body: Vec::new() }
    }

    /// The difference of an answer with the date 10:00:00.
    fn of_date(sent: i64, received: i64) -> i64 {
        let response = answer(&[("date", "Fri, 20 Nov 2026 10:00:00 GMT")]);
        Difference::of_answer(&response, at(sent), at(received)).unwrap().0
    }

    #[test]
    fn what_the_call_and_the_second_explain_is_none() {
        for (sent, received) in [(0, 0), (999, 999), (-5_000, 0), (-5_000, 20_000), (500, 90_000), (700, -700)] {
            assert_eq!(of_date(sent, received), 0, "{sent} to {received}");
        }
    }

    #[test]
    fn beyond_that_it_is_the_distance() {
        assert_eq!(of_date(1_000, 5_000), 1, "a millisecond after the second ended");
        assert_eq!(of_date(31_000, 32_000), 30_001);
        assert_eq!(of_date(-40_000, -31_000), -31_000);
    }

    #[test]
    fn more_than_thirty_seconds_are_apart() {
        for (sent, is_apart, seconds) in [(29_000, false, 29), (30_999, false, 30), (31_000, true, 31)] {
            let difference = Difference(of_date(sent, sent));
            assert_eq!((difference.is_apart(), difference.seconds()), (is_apart, seconds), "{sent} ahead");
        }
        for (sent, is_apart, seconds) in [(-29_000, false, -29), (-30_000, false, -30), (-30_001, true, -31)] {
            let difference = Difference(of_date(sent, sent));
            assert_eq!((difference.is_apart(), difference.seconds()), (is_apart, seconds), "{sent} ahead");
        }
        assert!(Difference(i64::MIN).is_apart());
    }

    #[test]
    fn an_answer_without_a_date_of_its_own_says_nothing() {
        let date = ("date", "Fri, 20 Nov 2026 10:00:00 GMT");
        for headers in [&[][..], &[("date", "soon")], &[date, ("age", "86400")]] {
            assert_eq!(Difference::of_answer(&answer(headers), at(0), at(0)), None, "{headers:?}");
        }
    }
}
