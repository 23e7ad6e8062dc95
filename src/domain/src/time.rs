//! Points in time, to the millisecond, in the forms that providers and Salesforce use.

use core::fmt;

use serde::{Deserialize, Serialize};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// Milliseconds since 1970-01-01T00:00:00Z, within the years that RFC 3339 can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Timestamp(i64);

/// The number or text is not a point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a time: write it as 2026-11-20 10:15:30")]
pub struct TimeError;

/// `2026-11-20 10:15:30`, optionally with a `T` between and with fractions of a second.
const LOCAL: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[year]-[month]-[day][first [ ] [T]][hour]:[minute]:[second][optional [.[subsecond]]]"
);

/// RFC 3339 in UTC, to the millisecond.
const UTC: &[BorrowedFormatItem<'_>] =
    format_description!(version = 2, "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// `Fri, 20 Nov 2026 10:15:30 GMT`, the one form in which HTTP's `Date` may be sent (IMF-fixdate, RFC 9110, 5.6.7).
const HTTP: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The time this many milliseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// The year would be before 1 or after 9999.
    pub fn from_milliseconds(milliseconds: i64) -> Result<Self, TimeError> {
        let time = date_time(milliseconds).ok_or(TimeError)?;
        if time.year() >= 1 { Ok(Self(milliseconds)) } else { Err(TimeError) }
    }

    /// Reads a time without a zone, `2026-11-20 10:15:30` (a `T` and fractions of a second are accepted too), as local
    /// time this many seconds ahead of UTC.
    ///
    /// # Errors
    /// The text is not such a time.
    pub fn parse_local(text: &str, utc_offset_seconds: i32) -> Result<Self, TimeError> {
        let local = PrimitiveDateTime::parse(text, LOCAL).map_err(|_| TimeError)?;
        let offset = UtcOffset::from_whole_seconds(utc_offset_seconds).map_err(|_| TimeError)?;
        let milliseconds = local.assume_offset(offset).unix_timestamp_nanos().div_euclid(1_000_000);
        Self::from_milliseconds(i64::try_from(milliseconds).map_err(|_| TimeError)?)
    }

    /// Reads the value of HTTP's header `Date`.
    ///
    /// # Errors
    /// The text is not such a time, or has one of the two forms that RFC 9110 calls obsolete.
    pub fn parse_http(text: &str) -> Result<Self, TimeError> {
        let time = PrimitiveDateTime::parse(text, HTTP).map_err(|_| TimeError)?;
        Self::from_milliseconds(time.assume_utc().unix_timestamp().saturating_mul(1000))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn milliseconds(self) -> i64 {
        self.0
    }

    /// The year in UTC.
    pub(crate) fn year(self) -> Option<i32> {
        date_time(self.0).map(OffsetDateTime::year)
    }

    /// The time this many milliseconds later; the same time if that is out of range.
    #[must_use]
    pub fn plus_milliseconds(self, milliseconds: i64) -> Self {
        Self::from_milliseconds(self.0.saturating_add(milliseconds)).unwrap_or(self)
    }
}

fn date_time(milliseconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds).checked_mul(1_000_000)?).ok()
}

impl TryFrom<i64> for Timestamp {
    type Error = TimeError;

    fn try_from(milliseconds: i64) -> Result<Self, TimeError> {
        Self::from_milliseconds(milliseconds)
    }
}

impl From<Timestamp> for i64 {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds, a form that Salesforce accepts for a date and time.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = date_time(self.0).and_then(|time| time.format(UTC).ok());
        formatter.write_str(&written.ok_or(fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_are_read_with_their_offset() {
        let utc = Timestamp::parse_local("2026-11-20 10:15:30", 0).unwrap();
        assert_eq!(utc.to_string(), "2026-11-20T10:15:30.000Z");
        assert_eq!(Timestamp::parse_local("2026-11-20 13:15:30", 3 * 3600).unwrap(), utc);
    }

    #[test]
    fn the_date_of_a_response_is_read() {
        let date = Timestamp::parse_http("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date.to_string(), "1994-11-06T08:49:37.000Z");
        let others = ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 CET"];
        let broken =
            ["", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37"];
        for text in others.into_iter().chain(broken) {
            assert_eq!(Timestamp::parse_http(text), Err(TimeError), "{text:?}");
        }
    }

    #[test]
    fn text_that_is_not_a_time_is_refused() {
        for text in ["", "yesterday", "2026-13-01 00:00:00", "2026-02-30 00:00:00", "-009999-01-01 00:00:00"] {
            assert_eq!(Timestamp::parse_local(text, 0), Err(TimeError), "{text:?}");
        }
        assert_eq!(Timestamp::from_milliseconds(i64::MAX), Err(TimeError));
        assert_eq!(Timestamp::from_milliseconds(i64::MIN), Err(TimeError));
    }
}
