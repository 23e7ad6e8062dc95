//! The time zone of times that are written without one.
//!
//! The smallest crate that reads zones takes a tenth of the provider component's size budget, most of it for features
//! that are not needed here. The tests compare this module with `jiff`.

use time::{Date, Month};

use crate::{TimeError, Timestamp};

/// A time zone with its rules for summer time, as POSIX writes it in `TZ`: `CET-1CEST,M3.5.0,M10.5.0/3`. A rule applies
/// to every year, so no database of zones is needed. If a country changes its rules, this text changes. Of POSIX's
/// three forms of a day, only `Mm.w.d` is read: no country's summer time needs another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZone {
    /// In seconds ahead of UTC.
    standard: i32,
    summer: Option<Summer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Summer {
    /// In seconds ahead of UTC.
    offset: i32,
    from: ZoneTransition,
    until: ZoneTransition,
}

/// When clocks change, each year.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ZoneTransition {
    month: Month,
    /// 5 is the last.
    week: u8,
    /// From Sunday, 0.
    weekday: u8,
    /// After midnight, by the clock that is changed.
    seconds: i32,
}

/// The text is not a time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a zone as POSIX writes it: write its names, offsets and rules, such as CET-1CEST,M3.5.0,M10.5.0/3 or <+03>-3"
)]
pub struct TimeZoneError;

impl TimeZone {
    /// Reads a zone.
    ///
    /// # Errors
    /// The text is not a time zone, or has a day in another form than `Mm.w.d`.
    pub fn parse(text: &str) -> Result<Self, TimeZoneError> {
        let mut rest = Rest(text);
        let zone = rest.zone().ok_or(TimeZoneError)?;
        if rest.0.is_empty() { Ok(zone) } else { Err(TimeZoneError) }
    }

    /// The point in time at which clocks in this zone show what they would show at `clock` in UTC.
    ///
    /// When clocks are put back, an hour comes twice, and this gives the first. When they are put forward, an hour is
    /// skipped, and a time in it is read by a clock that was not put forward yet.
    ///
    /// # Errors
    /// The result is outside the years that can be written.
    pub fn at(&self, clock: Timestamp) -> Result<Timestamp, TimeError> {
        let offset = match &self.summer {
            Some(summer) if summer.holds(clock, self.standard).ok_or(TimeError)? => summer.offset,
            Some(_) | None => self.standard,
        };
        Timestamp::from_milliseconds(clock.milliseconds().saturating_sub(i64::from(offset).saturating_mul(1000)))
    }
}

impl Summer {
    /// Whether clocks that show this time are on summer time. A time that they show twice, or never, counts as before
    /// the change.
    fn holds(&self, clock: Timestamp, standard: i32) -> Option<bool> {
        let year = clock.year()?;
        let seconds = clock.milliseconds().div_euclid(1000);
        let forward = i64::from(self.offset.saturating_sub(standard));
        // If a change puts clocks forward, the skipped times still count as before it.
        let from = self.from.in_year(year)?.saturating_add(forward.max(0));
        let until = self.until.in_year(year)?.saturating_add(forward.saturating_neg().max(0));
        Some(if from <= until {
            (from..until).contains(&seconds)
        } else {
            // South of the equator, summer spans the turn of the year.
            !(until..from).contains(&seconds)
        })
    }
}

impl ZoneTransition {
    /// The time that clocks show at the change, in seconds as if it were UTC.
    fn in_year(&self, year: i32) -> Option<i64> {
        let first = Date::from_calendar_date(year, self.month, 1).ok()?;
        let to_weekday =
            (7_u8.saturating_add(self.weekday)).saturating_sub(first.weekday().number_days_from_sunday()) % 7;
        let day = 1_u8.saturating_add(to_weekday).saturating_add(7_u8.saturating_mul(self.week.saturating_sub(1)));
        let day = if day > self.month.length(year) { day.saturating_sub(7) } else { day };
        let days = first.replace_day(day).ok()?.to_julian_day().saturating_sub(EPOCH_JULIAN_DAY);
        Some(i64::from(days).saturating_mul(86_400).saturating_add(self.seconds.into()))
    }
}

/// 1970-01-01.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;

const HOUR: i32 = 3600;

