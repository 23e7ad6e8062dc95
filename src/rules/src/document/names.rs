//! Checks the names and keys of a document, so that they are safe in a call to Salesforce.

/// The maximum length of an API name in characters.
const LONGEST_NAME: usize = 80;

/// The maximum length of a key's value in characters.
const LONGEST_KEY: usize = 255;

/// Checks the API name of an object or a field.
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

/// Checks the name of a document or a record.
pub fn own_name(name: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.is_empty() && name.len() <= 40 && name.bytes().all(fits) {
        return Ok(());
    }
    Err("not a name: use a-z, 0-9 and -, at most 40".to_owned())
}

/// Checks the value of a record's id or external id.
pub fn key_value(value: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !value.is_empty() && value.len() <= LONGEST_KEY && value.bytes().all(fits) {
        return Ok(());
    }
    Err(format!(
        "gives text that cannot be a record's key: it has A-Z, a-z, 0-9, _ and - only, and from 1 to {LONGEST_KEY} of them"
    ))
}
