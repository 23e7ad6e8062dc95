//! International bank account numbers. Their digits are not those of a card.

use std::ops::Range;

/// The fewest and the most characters of an international bank account number (ISO 13616).
const SHORTEST_ACCOUNT: usize = 15;
const LONGEST_ACCOUNT: usize = 34;

/// The account numbers in a text, as ranges of bytes: two letters, two check digits (ISO 7064, mod 97-10) and the
/// account, in one piece or with single spaces.
pub fn account_numbers(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let bytes = text.as_bytes();
    let mut previous = b' ';
    for (start, byte) in bytes.iter().enumerate() {
        let is_start = byte.is_ascii_alphabetic()
            && !previous.is_ascii_alphanumeric()
            && found.last().is_none_or(|last| last.end <= start);
        previous = *byte;
        if is_start && let Some(length) = account_number(bytes.get(start..).unwrap_or_default()) {
            found.push(start..start.saturating_add(length));
        }
    }
    found
}

/// The number of bytes at the beginning that are an account number.
fn account_number(bytes: &[u8]) -> Option<usize> {
    let is_head = matches!(bytes, [one, two, three, four, ..]
        if one.is_ascii_alphabetic() && two.is_ascii_alphabetic() && three.is_ascii_digit() && four.is_ascii_digit());
    if !is_head {
        return None;
    }
    let mut characters: Vec<u8> = Vec::with_capacity(LONGEST_ACCOUNT);
    let mut longest = None;
    for (place, byte) in bytes.iter().enumerate() {
        let next = bytes.get(place.saturating_add(1)).copied().unwrap_or(b' ');
        match byte {
            b' ' if next.is_ascii_alphanumeric() => continue,
            _ if byte.is_ascii_alphanumeric() && characters.len() < LONGEST_ACCOUNT => characters.push(*byte),
            _ => break,
        }
        if characters.len() >= SHORTEST_ACCOUNT && !next.is_ascii_alphanumeric() && is_checked(&characters) {
            longest = Some(place.saturating_add(1));
        }
    }
    longest
}

fn is_checked(account: &[u8]) -> bool {
    let (head, rest) = account.split_at_checked(4).unwrap_or_default();
    let remainder = rest.iter().chain(head).fold(0_u32, |remainder, byte| {
        let value = char::from(*byte).to_digit(36).unwrap_or_default();
        let shifted = remainder.saturating_mul(if value < 10 { 10 } else { 100 });
        shifted.saturating_add(value) % 97
    });
    remainder == 1
}
