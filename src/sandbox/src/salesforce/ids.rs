//! Salesforce record ids: 15 case-sensitive characters, or 18 with a three-character checksum for systems that ignore
//! case.

use super::errors::RestError;

/// The alphabet of the three added characters; each encodes five bits.
const SUFFIX: [char; 32] = [
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W',
    'X', 'Y', 'Z', '0', '1', '2', '3', '4', '5',
];

/// The 18-character id of the record with this number, for an object with this key prefix.
pub(crate) fn new_id(prefix: &str, number: u64) -> String {
    let short: String = format!("{prefix}Sb{number:010}");
    let suffix: String = short
        .as_bytes()
        .chunks(5)
        .filter_map(|letters| {
            let bits = letters
                .iter()
                .rev()
                .fold(0_usize, |bits, letter| (bits << 1) | usize::from(letter.is_ascii_uppercase()));
            SUFFIX.get(bits)
        })
        .collect();
    short + &suffix
}

/// The 15 characters that both forms of an id share; records are stored by them.
pub(crate) fn short(id: &str) -> &str {
    id.get(..15).unwrap_or(id)
}

/// The short form of an id in a request.
pub(crate) fn checked(id: &str) -> Result<&str, RestError> {
    let plausible = matches!(id.len(), 15 | 18) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plausible {
        Ok(short(id))
    } else {
        Err(RestError::bad_request("MALFORMED_ID", format!("Id value of incorrect type: {id}")).on(&["Id"]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_the_suffix_that_salesforce_gives_it() {
        // S is upper-case at the fourth place: 2^3 = 8, the letter I.
        assert_eq!(new_id("801", 7), "801Sb0000000007IAA");
    }

    #[test]
    fn both_forms_name_the_same_record() {
        assert_eq!(checked("801Hs00000abcde"), checked("801Hs00000abcdeIAA"));
        for id in ["", "801", "801Hs00000abcde!AA", "801Hs00000abcdeIAAX"] {
            assert_eq!(checked(id).unwrap_err().code, "MALFORMED_ID", "{id}");
        }
    }
}
