//! Numbers that have the digits of a card number by chance, but are written as something else: telephone
//! numbers, dates, amounts and rates.

use super::runs::{DigitGroup, DigitRun, Separation, Window};

/// The most digits of an international telephone number (ITU-T E.164).
const LONGEST_TELEPHONE_NUMBER: usize = 15;

/// Whether a window with the digits of a card number is something else.
pub fn is_another_number(run: &DigitRun, window: &Window<'_>) -> bool {
    is_telephone_number(run, window)
        || is_within_decimals(run, window)
        || is_grouped_by_thousands(window)
        || has_a_date(run, window)
        || !is_grouped_as_a_card(run, window)
}

fn is_telephone_number(run: &DigitRun, window: &Window<'_>) -> bool {
    run.follows_plus && window.places().start == 0 && window.digits.len() <= LONGEST_TELEPHONE_NUMBER
}

/// Two groups with one point between them are a number with decimals: a rate, or an amount. The part before the point
/// may be a card number that was written as a decimal number.
fn is_within_decimals(run: &DigitRun, window: &Window<'_>) -> bool {
    match run.groups.as_slice() {
        [whole, decimals] => {
            decimals.before == Separation::One('.')
                && (whole.places.len() <= 3 || decimals.places.len() <= 4)
                && window.places().end > decimals.places.start
        }
        _ => false,
    }
}

/// `4,111,111,111,111`, with or without decimals. Nobody writes a card number in groups of three.
fn is_grouped_by_thousands(window: &Window<'_>) -> bool {
    let [first, thousands @ .., last] = window.groups else { return false };
    let Some(Separation::One(between)) = thousands.first().map(|group| group.before) else { return false };
    let is_thousands = |group: &DigitGroup| group.places.len() == 3 && group.before == Separation::One(between);
    let is_decimals =
        |group: &DigitGroup| group.places.len() <= 3 && matches!(group.before, Separation::One('.' | ','));
    (matches!(between, '.' | ',') || between.is_whitespace())
        && first.places.len() <= 3
        && thousands.iter().all(is_thousands)
        && (is_thousands(last) || is_decimals(last))
}

/// Whether three of its groups are a date.
fn has_a_date(run: &DigitRun, window: &Window<'_>) -> bool {
    window.groups.array_windows().any(|date| is_date(run, date))
}

fn is_date(run: &DigitRun, [one, two, three]: &[DigitGroup; 3]) -> bool {
    let is_joined = two.before == three.before && matches!(two.before, Separation::One('.' | '/' | '-'));
    let number = |group: &DigitGroup| match group.places.len() {
        1 | 2 | 4 => run.digits.get(group.places.clone()).map(|digits| {
            digits.iter().fold(0_u32, |number, digit| number.saturating_mul(10).saturating_add(u32::from(digit.value)))
        }),
        _ => None,
    };
    let (Some(first), Some(second), Some(third)) = (number(one), number(two), number(three)) else { return false };
    let day_and_month = |one, other| {
        let (is_day, is_month) = (|number| (1..=31).contains(&number), |number| (1..=12).contains(&number));
        (is_day(one) && is_month(other)) || (is_month(one) && is_day(other))
    };
    let is_year = |number, group: &DigitGroup| match group.places.len() {
        4 => (1900..2200).contains(&number),
        length => length == 2,
    };
    is_joined
        && ((day_and_month(first, second) && is_year(third, three))
            || (one.places.len() == 4 && is_year(first, one) && day_and_month(second, third)))
}

/// Whether the groups have the sizes of a card number: four digits or more except in the last group, or one digit each.
/// If there are no other digits beside them, any sizes will do. Part of a list with commas is not a card number.
fn is_grouped_as_a_card(run: &DigitRun, window: &Window<'_>) -> bool {
    if window.groups.len() == run.groups.len() {
        return true;
    }
    let [first, rest @ ..] = window.groups else { return false };
    let end = window.places().end;
    let after = run.groups.get(run.groups.partition_point(|group| group.places.start < end));
    let is_in_a_list = first.before.has_comma() || after.is_some_and(|group| group.before.has_comma());
    if is_in_a_list && rest.iter().any(|group| group.before.has_comma()) {
        return false;
    }
    window.lengths().rev().skip(1).all(|length| length >= 4)
        || (window.lengths().all(|length| length == 1)
            && rest.array_windows().all(|[one, next]| one.before == next.before))
}
