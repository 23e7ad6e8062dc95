//! What looks like a payment card number, which Tollbridge must never carry.

/// Whether the text has 13 to 19 digits, alone or in groups, with the first digit of a card scheme and a valid check
/// digit (ISO/IEC 7812). Digits that touch letters are part of another kind of number, such as an IBAN.
#[must_use]
pub fn looks_like_card(text: &str) -> bool {
    let mut run: Vec<u32> = Vec::new();
    let mut touches_letter = false;
    let mut separators = 0_usize;
    let mut previous = ' ';
    for character in text.chars().chain(['\n']) {
        if let Some(digit) = character.to_digit(10) {
            touches_letter |= run.is_empty() && previous.is_alphabetic();
            separators = 0;
            run.push(digit);
        } else if is_separator(character) && separators < 2 && !run.is_empty() {
            separators = separators.saturating_add(1);
        } else {
            touches_letter |= previous.is_ascii_digit() && character.is_alphabetic();
            if !touches_letter && is_card(&run) {
                return true;
            }
            run.clear();
            touches_letter = false;
        }
        previous = character;
    }
    false
}

/// What people write between the groups of a card number.
fn is_separator(character: char) -> bool {
    matches!(character, '-' | '.' | '/') || (character.is_whitespace() && character != '\n')
}

fn is_card(digits: &[u32]) -> bool {
    matches!(digits.len(), 13..=19) && matches!(digits.first(), Some(2..=6)) && luhn_valid(digits)
}

/// The check of ISO/IEC 7812-1, annex B.
fn luhn_valid(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .zip([false, true].into_iter().cycle())
        .map(|(digit, doubled)| match digit.saturating_mul(if doubled { 2 } else { 1 }) {
            over @ 10.. => over.saturating_sub(9),
            under => under,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_found_however_they_are_written() {
        for text in [
            "4111111111111111",
            "card 4111 1111 1111 1111 please",
            "5500-0000-0000-0004",
            "(378282246310005)",
            "x: 6011000990139424.",
            "4111.1111.1111.1111",
            "4111  1111\u{a0}1111 1111",
        ] {
            assert!(looks_like_card(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_not() {
        for text in [
            "4111111111111112",
            "+905551112233",
            "TR330006100519786457841326",
            "TR33 0006 1005 1978 6457 8413 26",
            "GB29NWBK60161331926819",
            "801Hs00000abcdeIAA",
            "00000123",
            "2026-11-20 10:15:30",
            "",
        ] {
            assert!(!looks_like_card(text), "{text}");
        }
    }
}
