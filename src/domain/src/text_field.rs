//! The length of texts as Salesforce counts it: in UTF-16 units, two for a character beyond the basic plane.

/// The units that a text field holds at most.
pub const TEXT_FIELD_UNITS: usize = 255;

/// The beginning of the text that has at most so many UTF-16 units. No character is cut in two.
///
/// ```
/// use tollbridge_domain::within_units;
///
/// assert_eq!(within_units("Yılmaz", 3), "Yıl");
/// assert_eq!(within_units("a😀b", 2), "a");
/// assert_eq!(within_units("a😀b", 3), "a😀");
/// ```
#[must_use]
pub fn within_units(text: &str, units: usize) -> &str {
    let mut left = units;
    let end = text.char_indices().find(|(_, character)| match left.checked_sub(character.len_utf16()) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}
