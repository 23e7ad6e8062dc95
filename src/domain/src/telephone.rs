//! Telephone numbers, as people write and paste them.

use crate::cards::characters::{digit, is_invisible};

/// The digits of a telephone number: the most are those of an international number (ITU-T E.164).
const DIGITS: core::ops::RangeInclusive<usize> = 4..=15;

/// A telephone number: digits only, after a plus sign if it was written with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelephoneNumber(String);

/// The text is not a telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a telephone number: write it as +905551112233")]
pub struct TelephoneNumberError;

impl TelephoneNumber {
    /// Reads a number without what people write between its digits: spaces of any kind, invisible characters, brackets,
    /// dashes, points and slashes. Digits may be of any script. In an international number, `(0)` is dropped: it is
    /// only dialled within the country.
    ///
    /// # Errors
    /// Another character is in it, or it does not have 4 to 15 digits.
    pub fn parse(text: &str) -> Result<Self, TelephoneNumberError> {
        let mut number = String::new();
        let mut bracket = None;
        for character in text.chars() {
            match character {
                '+' | '\u{ff0b}' if number.is_empty() => number.push('+'),
                '(' => bracket = Some(number.len()),
                ')' => {
                    let is_international = number.starts_with('+') || number.starts_with("00");
                    if let Some(start) = bracket.take().filter(|start| *start > 0 && is_international)
                        && number.get(start..) == Some("0")
                    {
                        number.truncate(start);
                    }
                }
                '-' | '.' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' => {}
                _ if character.is_whitespace() || is_invisible(character) => {}
                _ => {
                    let value = digit(character).ok_or(TelephoneNumberError)?;
                    number.push(char::from(value.saturating_add(b'0')));
                }
            }
        }
        let digits = number.strip_prefix('+').unwrap_or(&number).len();
        if DIGITS.contains(&digits) { Ok(Self(number)) } else { Err(TelephoneNumberError) }
    }
}

impl From<TelephoneNumber> for String {
    fn from(number: TelephoneNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_read_as_people_paste_it() {
        for (text, number) in [
            ("+905551112233", "+905551112233"),
            ("05551112233", "05551112233"),
            ("+90 (0)555 111 22 33", "+905551112233"),
            ("+90 ( 0 ) 555 111-22-33", "+905551112233"),
            ("0090 (0) 555 111 22 33", "00905551112233"),
            ("(0)555 111 22 33", "05551112233"),
            ("(0555) 111.22.33", "05551112233"),
            ("+90\u{a0}(555)\u{202f}111/22\u{2011}33", "+905551112233"),
            ("\u{202a}+90 555 111 22 33\u{202c}", "+905551112233"),
            ("\u{feff}+90\u{200b}555\u{ad}1112233\t", "+905551112233"),
            ("\u{ff0b}９０５５５１１１２２３３", "+905551112233"),
            ("+٩٠٥٥٥١١١٢٢٣٣", "+905551112233"),
            ("(+90) 555 111 22 33", "+905551112233"),
        ] {
            assert_eq!(TelephoneNumber::parse(text).map(String::from).as_deref(), Ok(number), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "+", "112", "none", "call me", "++90555", "90+555", "+90 555 x12", "0555 1, 0555 2"] {
            assert_eq!(TelephoneNumber::parse(text), Err(TelephoneNumberError), "{text:?}");
        }
        assert!(TelephoneNumber::parse("1234567890123456").is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_between_the_digits_the_number_is_the_same(
            number in "[1-9][0-9]{7,14}",
            between in prop::collection::vec(
                prop::sample::select(vec!["", " ", "\u{a0}", "-", ".", "(", ")", "\u{200e}", "/"]),
                15,
            ),
        ) {
            let written: String = number.chars().zip(&between).map(|(digit, between)| format!("{digit}{between}")).collect();
            prop_assume!(!written.contains("(0"));
            let read = TelephoneNumber::parse(&format!("+{written}")).map(String::from);
            prop_assert_eq!(read, Ok(format!("+{number}")));
        }

        #[test]
        fn no_text_panics_and_what_is_read_is_read_again(text in any::<String>(), digits in "[0-9 ()+.-]{0,30}") {
            for text in [text, digits] {
                if let Ok(number) = TelephoneNumber::parse(&text).map(String::from) {
                    prop_assert_eq!(TelephoneNumber::parse(&number).map(String::from), Ok(number));
                }
            }
        }
    }
}
