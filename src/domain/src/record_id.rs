//! Salesforce record ids: 15 case-sensitive characters, or 18 of which the last three encode which of the first 15 are
//! capitals, for clients that lose the case.

use crate::IdentifierError;

/// The characters of the suffix, by the five bits that each encodes.
const SUFFIX: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The length of the part that identifies a record.
const SHORT: usize = 15;

/// The 18-character form of a 15- or 18-character id.
///
/// An id of 15 characters keeps its case. In an id of 18 characters, the last three restore the case if a client
/// changed all letters to upper or lower case.
///
/// # Errors
/// The text is not a record id, or the suffix does not fit the first 15 characters.
pub fn canonical(id: &str) -> Result<String, IdentifierError> {
    check(id)?;
    let (short, suffix) = id.split_at_checked(SHORT).ok_or(IdentifierError::RecordId)?;
    if suffix.is_empty() {
        return Ok(with_suffix(short));
    }
    let repaired = repaired(short, suffix)?;
    let lost_its_case =
        !short.bytes().any(|byte| byte.is_ascii_uppercase()) || !short.bytes().any(|byte| byte.is_ascii_lowercase());
    // With both cases present, no client changed the case: a letter or the suffix is wrong, and it is not known which.
    if repaired == short || lost_its_case { Ok(with_suffix(&repaired)) } else { Err(IdentifierError::RecordIdSuffix) }
}

/// Checks the form of a record id, without its suffix.
///
/// # Errors
/// The text has another length, or a character that no id has.
pub fn check(id: &str) -> Result<(), IdentifierError> {
    if id.is_empty() {
        Err(IdentifierError::Empty)
    } else if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Err(IdentifierError::Character("A-Z, a-z and 0-9"))
    } else if matches!(id.len(), 15 | 18) {
        Ok(())
    } else {
        Err(IdentifierError::RecordId)
    }
}

fn with_suffix(short: &str) -> String {
    let mut id = short.to_owned();
    for five in short.as_bytes().chunks(5) {
        let bits = five.iter().rev().fold(0, |bits, byte| (bits << 1) | usize::from(byte.is_ascii_uppercase()));
        id.extend(SUFFIX.get(bits).map(|character| char::from(*character)));
    }
    id
}

/// The 15 characters with the case that the suffix encodes. A suffix that makes a digit a capital is wrong.
fn repaired(short: &str, suffix: &str) -> Result<String, IdentifierError> {
    let mut id = String::with_capacity(SHORT);
    for (five, written) in short.as_bytes().chunks(5).zip(suffix.bytes()) {
        let place = |known: &u8| *known == written.to_ascii_uppercase();
        let bits = SUFFIX.iter().position(place).ok_or(IdentifierError::RecordIdSuffix)?;
        for (place, byte) in five.iter().enumerate() {
            let is_capital = (bits >> place) & 1 == 1;
            if is_capital && !byte.is_ascii_alphabetic() {
                return Err(IdentifierError::RecordIdSuffix);
            }
            let byte = if is_capital { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
            id.push(char::from(byte));
        }
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_of_an_id_has_one_form_of_18_characters() {
        let id = "801Hs00000abcdeIAA";
        for written in ["801Hs00000abcde", id, "801hs00000abcdeiaa", "801HS00000ABCDEIAA", "801Hs00000abcdeiaA"] {
            assert_eq!(canonical(written).as_deref(), Ok(id), "{written}");
        }
        // Salesforce's own documentation has this id in both forms.
        assert_eq!(canonical("001A0000006Vm9r").as_deref(), Ok("001A0000006Vm9rIAC"));
        assert_eq!(canonical("001a0000006vm9riac").as_deref(), Ok("001A0000006Vm9rIAC"));
    }

    #[test]
    fn a_suffix_that_does_not_fit_is_refused() {
        for (id, why) in [
            ("801hs00000abcdeaba", "a capital digit"),
            ("801hs00000abcdei9a", "no suffix character"),
            ("801hs00000abcdeiA6", "no suffix character"),
            ("801Hs00000abcdeAAA", "a capital too many in letters that kept their case"),
            ("801Hs00000abcdeIAB", "a capital too few in letters that kept their case"),
        ] {
            assert_eq!(canonical(id), Err(IdentifierError::RecordIdSuffix), "{id}: {why}");
        }
        for id in ["", "801", "801Hs00000abcdeI", "801Hs00000abcdeIAAA", "801Hs00000abcd'", "801Hs00000abcdé"] {
            assert!(canonical(id).is_err(), "{id:?}");
        }
    }

    proptest! {
        #[test]
        fn an_id_survives_whatever_a_client_does_to_its_case(short in "[a-zA-Z0-9]{15}") {
            let id = canonical(&short).unwrap();
            prop_assert_eq!(&id[..15], short.as_str());
            for written in [id.to_ascii_lowercase(), id.to_ascii_uppercase(), id.clone()] {
                prop_assert_eq!(canonical(&written).unwrap(), id.as_str());
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>(), id in "[a-zA-Z0-9]{18}") {
            let _ = canonical(&text);
            let _ = canonical(&id);
        }
    }
}