/// The text that is still to be read. Each function consumes the element that it is named after, if it comes next.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn zone(&mut self) -> Option<TimeZone> {
        self.name()?;
        // POSIX counts from the zone to UTC.
        let standard = self.time(24)?.saturating_neg();
        if self.0.is_empty() {
            return Some(TimeZone { standard, summer: None });
        }
        self.name()?;
        let offset =
            if self.0.starts_with(',') { standard.saturating_add(HOUR) } else { self.time(24)?.saturating_neg() };
        let summer = Summer { offset, from: self.change()?, until: self.change()? };
        Some(TimeZone { standard, summer: Some(summer) })
    }

    /// At least three letters, or in angle brackets letters, digits and signs.
    fn name(&mut self) -> Option<()> {
        let name = if self.symbol('<') {
            let (name, rest) = self.0.split_once('>')?;
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(&byte));
            self.0 = rest;
            is_name.then_some(name)?
        } else {
            self.while_matching(|byte| byte.is_ascii_alphabetic())
        };
        (3..=30).contains(&name.len()).then_some(())
    }

    /// `,Mm.w.d`, with `/time` if it is not two o'clock.
    fn change(&mut self) -> Option<ZoneTransition> {
        for symbol in [',', 'M'] {
            self.symbol(symbol).then_some(())?;
        }
        let month = u8::try_from(self.number(1, 12)?).ok().and_then(|month| Month::try_from(month).ok())?;
        self.symbol('.').then_some(())?;
        let week = self.number(1, 5)?;
        self.symbol('.').then_some(())?;
        let weekday = self.number(0, 6)?;
        let seconds = if self.symbol('/') { self.time(167)? } else { 2 * HOUR };
        Some(ZoneTransition { month, week: u8::try_from(week).ok()?, weekday: u8::try_from(weekday).ok()?, seconds })
    }

    /// `[+-]hours[:minutes[:seconds]]` in seconds, with at most this many hours.
    fn time(&mut self, most_hours: i32) -> Option<i32> {
        let back = self.symbol('-');
        if !back {
            self.symbol('+');
        }
        let mut seconds = self.number(0, most_hours)?.saturating_mul(HOUR);
        for unit in [60, 1] {
            if !self.symbol(':') {
                break;
            }
            seconds = seconds.saturating_add(self.number(0, 59)?.saturating_mul(unit));
        }
        Some(if back { seconds.saturating_neg() } else { seconds })
    }

    fn number(&mut self, least: i32, most: i32) -> Option<i32> {
        let digits = self.while_matching(|byte| byte.is_ascii_digit());
        if digits.len() > 3 {
            return None;
        }
        digits.parse().ok().filter(|number| (least..=most).contains(number))
    }

    fn symbol(&mut self, symbol: char) -> bool {
        let rest = self.0.strip_prefix(symbol);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}

