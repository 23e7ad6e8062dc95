//! Classifies Salesforce's errors by error code, and by status where the code says nothing.

use tollbridge_connector::VERSION_FIELD;
use tollbridge_domain::durations::{MINUTE, SECOND, backoff};

use crate::ports::{CallError, HttpResponse, Random};

/// What follows from a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryPolicy {
    /// Salesforce has a newer version, so there is nothing to retry.
    StaleWrite,
    /// It is temporary: retry soon, then with growing delays.
    Transient,
    /// The call timed out: as a temporary failure, but several in a row open the circuit breaker.
    TimedOut,
    /// It may be temporary: a few retries, then review.
    FewRetries,
    /// It ends slowly: retry this record with long delays, and put it in review.
    RetrySlowly,
    /// The organisation has used up a limit: the circuit breaker opens, for long at first.
    QuotaExceeded,
    /// The whole organisation refuses calls until a person fixes it: the circuit breaker opens.
    OrganisationFault,
    /// The circuit breaker is open, so no call was made.
    CircuitOpen,
    /// Only a person can fix it: the record, the mapping, or the organisation.
    Review,
}

/// Why a write was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What follows from it.
    pub retry_policy: RetryPolicy,
    /// Salesforce's error code, or one of the gateway's.
    pub code: String,
    /// In words. Salesforce's own text may quote a customer, so only the names of fields are taken from it.
    pub message: String,
}

impl RetryPolicy {
    /// How long to wait after this many failures in a row; none where a person must act first.
    ///
    /// A temporary failure is retried by the next drain the first time. After that the delay doubles, with full jitter,
    /// so that payments that failed together are not all retried together.
    pub fn delay_milliseconds(self, attempts: u32, random: &dyn Random) -> Option<i64> {
        let (least, first, longest) = match self {
            Self::StaleWrite => return Some(0),
            Self::Review => return None,
            Self::Transient | Self::TimedOut | Self::FewRetries if attempts <= 1 => return Some(0),
            Self::FewRetries if attempts >= 5 => return None,
            Self::Transient | Self::TimedOut | Self::FewRetries => (0, 2 * SECOND, 30 * MINUTE),
            Self::RetrySlowly | Self::QuotaExceeded | Self::OrganisationFault | Self::CircuitOpen => {
                (3 * MINUTE, 5 * MINUTE, 120 * MINUTE)
            }
        };
        let ceiling = backoff(first, attempts.saturating_sub(1), longest);
        // The jitter must not shorten the delay of a failure that ends slowly to nothing.
        Some(random_below(ceiling, random).max(least))
    }

    /// Whether a person must act although it is retried.
    pub fn needs_person(self) -> bool {
        self == Self::RetrySlowly || self.is_organisation_wide()
    }

    /// Whether the organisation refuses all calls, and not only this record.
    pub fn is_organisation_wide(self) -> bool {
        match self {
            Self::QuotaExceeded | Self::OrganisationFault | Self::CircuitOpen => true,
            Self::StaleWrite
            | Self::Transient
            | Self::TimedOut
            | Self::FewRetries
            | Self::RetrySlowly
            | Self::Review => false,
        }
    }
}

/// A random number from 0 to below `ceiling`.
pub(super) fn random_below(ceiling: i64, random: &dyn Random) -> i64 {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    i64::from(u32::from_le_bytes(bytes)).checked_rem(ceiling).unwrap_or(0)
}

impl Refusal {
    /// The refusal of a call without a response.
    pub fn no_response(error: &CallError) -> Self {
        let retry_policy = match error {
            // A call that was not sent costs no time, and says nothing about the organisation.
            CallError::NotSent(_) | CallError::Denied(_) => RetryPolicy::Transient,
            CallError::NoResponse(_) => RetryPolicy::TimedOut,
        };
        Self { retry_policy, code: "no_answer".to_owned(), message: error.to_string() }
    }

    /// Classifies a status and an error code.
    pub fn classify(status: u16, code: &str, message: &str, fields: &[String], response: &HttpResponse) -> Self {
        let retry_policy =
            if code == "FIELD_CUSTOM_VALIDATION_EXCEPTION" && fields.iter().any(|field| field == VERSION_FIELD) {
                RetryPolicy::StaleWrite
            } else {
                by_code(code, message, response).unwrap_or_else(|| by_status(status))
            };
        let code = if code.is_empty() || !is_name(code) { format!("http_{status}") } else { code.to_owned() };
        Self { retry_policy, code, message: fields_named(fields) }
    }
}

/// Whether the text could be an error code or the name of a field. Any other text may quote a customer.
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
            if nested.into_iter().any(is_transient) { RetryPolicy::Transient } else { RetryPolicy::FewRetries }
        }
        "UNKNOWN_EXCEPTION"
        | "INTERNAL_ERROR"
        | "CANNOT_EXECUTE_FLOW_TRIGGER"
        | "DUPLICATE_VALUE"
        | "PROCESSING_HALTED"
        | "ALL_OR_NONE_OPERATION_ROLLED_BACK" => RetryPolicy::FewRetries,
        "REQUEST_LIMIT_EXCEEDED" if is_near_limit(response) => RetryPolicy::QuotaExceeded,
        "REQUEST_LIMIT_EXCEEDED" => RetryPolicy::Transient,
        "STORAGE_LIMIT_EXCEEDED" | "EXCEEDED_QUOTA" => RetryPolicy::QuotaExceeded,
        "ENTITY_IS_LOCKED" | "RECORD_IN_USE_BY_WORKFLOW" => RetryPolicy::RetrySlowly,
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
        // A lookup to one record that does not exist, or that the integration user may not see.
        | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        | "ENTITY_IS_DELETED"
        | "STRING_TOO_LONG"
        | "NUMBER_OUTSIDE_VALID_RANGE"
        | "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        | "INVALID_CURRENCY_ISO"
        | "JSON_PARSER_ERROR" => RetryPolicy::Review,
        "API_DISABLED_FOR_ORG" | "FUNCTIONALITY_NOT_ENABLED" | "INVALID_LOGIN" | "ORG_LOCKED" | "TRIAL_EXPIRED" => {
            RetryPolicy::OrganisationFault
        }
        code if code.starts_with("INSUFFICIENT_ACCESS") || code.starts_with("TXN_SECURITY_") => {
            RetryPolicy::OrganisationFault
        }
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
        300 => RetryPolicy::Review,
        _ => RetryPolicy::FewRetries,
    }
}

/// `Sforce-Limit-Info: api-usage=used/max`. At nine tenths of the daily limit, only waiting helps.
fn is_near_limit(response: &HttpResponse) -> bool {
    let usage = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("sforce-limit-info")).and_then(
        |(_, value)| {
            let (used, most) = value.split("api-usage=").nth(1)?.split_once('/')?;
            let most: String = most.chars().take_while(char::is_ascii_digit).collect();
            Some((used.trim().parse::<u64>().ok()?, most.parse::<u64>().ok()?))
        },
    );
    usage.is_none_or(|(used, most)| used.saturating_mul(10) >= most.saturating_mul(9))
}
