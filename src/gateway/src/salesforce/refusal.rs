//! Classifies Salesforce's errors by error code, and by status where the code says nothing.

use serde::Deserialize;
use tollbridge_connector::VERSION_FIELD;
use tollbridge_connector::types::RecordKey;
use tollbridge_domain::Timestamp;
use tollbridge_domain::durations::{MINUTE, SECOND, backoff};

use super::{Write, messages};
use crate::ports::{CallError, HttpResponse, Random};
use crate::retry_after::retry_after;

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
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What follows from it.
    pub retry_policy: RetryPolicy,
    /// Salesforce's error code, or one of the gateway's.
    pub code: String,
    /// In words. Salesforce's own text may quote a customer, so only its [known forms](messages) are taken from it.
    pub message: String,
    /// The record that Salesforce refused; none where it refused the call itself.
    pub record: Option<Box<RefusedRecord>>,
    /// The fields that Salesforce names.
    pub fields: Vec<String>,
    /// No call before this time: Salesforce's `Retry-After`.
    pub not_before: Option<Timestamp>,
}

/// The record that a refusal is about.
#[derive(Clone, Debug)]
pub struct RefusedRecord {
    /// Its position in the mapper's result.
    pub position: usize,
    /// The object's API name.
    pub object: String,
    /// The record's id or external id.
    pub key: RecordKey,
}

/// One entry of Salesforce's error list.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiError {
    pub error_code: String,
    pub message: String,
    pub fields: Vec<String>,
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
    /// A refusal that names no record.
    pub fn new(retry_policy: RetryPolicy, code: &str, message: String) -> Self {
        Self { retry_policy, code: code.to_owned(), message, record: None, fields: Vec::new(), not_before: None }
    }

    /// The refusal of a call without a response.
    pub fn no_response(error: &CallError) -> Self {
        let retry_policy = match error {
            // A call that was not sent costs no time, and says nothing about the organisation.
            CallError::NotSent(_) | CallError::Denied(_) => RetryPolicy::Transient,
            CallError::NoResponse(_) => RetryPolicy::TimedOut,
        };
        Self::new(retry_policy, "no_answer", error.to_string())
    }

    /// The refusal of one record of a call.
    pub fn of_record(write: &Write, status: u16, error: ApiError, response: &HttpResponse) -> Self {
        let position = write.position;
        let record = RefusedRecord { position, object: write.object.clone(), key: write.key.clone() };
        let refusal = Self::classify(&record.object, status, error, response);
        Self { record: Some(Box::new(record)), ..refusal }
    }

    /// The refusal of a whole call, which is not about its records. A redirect, 404, 410 or a page in the place of data
    /// comes from an organisation that has moved, or from something else that answers in its place. Every call gets
    /// the same until a person has mended that.
    pub fn of_call(error: ApiError, response: &HttpResponse, now: Timestamp) -> Self {
        let status = response.status;
        let refusal = match status {
            300..=399 | 404 | 410 => {
                let message = format!("Salesforce answered the call itself with HTTP status {status}");
                Self::new(RetryPolicy::OrganisationFault, &format!("http_{status}"), message)
            }
            // Salesforce may say in a page that it is busy.
            _ if is_page(response) && !matches!(status, 420 | 429 | 500..=599) => Self::new(
                RetryPolicy::OrganisationFault,
                "html_page",
                format!("a page came in the place of Salesforce's answer, with HTTP status {status}"),
            ),
            _ => Self::classify("the call itself", status, error, response),
        };
        Self { not_before: retry_after(response, now), ..refusal }
    }

    /// Classifies a status and an error code.
    fn classify(what: &str, status: u16, error: ApiError, response: &HttpResponse) -> Self {
        let ApiError { error_code: code, message, fields } = error;
        let retry_policy =
            if code == "FIELD_CUSTOM_VALIDATION_EXCEPTION" && fields.iter().any(|field| field == VERSION_FIELD) {
                RetryPolicy::StaleWrite
            } else {
                by_code(&code, &message, response).unwrap_or_else(|| by_status(status))
            };
        let code = if code.is_empty() || !is_name(&code) { format!("http_{status}") } else { code };
        let known = messages::known(&code, &message);
        let (words, named) = known.map_or((None, Vec::new()), |known| (Some(known.text), known.fields));
        let fields: Vec<String> = fields.into_iter().filter(|field| is_name(field)).collect();
        let fields = if fields.is_empty() { named } else { fields };
        let mut message = format!("Salesforce refused {what}");
        if !fields.is_empty() {
            message = format!("{message} for {}", fields.join(", "));
        }
        if let Some(words) = words {
            message = format!("{message}: {words}");
        }
        Self { fields, ..Self::new(retry_policy, &code, message) }
    }
}

/// Whether a page for people is in the place of data.
pub fn is_page(response: &HttpResponse) -> bool {
    response.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
        || response.body.trim_ascii_start().starts_with(b"<")
}

/// Whether the text could be an error code or the name of a field. Any other text may quote a customer.
pub fn is_name(text: &str) -> bool {
    text.len() <= 80 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
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
