//! Builds the request that sends a command to MaldoPay, API 2.1.

use std::borrow::Cow;

use serde::Serialize;
use tollbridge_connector::types::{AmountFormat, Command, Customer, LandingPages, MethodValue, Operation, Site};
use tollbridge_connector::{METHOD_VALUE_NAMES, is_method_value_name};
use tollbridge_domain::Money;

use crate::assumed;
use crate::signature::hmac_sha256;

/// A site's credentials at MaldoPay.
#[derive(Clone)]
pub struct Credentials {
    /// The API key, sent with every request.
    pub api_key: String,
    /// The key that signs requests.
    pub encrypting_key: String,
}

/// In which requests `type` is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestTypes {
    /// In all.
    #[default]
    Always,
    /// Only where the service does not say what the request is: see [`assumed::is_known_by_its_service`].
    WhereNeeded,
}

/// Why a command cannot be sent to MaldoPay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The site has no service of this name.
    #[error("the site has no method of this name")]
    UnknownMethod(String),
    /// The command lacks a field.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field's value cannot be sent.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field's name.
        field: &'static str,
        /// What is wrong with the value.
        problem: String,
    },
}

/// A request that the gateway sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedRequest {
    /// The path below the site's base URL.
    pub path: &'static str,
    /// The headers, as name and value.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The form.
    pub body: Vec<u8>,
}

#[derive(Serialize)]
struct RequestEnvelope<'a> {
    transaction: RequestTransaction<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestTransaction<'a> {
    client_id: u64,
    brand_id: u64,
    integration_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    landing_pages: Option<WrittenLandingPages<'a>>,
    request: RequestBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<User<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenLandingPages<'a> {
    landing_success: &'a str,
    landing_pending: &'a str,
    landing_declined: &'a str,
    landing_failed: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestBody<'a> {
    service_id: u64,
    currency_code: &'a str,
    amount: Box<serde_json::value::RawValue>,
    reference_order_id: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    service_data: serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain_mode: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bonus_code: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_date: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_code: Option<&'a str>,
    player_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_code: Option<&'a str>,
    language_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_addr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passport_no: Option<&'a str>,
}

/// The request for a command: a form with the JSON, the API key, and the checksum over exactly that JSON.
///
/// # Errors
/// The site has no such method, or a field of the command is missing or invalid; see [`EncodeError`].
pub fn encode(
    command: &Command,
    site: &Site,
    credentials: &Credentials,
    types: RequestTypes,
) -> Result<EncodedRequest, EncodeError> {
    let service = site
        .provider
        .services
        .iter()
        .find(|service| service.name == command.method)
        .ok_or_else(|| EncodeError::UnknownMethod(command.method.clone()))?;
    let original = command.original_transaction_id.as_deref();
    if assumed::acts_on_a_transaction(command.operation) && original.is_none() {
        return Err(EncodeError::Missing("original-transaction-id"));
    }
    let opens = matches!(command.operation, Operation::Charge | Operation::Authorize | Operation::Payout);
    let user = match &command.customer {
        Some(customer) => Some(user(customer, site, &command.method_values)),
        None if opens => return Err(EncodeError::Missing("customer")),
        None => None,
    };
    let takes_money_in = matches!(command.operation, Operation::Charge | Operation::Authorize);
    let envelope = RequestEnvelope {
        transaction: RequestTransaction {
            client_id: site.provider.client_id,
            brand_id: site.provider.brand_id,
            integration_id: site.provider.integration_id,
            landing_pages: site.provider.landing_pages.as_ref().filter(|_| takes_money_in).map(landing_pages),
            request: RequestBody {
                service_id: service.id,
                currency_code: &command.amount.currency,
                amount: amount(command, site.provider.amount_format)?,
                reference_order_id: &command.reference,
                kind: (types == RequestTypes::Always || !assumed::is_known_by_its_service(command.operation))
                    .then(|| assumed::request_type(command.operation)),
                original_transaction_id: original,
                reason: reason(command),
                service_data: service_data(command)?,
                chain_mode: method_value(&command.method_values, "chainMode"),
                bonus_code: method_value(&command.method_values, "bonusCode"),
            },
            user,
        },
    };
    let json = serde_json::to_string(&envelope)
        .map_err(|error| EncodeError::Invalid { field: "command", problem: error.to_string() })?;
    let checksum = base16ct::lower::encode_string(&hmac_sha256(credentials.encrypting_key.as_bytes(), json.as_bytes()));
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("json", &json)
        .append_pair("apiKey", &credentials.api_key)
        .append_pair("checksum", &checksum)
        .finish();
    Ok(EncodedRequest {
        path: "transactions/",
        headers: vec![
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json; version=2.1"),
        ],
        body: body.into_bytes(),
    })
}

