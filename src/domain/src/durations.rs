//! Durations in milliseconds.

/// 1,000 ms.
pub const SECOND: i64 = 1_000;
/// 60 s.
pub const MINUTE: i64 = 60 * SECOND;
/// 60 min.
pub const HOUR: i64 = 60 * MINUTE;
/// 24 h, without regard to summer time.
pub const DAY: i64 = 24 * HOUR;

/// The wait after this many doublings of the `first`, but at most the `longest`: exponential backoff without jitter.
#[must_use]
pub fn backoff(first: i64, doublings: u32, longest: i64) -> i64 {
    let factor = 1_i64.checked_shl(doublings.min(62)).unwrap_or(i64::MAX);
    first.saturating_mul(factor).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_up_to_the_longest() {
        for (doublings, wait) in
            [(0, MINUTE), (1, 2 * MINUTE), (5, 32 * MINUTE), (6, HOUR), (62, HOUR), (u32::MAX, HOUR)]
        {
            assert_eq!(backoff(MINUTE, doublings, HOUR), wait, "{doublings}");
        }
    }
}
