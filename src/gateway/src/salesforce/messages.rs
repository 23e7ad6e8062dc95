//! The forms of Salesforce's messages that say what is wrong without quoting a value.
//!
//! A message may quote a customer: a value that is too long, or what an administrator or an Apex trigger put into it. So
//! only messages of a known form are kept, and of those only the words of the form and the names and numbers of the
//! schema. Everything else is left out. Salesforce writes them in the language of the run-as user; these are in English.

use super::refusal::is_name;

/// The error code, and the form of its message: `@` stands for the names of fields, `%` for another name or a number,
/// and `*` for what is left out. What stands before or after the form is left out too.
const FORMS: [(&str, &str); 24] = [
    ("INVALID_FIELD", "No such column '@' on sobject of type %"),
    ("INVALID_FIELD", "No such column '@' on entity '%'"),
    ("INVALID_FIELD", "Foreign key external ID: * not found for field @ in entity %"),
    ("INVALID_FIELD", "The @ field should not be specified in the sobject data"),
    ("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: @. Please check the security settings"),
    ("REQUIRED_FIELD_MISSING", "Required fields are missing: [@]"),
    ("STRING_TOO_LONG", "data value too large: *(max length=%)"),
    ("NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range on numeric field"),
    ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field"),
    ("NOT_FOUND", "Provided external ID field does not exist or is not accessible: @"),
    ("NOT_FOUND", "The requested resource does not exist"),
    ("INVALID_TYPE", "sObject type '%' is not supported"),
    ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id"),
    ("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"),
    ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
    ("ENTITY_IS_DELETED", "entity is deleted"),
    ("DUPLICATE_VALUE", "duplicate value found: @ duplicates value on record"),
    ("JSON_PARSER_ERROR", "Cannot deserialize instance of % from %"),
    ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded"),
    ("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded"),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "System.LimitException: Too many SOQL queries"),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "System.LimitException: Too many DML statements"),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "System.LimitException: Apex CPU time limit exceeded"),
    ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
];

/// What a message says.
pub struct KnownMessage {
    /// The words of the form, with the names and numbers of the message.
    pub text: String,
    /// The fields that it names.
    pub fields: Vec<String>,
}

/// What the message of this error code says; none if it has no known form.
pub fn known(code: &str, message: &str) -> Option<KnownMessage> {
    FORMS.iter().filter(|(of, _)| *of == code).find_map(|(_, form)| read(form, message))
}

fn read(form: &str, message: &str) -> Option<KnownMessage> {
    let mut known = KnownMessage { text: String::new(), fields: Vec::new() };
    let (mut rest, mut placeholder) = (message, None);
    for part in form.split_inclusive(PLACEHOLDERS) {
        let words = part.trim_end_matches(PLACEHOLDERS);
        // What is left out may itself contain the words that follow it.
        let split = if placeholder == Some('*') { rest.rsplit_once(words) } else { rest.split_once(words) };
        let (between, after) = split?;
        if let Some(placeholder) = placeholder {
            known.take(placeholder, between)?;
        }
        known.text.push_str(words);
        rest = after;
        placeholder = part.chars().last().filter(|last| PLACEHOLDERS.contains(last));
    }
    if let Some(placeholder) = placeholder {
        let end = rest.find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
        known.take(placeholder, end.and_then(|end| rest.get(..end)).unwrap_or(rest))?;
    }
    Some(known)
}

const PLACEHOLDERS: [char; 3] = ['@', '%', '*'];

impl KnownMessage {
    /// Adds what stands in the place of a placeholder. None if that is not what the form has there.
    fn take(&mut self, placeholder: char, text: &str) -> Option<()> {
        if placeholder == '*' {
            self.text.push('…');
            return Some(());
        }
        if !text.split(", ").all(|name| !name.is_empty() && is_name(name)) {
            return None;
        }
        if placeholder == '@' {
            self.fields.extend(text.split(", ").map(ToOwned::to_owned));
        }
        self.text.push_str(text);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(code: &str, message: &str) -> Option<String> {
        known(code, message).map(|known| known.text)
    }

    #[test]
    fn names_of_the_schema_are_kept_and_values_are_not() {
        for (code, message, expected, fields) in [
            (
                "INVALID_FIELD",
                "No such column 'Foo__c' on sobject of type MaldoPay_Payment__c",
                "No such column 'Foo__c' on sobject of type MaldoPay_Payment__c",
                "Foo__c",
            ),
            (
                "INVALID_FIELD",
                "Foreign key external ID: ayse not found for field Reference__c in entity MaldoPay_Payment__c",
                "Foreign key external ID: … not found for field Reference__c in entity MaldoPay_Payment__c",
                "Reference__c",
            ),
            (
                "STRING_TOO_LONG",
                "Reason: data value too large: Ayse (max length=Yilmaz) (max length=255)",
                "data value too large: …(max length=255)",
                "",
            ),
            (
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [Name, Code__c]",
                "Required fields are missing: [Name, Code__c]",
                "Name,Code__c",
            ),
            (
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                "Status: bad value for restricted picklist field: Ayse",
                "bad value for restricted picklist field",
                "",
            ),
            (
                "JSON_PARSER_ERROR",
                "Cannot deserialize instance of datetime from VALUE_STRING value Ayse or request may be missing",
                "Cannot deserialize instance of datetime from VALUE_STRING",
                "",
            ),
            (
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                "Ayse: execution of AfterUpdate caused by: System.LimitException: Too many SOQL queries: 101 Trigger.X",
                "System.LimitException: Too many SOQL queries",
                "",
            ),
        ] {
            let known = known(code, message).unwrap();
            assert_eq!((known.text.as_str(), known.fields.join(",")), (expected, fields.to_owned()));
        }
    }

    #[test]
    fn other_messages_are_left_out() {
        for (code, message) in [
            // An administrator's rule may say anything.
            ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No such column 'Foo__c' on sobject of type Order"),
            ("INVALID_FIELD", "No such column 'Ayse Yilmaz' on sobject of type Order"),
            ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Ayse Yilmaz <ayse@customer.example>]"),
            ("REQUIRED_FIELD_MISSING", "Required fields are missing: []"),
            ("INVALID_FIELD", "Ayse Yilmaz"),
            ("NOT_FOUND", ""),
        ] {
            assert_eq!(text(code, message), None, "{message}");
        }
    }
}