impl<'a> Rest<'a> {
    fn while_matching(&mut self, matches: fn(u8) -> bool) -> &'a str {
        let end = self.0.bytes().position(|byte| !matches(byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at_checked(end).unwrap_or((self.0, ""));
        self.0 = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

    fn utc(zone: &str, clock: &str) -> String {
        let clock = Timestamp::parse_local(clock, 0).unwrap();
        TimeZone::parse(zone).unwrap().at(clock).unwrap().to_string()
    }

    #[test]
    fn summer_and_winter_have_their_own_offsets() {
        for (zone, clock, point) in [
            (BERLIN, "2026-01-15 12:00:00", "2026-01-15T11:00:00.000Z"),
            (BERLIN, "2026-07-15 12:00:00", "2026-07-15T10:00:00.000Z"),
            ("EST5EDT,M3.2.0,M11.1.0", "2026-07-15 12:00:00", "2026-07-15T16:00:00.000Z"),
            ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-15 12:00:00", "2026-01-15T01:00:00.000Z"),
            ("<+03>-3", "2026-07-15 12:00:00", "2026-07-15T09:00:00.000Z"),
            ("IST-5:30", "2026-07-15 12:00:00", "2026-07-15T06:30:00.000Z"),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-15 12:00:00", "2026-07-15T11:00:00.000Z"),
        ] {
            assert_eq!(utc(zone, clock), point, "{zone} {clock}");
        }
    }

    #[test]
    fn a_repeated_hour_is_the_first_and_a_skipped_hour_is_before_the_change() {
        for (clock, point) in [
            // Clocks go back from 03:00 to 02:00 on 2026-10-25.
            ("2026-10-25 01:59:59", "2026-10-24T23:59:59.000Z"),
            ("2026-10-25 02:30:00", "2026-10-25T00:30:00.000Z"),
            ("2026-10-25 03:00:00", "2026-10-25T02:00:00.000Z"),
            // Clocks go forward from 02:00 to 03:00 on 2026-03-29.
            ("2026-03-29 01:59:59", "2026-03-29T00:59:59.000Z"),
            ("2026-03-29 02:30:00", "2026-03-29T01:30:00.000Z"),
            ("2026-03-29 03:00:00", "2026-03-29T01:00:00.000Z"),
        ] {
            assert_eq!(utc(BERLIN, clock), point, "{clock}");
        }
    }

    #[test]
    fn text_that_is_not_a_zone_is_refused() {
        for text in [
            "",
            "Europe/Berlin",
            "CET",
            "CET-1CEST",
            "CET-1CEST,M3.5.0",
            "CET-1CEST,M13.5.0,M10.5.0",
            "CET-1 ",
            "+3",
            ":UTC",
        ] {
            assert_eq!(TimeZone::parse(text), Err(TimeZoneError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_time_is_within_a_day_of_what_clocks_show(milliseconds in -62_000_000_000_000..253_000_000_000_000_i64) {
            let clock = Timestamp::from_milliseconds(milliseconds).unwrap();
            let point = TimeZone::parse(BERLIN).unwrap().at(clock).unwrap();
            let ahead = milliseconds - point.milliseconds();
            prop_assert!(ahead == 3_600_000 || ahead == 7_200_000, "{}", ahead);
        }

        #[test]
        fn it_agrees_with_jiff(
            offsets in (-12..=14_i32, 0..60_i32, prop::sample::select(vec![-60, -30, 30, 60, 120])),
            months in (1..=12_u8, 1..=5_u8, 0..=6_u8, 0..=24_u8, 2..=10_u8, 1..=5_u8, 0..=6_u8, 0..=24_u8),
            day in 0..20_000_i64,
            second in 0..86_400_i64,
            near_a_change in any::<bool>(),
        ) {
            let (hours, minutes, ahead) = offsets;
            let write = |minutes: i32| {
                let sign = if minutes > 0 { "-" } else { "" };
                format!("{sign}{}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            };
            let standard = hours * 60 + minutes * hours.signum();
            let (month, week, weekday, hour, apart, last_week, last_weekday, last_hour) = months;
            let other_month = (month + apart - 1) % 12 + 1;
            let text = format!(
                "AAA{}BBB{},M{month}.{week}.{weekday}/{hour},M{other_month}.{last_week}.{last_weekday}/{last_hour}",
                write(standard),
                write(standard + ahead),
            );
            let zone = TimeZone::parse(&text).unwrap();
            let mut seconds = day * 86_400 + second;
            if near_a_change {
                let year = Timestamp::from_milliseconds(seconds * 1000).unwrap().year().unwrap();
                let change = if second % 2 == 0 { &zone.summer.as_ref().unwrap().from } else { &zone.summer.as_ref().unwrap().until };
                seconds = change.in_year(year).unwrap() + second % 18_000 - 9_000;
            }
            let clock = Timestamp::from_milliseconds(seconds * 1000).unwrap();
            let shown = jiff::Timestamp::from_second(seconds).unwrap().to_zoned(jiff::tz::TimeZone::UTC).datetime();
            let expected = jiff::tz::TimeZone::posix(&text).unwrap().to_ambiguous_timestamp(shown).compatible().unwrap();
            prop_assert_eq!(zone.at(clock).unwrap().milliseconds(), expected.as_millisecond(), "{} at {}", text, clock);
        }

        #[test]
        fn no_text_and_no_time_panic(text in "[A-Z<>+0-9:,./MJ-]{0,24}", milliseconds in any::<i64>()) {
            if let (Ok(zone), Ok(clock)) = (TimeZone::parse(&text), Timestamp::from_milliseconds(milliseconds)) {
                let _ = zone.at(clock);
            }
        }
    }
}
