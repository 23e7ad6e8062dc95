//! Durations in milliseconds.

/// 1,000 ms.
pub const SECOND: i64 = 1_000;
/// 60 s.
pub const MINUTE: i64 = 60 * SECOND;
/// 60 min.
pub const HOUR: i64 = 60 * MINUTE;
/// 24 h, without regard to summer time.
pub const DAY: i64 = 24 * HOUR;
