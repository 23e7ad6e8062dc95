//! The names and keys of a document, held to what can stand in a call to Salesforce.

/// The most characters of an API name.
const LONGEST_NAME: usize = 80;

/// The most characters of a key's value.
const LONGEST_KEY: usize = 255;

/// What is wrong with an object's or field's API name.
pub fn api_name(name: &str) -> Result<(), String> {
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let goes_on = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if begins && goes_on && name.len() <= LONGEST_NAME {
        return Ok(());
    }
    Err(format!(
        "not an API name: write it as Salesforce's Object Manager shows it, such as Amount__c (letters, digits and _, at \
         most {LONGEST_NAME})"
    ))
}

/// What is wrong with a document's or a record's own name.
pub fn own_name(name: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.is_empty() && name.len() <= 40 && name.bytes().all(fits) {
        return Ok(());
    }
    Err("not a name: use a-z, 0-9 and -, at most 40".to_owned())
}

/// What is wrong with the value of a record's id or external id.
pub fn key_value(value: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !value.is_empty() && value.len() <= LONGEST_KEY && value.bytes().all(fits) {
        return Ok(());
    }
    Err(format!(
        "gives text that cannot be a record's key: it has A-Z, a-z, 0-9, _ and - only, and from 1 to {LONGEST_KEY} of them"
    ))
}
