//! What Salesforce's refusals mean: the error table of the reference, by code first and by status then.

use crate::ports::{CallError, HttpResponse, Random};

/// What to do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryPolicy {
    /// A newer state was written already.
    StaleWrite,
    /// It passes by itself: try again soon, and later each time.
    Transient,
    /// It did not answer: as what passes by itself; several in a row pause the site.
    Silent,
    /// It may pass: a few tries, then a person.
    FewTries,
    /// It passes slowly: try this record again late, and let a person know.
    Late,
    /// The organisation has used up what it may use: the site pauses, long at first.
    Limit,
    /// The whole organisation refuses until a person has mended it: the site pauses.
    Organisation,
    /// The site pauses, so Salesforce was not asked.
    Paused,
    /// Only a person can mend it: the record, the mapping, or the organisation.
    Person,
}

/// Why a write was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What to do about it.
    pub retry_policy: RetryPolicy,
    /// Salesforce's code, or what stands for one.
    pub code: String,
    /// In words for a person. Salesforce's own text may quote a customer, so only the names of fields are taken from it.
    pub message: String,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

impl RetryPolicy {
    /// How long to wait after this many failures in a row; none when a person must look first.
    ///
    /// What passes by itself is due at the next drain the first time; after that the wait doubles, with full jitter, so
    /// that many payments that failed together do not come back together.
    pub fn delay_milliseconds(self, attempts: u32, random: &dyn Random) -> Option<i64> {
        let (least, first, longest) = match self {
            Self::StaleWrite => return Some(0),
            Self::Person => return None,
            Self::Transient | Self::Silent | Self::FewTries if attempts <= 1 => return Some(0),
            Self::FewTries if attempts >= 5 => return None,
            Self::Transient | Self::Silent | Self::FewTries => (0, 2 * SECOND, 30 * MINUTE),
            Self::Late | Self::Limit | Self::Organisation | Self::Paused => (3 * MINUTE, 5 * MINUTE, 120 * MINUTE),
        };
        let doubled = 1_i64.checked_shl(attempts.saturating_sub(1).min(20)).unwrap_or(1);
        let ceiling = first.saturating_mul(doubled).min(longest);
        // What passes slowly is not tried at once by chance.
        Some(below(ceiling, random).max(least))
    }

    /// Whether a person must know, although it is tried again.
    pub fn needs_person(self) -> bool {
        self == Self::Late || self.is_of_the_organisation()
    }

    /// Whether it is the organisation that refuses, and not this record.
    pub fn is_of_the_organisation(self) -> bool {
        match self {
            Self::Limit | Self::Organisation | Self::Paused => true,
            Self::StaleWrite | Self::Transient | Self::Silent | Self::FewTries | Self::Late | Self::Person => false,
        }
    }
}

/// A number from 0 to below this one.
pub(super) fn below(ceiling: i64, random: &dyn Random) -> i64 {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    i64::from(u32::from_le_bytes(bytes)).checked_rem(ceiling).unwrap_or(0)
}

impl Refusal {
    /// Salesforce did not answer, or was not asked.
    pub fn unanswered(fault: &CallError) -> Self {
        let retry_policy = match fault {
            // Whoever was not asked was not silent, and it costs no time.
            CallError::NotSent(_) => RetryPolicy::Transient,
            CallError::NoResponse(_) => RetryPolicy::Silent,
        };
        Self { retry_policy, code: "no_answer".to_owned(), message: fault.to_string() }
    }

    /// What a status and an error code mean.
    pub fn classify(status: u16, code: &str, message: &str, fields: &[String], response: &HttpResponse) -> Self {
        let retry_policy =
            if code == "FIELD_CUSTOM_VALIDATION_EXCEPTION" && fields.iter().any(|field| field == "Version__c") {
                RetryPolicy::StaleWrite
            } else {
                by_code(code, message, response).unwrap_or_else(|| by_status(status))
            };
        let code = if code.is_empty() || !is_name(code) { format!("http_{status}") } else { code.to_owned() };
        Self { retry_policy, code, message: fields_named(fields) }
    }
}

