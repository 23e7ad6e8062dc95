//! Why a text is not an identifier, and the check that all of them have in common.

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// The text is empty.
    #[error("empty: give it a value")]
    Empty,
    /// The text is too long.
    #[error("longer than {0} characters: shorten it")]
    TooLong(usize),
    /// The text has a character that is not allowed.
    #[error("has a character other than {0}")]
    Character(&'static str),
    /// The text does not have the length of a record id.
    #[error("a record id has 15 or 18 characters")]
    RecordId,
    /// The last three of the 18 characters do not fit the others.
    #[error("the last three characters do not fit the others: copy the record id again")]
    RecordIdSuffix,
}

/// Checks that a text is not empty, has at most this many bytes, and has only allowed characters.
pub(crate) fn check(
    text: &str,
    longest: usize,
    alphabet: &'static str,
    allowed: fn(char) -> bool,
) -> Result<(), IdentifierError> {
    if text.is_empty() {
        Err(IdentifierError::Empty)
    } else if text.len() > longest {
        Err(IdentifierError::TooLong(longest))
    } else if text.chars().all(allowed) {
        Ok(())
    } else {
        Err(IdentifierError::Character(alphabet))
    }
}
