//! The characters of card numbers in text: digits of every script, invisible characters, and separators.

/// The zero of each set of decimal digits in Unicode 14; the other nine follow it.
const ZEROS: [u32; 66] = [
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
    0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0,
    0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50,
    0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950,
    0x1FBF0,
];

/// The value of a decimal digit of any script.
pub fn digit(character: char) -> Option<u8> {
    let code = u32::from(character);
    let after = ZEROS.partition_point(|zero| *zero <= code);
    let zero = ZEROS.get(after.checked_sub(1)?)?;
    u8::try_from(code.checked_sub(*zero)?).ok().filter(|value| *value < 10)
}

/// Whether it is invisible, so that the digits on both sides of it look adjacent.
pub fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Whether people write it between the groups of a number. A line feed begins another number.
pub fn is_separator(character: char) -> bool {
    matches!(
        character,
        '-' | '.' | '/' | '_' | ',' | '|' | '~' | '\u{b7}' | '\u{2010}'..='\u{2015}' | '\u{2022}' | '\u{2044}'
            | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0c}'..='\u{ff0f}' | '\u{ff3f}' | '\u{3001}'
    ) || (character.is_whitespace() && character != '\n')
}

/// Whether digits that touch it are part of a name. In scripts without spaces, touching means nothing.
pub fn is_of_a_word(character: char) -> bool {
    character.is_alphabetic() && character < '\u{590}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_have_their_value() {
        for (character, value) in
            [('0', 0), ('9', 9), ('٤', 4), ('۴', 4), ('४', 4), ('４', 4), ('𝟒', 4), ('\u{1fbf9}', 9)]
        {
            assert_eq!(digit(character), Some(value), "{character}");
        }
        for character in ['a', '/', ':', '²', '④', '四', '\u{0}', '\u{10ffff}'] {
            assert_eq!(digit(character), None, "{character}");
        }
        assert!(ZEROS.is_sorted());
    }
}