fn amount(command: &Command, format: AmountFormat) -> Result<Box<serde_json::value::RawValue>, EncodeError> {
    let invalid = |problem: String| EncodeError::Invalid { field: "amount", problem };
    let money = Money::try_from(command.amount.clone()).map_err(|error| invalid(error.to_string()))?;
    let decimal = money.to_decimal();
    let written = match format {
        AmountFormat::DecimalString => format!("\"{decimal}\""),
        AmountFormat::WholeNumber => match decimal.split_once('.') {
            None => decimal,
            Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole.to_owned(),
            Some(_) => return Err(invalid("this site's contract takes whole amounts only".into())),
        },
    };
    serde_json::value::RawValue::from_string(written).map_err(|error| invalid(error.to_string()))
}

/// The `reason`: the description, followed by the invoice's number unless the description contains it. MaldoPay's staff
/// search for a payment by that number, so only the description is truncated.
fn reason(command: &Command) -> Option<Cow<'_, str>> {
    match (command.description.as_deref(), command.invoice.as_deref()) {
        (Some(description), Some(invoice)) if !description.contains(invoice) => {
            let room = assumed::LONGEST_REASON.saturating_sub(invoice.chars().count().saturating_add(3));
            let description: String = description.chars().take(room).collect();
            Some(Cow::Owned(format!("{description} / {invoice}")))
        }
        (description, invoice) => description.or(invoice).map(Cow::Borrowed),
    }
}

/// The value of this name.
fn method_value<'a>(values: &'a [MethodValue], name: &str) -> Option<&'a str> {
    values.iter().find(|value| value.name == name).map(|value| value.value.as_str())
}

/// The values that have a place of their own: the first two in the request, the others in the user.
const ELSEWHERE: [&str; 4] = ["chainMode", "bonusCode", "company", "passportNo"];

/// The values that are sent as `serviceData`: all but those with a place of their own. Every name is checked here.
fn service_data(command: &Command) -> Result<serde_json::Map<String, serde_json::Value>, EncodeError> {
    let mut data = serde_json::Map::new();
    let values = &command.method_values;
    for MethodValue { name, value } in values {
        let problem = if !is_method_value_name(name) {
            format!("its names are {METHOD_VALUE_NAMES}")
        } else if values.iter().filter(|other| other.name == *name).count() > 1 {
            "one of its names comes twice".to_owned()
        } else {
            if !ELSEWHERE.contains(&name.as_str()) {
                data.insert(name.clone(), value.clone().into());
            }
            continue;
        };
        return Err(EncodeError::Invalid { field: "method-values", problem });
    }
    Ok(data)
}

fn landing_pages(pages: &LandingPages) -> WrittenLandingPages<'_> {
    WrittenLandingPages {
        landing_success: &pages.success,
        landing_pending: &pages.pending,
        landing_declined: &pages.declined,
        landing_failed: &pages.failed,
    }
}

fn user<'a>(customer: &'a Customer, site: &'a Site, values: &'a [MethodValue]) -> User<'a> {
    let locale_language = || site.locale.split(['-', '_']).next().unwrap_or_default();
    User {
        first_name: customer.first_name.as_deref(),
        last_name: customer.last_name.as_deref(),
        birth_date: customer.birth_date.as_deref(),
        country_code: customer.country.as_deref(),
        player_id: &customer.id,
        post_code: customer.postal_code.as_deref(),
        language_code: customer.language.as_deref().unwrap_or_else(locale_language).to_ascii_uppercase(),
        email_address: customer.email.as_deref(),
        phone: customer.phone.as_deref(),
        city: customer.city.as_deref(),
        address: customer.street.as_deref(),
        ip_addr: customer.ip.as_deref(),
        company: method_value(values, "company"),
        passport_no: method_value(values, "passportNo"),
    }
}