/// Whether the text could be a code or the name of a field. Whatever else stands in its place may quote a customer.
pub fn is_name(text: &str) -> bool {
    text.len() <= 80 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn fields_named(fields: &[String]) -> String {
    let names: Vec<&str> = fields.iter().map(String::as_str).filter(|name| is_name(name)).collect();
    if names.is_empty() {
        "Salesforce refused it".to_owned()
    } else {
        format!("Salesforce refused it for {}", names.join(", "))
    }
}

fn by_code(code: &str, message: &str, response: &HttpResponse) -> Option<RetryPolicy> {
    Some(match code {
        "INVALID_SESSION_ID" | "SESSION_EXPIRED" => RetryPolicy::Transient,
        code if is_transient(code) => RetryPolicy::Transient,
        "APEX_ERROR" | "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" => {
            let nested = message.split(|character: char| !(character.is_ascii_uppercase() || character == '_'));
            if nested.into_iter().any(is_transient) { RetryPolicy::Transient } else { RetryPolicy::FewTries }
        }
        "UNKNOWN_EXCEPTION"
        | "INTERNAL_ERROR"
        | "CANNOT_EXECUTE_FLOW_TRIGGER"
        | "DUPLICATE_VALUE"
        | "PROCESSING_HALTED"
        | "ALL_OR_NONE_OPERATION_ROLLED_BACK" => RetryPolicy::FewTries,
        "REQUEST_LIMIT_EXCEEDED" if near_the_limit(response) => RetryPolicy::Limit,
        "REQUEST_LIMIT_EXCEEDED" => RetryPolicy::Transient,
        "STORAGE_LIMIT_EXCEEDED" | "EXCEEDED_QUOTA" => RetryPolicy::Limit,
        "ENTITY_IS_LOCKED" | "RECORD_IN_USE_BY_WORKFLOW" => RetryPolicy::Late,
        "DUPLICATE_EXTERNAL_ID"
        | "DUPLICATES_DETECTED"
        | "REQUIRED_FIELD_MISSING"
        | "FIELD_CUSTOM_VALIDATION_EXCEPTION"
        | "FIELD_INTEGRITY_EXCEPTION"
        | "INVALID_FIELD"
        | "INVALID_FIELD_FOR_INSERT_UPDATE"
        | "INVALID_TYPE"
        | "NOT_FOUND"
        | "MALFORMED_ID"
        | "INVALID_CROSS_REFERENCE_KEY"
        // A lookup to one record that is not there, or that the integration's user may not see.
        | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        | "ENTITY_IS_DELETED"
        | "STRING_TOO_LONG"
        | "NUMBER_OUTSIDE_VALID_RANGE"
        | "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        | "INVALID_CURRENCY_ISO"
        | "JSON_PARSER_ERROR" => RetryPolicy::Person,
        "API_DISABLED_FOR_ORG" | "FUNCTIONALITY_NOT_ENABLED" | "INVALID_LOGIN" | "ORG_LOCKED" | "TRIAL_EXPIRED" => {
            RetryPolicy::Organisation
        }
        code if code.starts_with("INSUFFICIENT_ACCESS") || code.starts_with("TXN_SECURITY_") => RetryPolicy::Organisation,
        _ => return None,
    })
}

fn is_transient(code: &str) -> bool {
    matches!(
        code,
        "UNABLE_TO_LOCK_ROW"
            | "UNABLE_TO_LOCK_RECORD"
            | "SERVER_UNAVAILABLE"
            | "SERVICE_UNAVAILABLE"
            | "BAD_GATEWAY"
            | "QUERY_TIMEOUT"
            | "REQUEST_RUNNING_TOO_LONG"
            | "TOO_MANY_APEX_REQUESTS"
            | "API_CURRENTLY_DISABLED"
            | "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"
            | "TERRITORY_REALIGN_IN_PROGRESS"
            | "CONFLICT"
    )
}

fn by_status(status: u16) -> RetryPolicy {
    match status {
        401 | 420 | 429 | 500 | 502 | 503 | 504 => RetryPolicy::Transient,
        300 => RetryPolicy::Person,
        _ => RetryPolicy::FewTries,
    }
}

/// `Sforce-Limit-Info: api-usage=used/max`: at nine tenths of the day's calls, only time helps.
fn near_the_limit(response: &HttpResponse) -> bool {
    let usage = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("sforce-limit-info")).and_then(
        |(_, value)| {
            let (used, most) = value.split("api-usage=").nth(1)?.split_once('/')?;
            let most: String = most.chars().take_while(char::is_ascii_digit).collect();
            Some((used.trim().parse::<u64>().ok()?, most.parse::<u64>().ok()?))
        },
    );
    usage.is_none_or(|(used, most)| used.saturating_mul(10) >= most.saturating_mul(9))
}
