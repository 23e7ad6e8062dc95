//! The card schemes: how their numbers begin, their lengths, and how they are grouped.

use super::runs::{Digit, Window};

/// The lengths of card numbers.
pub const LENGTHS: core::ops::RangeInclusive<usize> = 13..=19;

/// How a scheme's numbers are grouped.
enum Grouping {
    /// As cards are printed, or in any other way if there are no other digits beside the number.
    Any,
    /// In one piece or in groups of these sizes only, since too many other numbers begin like the scheme's.
    Only(&'static [usize]),
}

struct CardScheme {
    /// The ranges of the first digits. Both ends of a range have the same number of digits.
    beginnings: &'static [(u32, u32)],
    lengths: &'static [usize],
    grouping: Grouping,
}

const fn scheme(beginnings: &'static [(u32, u32)], lengths: &'static [usize]) -> CardScheme {
    CardScheme { beginnings, lengths, grouping: Grouping::Any }
}

/// The schemes. If two share a beginning, both list it, so that each can be changed alone.
///
/// A scheme's shortest numbers leave out the country codes whose telephone numbers are as long: Austria (43), Sweden
/// (46), Germany (49) and Indonesia (62). No scheme has issued such cards for years.
const SCHEMES: [CardScheme; 18] = [
    // Visa
    scheme(&[(4, 4)], &[16, 18, 19]),
    scheme(&[(40, 42), (44, 45), (47, 48)], &[13]),
    // Mastercard
    scheme(&[(51, 55), (2221, 2720)], &[16]),
    // American Express
    scheme(&[(34, 34), (37, 37)], &[15]),
    // Discover
    scheme(&[(6011, 6011), (644, 649), (65, 65)], &[16, 17, 18, 19]),
    // JCB
    scheme(&[(3528, 3589)], &[16, 17, 18, 19]),
    // Diners Club
    scheme(&[(300, 305), (3095, 3095), (36, 36), (38, 39)], &[14, 15, 16, 17, 18, 19]),
    // UnionPay
    scheme(&[(62, 62), (81, 81)], &[16, 17, 18, 19]),
    // Maestro, with the national schemes whose numbers begin like its own: Hipercard, Verve, Dankort, UzCard and others
    scheme(&[(50, 50), (56, 58), (6, 6)], &[16, 17, 18, 19]),
    scheme(&[(50, 50), (56, 58), (60, 61), (63, 69)], &[13, 14, 15]),
    // Troy
    scheme(&[(9792, 9792)], &[16]),
    // Mir, and Borica
    scheme(&[(2200, 2205)], &[16, 17, 18, 19]),
    // Elo
    scheme(&[(4011, 4011), (4312, 4312), (4389, 4389), (4514, 4514), (4573, 4573), (4576, 4576)], &[16]),
    // RuPay
    scheme(&[(60, 60), (65, 65), (81, 82), (508, 508), (353, 353), (356, 356)], &[16]),
    // Hipercard
    scheme(&[(3841, 3841)], &[13, 16, 19]),
    // Humo, UzCard, Prostir, Belkart and mada
    scheme(&[(9860, 9860), (8600, 8600), (9804, 9804), (9112, 9112), (9682, 9682)], &[16]),
    // Napas
    scheme(&[(9704, 9704)], &[16, 19]),
    // UATP
    CardScheme { beginnings: &[(1, 1)], lengths: &[15], grouping: Grouping::Only(&[4, 5, 6]) },
];

/// Whether a scheme has numbers with this beginning, length and grouping.
pub fn is_of_a_scheme(window: &Window<'_>) -> bool {
    SCHEMES.iter().any(|scheme| {
        scheme.lengths.contains(&window.digits.len())
            && scheme.beginnings.iter().any(|beginning| begins(window.digits, *beginning))
            && match scheme.grouping {
                Grouping::Any => true,
                Grouping::Only(sizes) => window.groups.len() == 1 || window.lengths().eq(sizes.iter().copied()),
            }
    })
}

fn begins(digits: &[Digit], (first, last): (u32, u32)) -> bool {
    let many = usize::try_from(first.max(1).ilog10()).unwrap_or_default().saturating_add(1);
    let beginning = digits
        .iter()
        .take(many)
        .fold(0_u32, |number, digit| number.saturating_mul(10).saturating_add(u32::from(digit.value)));
    (first..=last).contains(&beginning)
}

/// Checks the check digit (ISO/IEC 7812-1, annex B).
pub fn luhn_valid(digits: &[Digit]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .zip([false, true].into_iter().cycle())
        .map(|(digit, doubled)| match u32::from(digit.value).saturating_mul(if doubled { 2 } else { 1 }) {
            over @ 10.. => over.saturating_sub(9),
            under => under,
        })
        .sum();
    sum.is_multiple_of(10)
}
