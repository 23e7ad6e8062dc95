//! Numbers that have the digits of a card number by chance, but are written as something else: article numbers,
//! telephone numbers, dates, amounts, coordinates and rates.

use super::runs::{Digit, DigitGroup, DigitRun, Separation, Window};
use super::schemes::LENGTHS;

/// The most digits of an international telephone number (ITU-T E.164).
const LONGEST_TELEPHONE_NUMBER: usize = 15;

/// The digits of an article number (GTIN-13, formerly EAN-13).
const ARTICLE_NUMBER: usize = 13;

/// The fewest digits that may be grouped in a way that cards are not printed in. Shorter numbers in such groups are
/// telephone numbers.
const FEWEST_IN_ANY_GROUPS: usize = 16;

/// Whether a window with the digits of a card number is something else.
pub fn is_another_number(run: &DigitRun, window: &Window<'_>) -> bool {
    is_telephone_number(run, window)
        || is_article_number(window)
        || has_decimals(run, window)
        || is_grouped_by_thousands(window)
        || has_a_date(run, window)
        || ends_a_longer_number(run, window)
        || !is_grouped_as_a_card(run, window)
}

/// Whether it lies within the digits of a telephone number that begins with a plus sign.
fn is_telephone_number(run: &DigitRun, window: &Window<'_>) -> bool {
    run.follows_plus && window.places().end <= LONGEST_TELEPHONE_NUMBER
}

/// Whether it is 13 digits in one piece with the check digit of an article number (GS1), whose weights are not those
/// of a card number.
fn is_article_number(window: &Window<'_>) -> bool {
    let weighted = |(digit, weight): (&Digit, u32)| u32::from(digit.value).saturating_mul(weight);
    window.groups.len() == 1
        && window.digits.len() == ARTICLE_NUMBER
        && window.digits.iter().zip([1, 3].into_iter().cycle()).map(weighted).sum::<u32>().is_multiple_of(10)
}

/// Whether a part of it is a number with decimals: a rate, an amount or a coordinate. That is two groups with one point
/// or comma between them, and no other beside them. The part before the point may be a card number that was written as
/// a decimal number.
fn has_decimals(run: &DigitRun, window: &Window<'_>) -> bool {
    let places = window.places();
    run.groups.array_windows().enumerate().any(|(number, [whole, decimals])| {
        let Separation::One(point) = decimals.before else { return false };
        let after = run.groups.get(number.saturating_add(2)).map(|group| group.before);
        let (before, length, decimal_length) = (whole.before, whole.places.len(), decimals.places.len());
        let longest = match point {
            '.' => usize::MAX,
            // In a list with commas, the second item may be a card number.
            ',' => LENGTHS.start().saturating_sub(1),
            _ => return false,
        };
        let is_short = length <= 3 && decimal_length <= longest;
        let is_amount = decimal_length <= 4 && (length, decimal_length) != (4, 4);
        let is_decimal = before != decimals.before && after != Some(decimals.before) && (is_short || is_amount);
        let covers = |group: &DigitGroup| places.start < group.places.end && group.places.start < places.end;
        is_decimal && (covers(decimals) || (is_short && covers(whole)))
    })
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

/// Whether it is the rest of a longer number in groups of four, such as a parcel's. A card number comes first: after it
/// may come its expiry date.
fn ends_a_longer_number(run: &DigitRun, window: &Window<'_>) -> bool {
    let [first, second, ..] = window.groups else { return false };
    let number = run.groups.partition_point(|group| group.places.start < first.places.start);
    let before = run.groups.get(..number).unwrap_or_default();
    !before.is_empty()
        && first.before == second.before
        && before.iter().chain([first]).all(|group| group.places.len() == 4)
        && before.iter().skip(1).all(|group| group.before == first.before)
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

/// Whether the groups have the sizes of a card number: four digits or more except in the last group, one digit each, or
/// those of the shortest Visa numbers. If there are no other digits beside them, any sizes will do in a number that is
/// longer than telephone numbers. Part of a list with commas is not a card number.
fn is_grouped_as_a_card(run: &DigitRun, window: &Window<'_>) -> bool {
    let [first, rest @ ..] = window.groups else { return false };
    let is_alike = || rest.array_windows().all(|[one, next]| one.before == next.before);
    if window.groups.len() == run.groups.len() && window.digits.len() >= FEWEST_IN_ANY_GROUPS && is_alike() {
        return true;
    }
    let end = window.places().end;
    let after = run.groups.get(run.groups.partition_point(|group| group.places.start < end));
    let is_in_a_list = first.before.has_comma() || after.is_some_and(|group| group.before.has_comma());
    if is_in_a_list && rest.iter().any(|group| group.before.has_comma()) {
        return false;
    }
    window.lengths().rev().skip(1).all(|length| length >= 4)
        || (is_alike() && (window.lengths().all(|length| length == 1) || window.lengths().eq([4, 3, 3, 3])))
}
