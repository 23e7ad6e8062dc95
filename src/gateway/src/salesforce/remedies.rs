//! What a person can do about a refusal, by its code.

/// What to do; none where nothing but waiting helps, or where the message says it.
pub fn remedy(code: &str) -> Option<&'static str> {
    Some(match code {
        "INVALID_FIELD" | "INVALID_TYPE" | "NOT_FOUND" => {
            "create the object and field that docs/salesforce.md or your mapping names, let the run-as user see them, and \
             check that the record exists; then retry"
        }
        "INVALID_FIELD_FOR_INSERT_UPDATE" => "let the run-as user edit the field; then retry",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        | "INVALID_CROSS_REFERENCE_KEY"
        | "ENTITY_IS_DELETED"
        | "MALFORMED_ID" => {
            "check that the record that it refers to exists and that the run-as user may see it; then retry, or accept"
        }
        "REQUIRED_FIELD_MISSING" => "make the field optional, or write it in a mapping; then retry",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION" | "FIELD_INTEGRITY_EXCEPTION" => {
            "find the organisation's rule that refuses the record and let the run-as user pass it; then retry"
        }
        "STRING_TOO_LONG" | "NUMBER_OUTSIDE_VALID_RANGE" => {
            "make the field as large as docs/salesforce.md says, or cut the value in your mapping; then retry"
        }
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" => {
            "make the field a text, or add the value to its picklist; then retry"
        }
        "INVALID_CURRENCY_ISO" => "activate the currency in the organisation; then retry",
        "DUPLICATE_VALUE" | "DUPLICATE_EXTERNAL_ID" | "DUPLICATES_DETECTED" => {
            "make the external id unique, and let no duplicate rule apply to the run-as user; then retry"
        }
        "JSON_PARSER_ERROR" => "give the field the type that docs/salesforce.md or your mapping names; then retry",
        "APEX_ERROR" | "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" | "CANNOT_EXECUTE_FLOW_TRIGGER" => {
            "find the trigger or flow that fails for this record, in the run-as user's debug log; then retry"
        }
        "ENTITY_IS_LOCKED" | "RECORD_IN_USE_BY_WORKFLOW" => "end the approval that locks the record",
        "REQUEST_LIMIT_EXCEEDED" => "wait for the next day, or raise the organisation's limit of calls",
        "STORAGE_LIMIT_EXCEEDED" | "EXCEEDED_QUOTA" => "free or buy storage; everything is then sent",
        // Of a record, or of the call itself.
        "http_300" => {
            "make the external id unique; if the whole site pauses, check the url and api_version of salesforce instead"
        }
        "html_page" | "http_404" | "http_410" => MOVED,
        code if code.starts_with("http_3") => MOVED,
        code if code.starts_with("sign_in_") => {
            "check client_id, client_secret and the My Domain url of salesforce; everything is then sent"
        }
        code if code.starts_with("INSUFFICIENT_ACCESS") => {
            "let the run-as user create and edit the object; everything is then sent"
        }
        "API_DISABLED_FOR_ORG" | "FUNCTIONALITY_NOT_ENABLED" | "INVALID_LOGIN" | "ORG_LOCKED" | "TRIAL_EXPIRED" => {
            "have the organisation's administrator open it again; everything is then sent"
        }
        _ => return None,
    })
}

const MOVED: &str = "check that the organisation is at the url of salesforce and has its api_version; everything is then \
                     sent";
