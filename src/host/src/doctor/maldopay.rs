//! Whether MaldoPay can be reached and accepts the site's credentials: a status inquiry about a payment that does not
//! exist shows both and changes nothing.

use secrecy::ExposeSecret as _;
use serde_json::Value;
use tollbridge_connector::types::{Command, Operation};
use tollbridge_domain::Money;
use tollbridge_gateway::Site;
use tollbridge_maldopay::{Credentials, EncodedRequest, RequestTypes, encode};

use super::clock;
use super::findings::{Area, Findings};
use crate::web::{Web, WebResponse};

/// No payment has this reference.
const REFERENCE: &str = "tollbridge-doctor";

/// Makes the inquiry.
pub async fn check(findings: &mut Findings, web: &Web, site: &Site) {
    let name = Some(site.name.as_str());
    let Some(request) = inquiry(site) else {
        let advice = "check the site's settings for MaldoPay";
        return findings.problem(Area::MaldoPay, name, "the site's settings make no request", advice);
    };
    let url = format!("{}{}", site.maldopay_url, request.path);
    let headers: Vec<(String, String)> =
        request.headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    match web.send("POST", &url, &headers, request.body).await {
        Ok(answer) => {
            judge(findings, site, &answer);
            clock::check(findings, site.name.as_str(), "MaldoPay", &answer);
        }
        Err(error) => findings.problem(
            Area::MaldoPay,
            name,
            format!("{error:#}"),
            "check the site's maldopay.url, DNS, the firewall and proxies between this machine and MaldoPay",
        ),
    }
}

fn inquiry(site: &Site) -> Option<EncodedRequest> {
    // One whole unit of the currency suits both formats of amounts.
    let decimals = u32::try_from(site.main_currency.decimals()).ok()?;
    let amount = Money::from_minor_units(10_i64.checked_pow(decimals)?, site.main_currency).ok()?;
    let command = Command {
        operation: Operation::Status,
        reference: REFERENCE.to_owned(),
        amount: amount.into(),
        method: site.settings.provider.services.first()?.name.clone(),
        original_transaction_id: None,
        customer: None,
        description: None,
        invoice: None,
        method_values: Vec::new(),
    };
    let credentials = Credentials {
        api_key: site.maldopay.api_key.expose_secret().to_owned(),
        encrypting_key: site.maldopay.encrypting_keys.first()?.expose_secret().to_owned(),
    };
    let types = match site.request_types {
        tollbridge_gateway::RequestTypes::Always => RequestTypes::Always,
        tollbridge_gateway::RequestTypes::WhereNeeded => RequestTypes::WhereNeeded,
    };
    encode(&command, &site.settings, &credentials, types).ok()
}

fn judge(findings: &mut Findings, site: &Site, answer: &WebResponse) {
    let name = Some(site.name.as_str());
    let status = answer.status;
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let code = match body.pointer("/transaction/codeId") {
        Some(Value::String(code)) => code.clone(),
        Some(Value::Number(code)) => code.to_string(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => String::new(),
    };
    // About the merchant's request, so it holds nothing of a customer. Any text is bounded and made printable.
    let message = body.pointer("/transaction/codeMessage").and_then(Value::as_str).unwrap_or_default();
    let message: String = message.chars().take(120).collect();
    let message = message.escape_debug();
    match code.as_str() {
        "401" | "403" | "491" => findings.problem(
            Area::MaldoPay,
            name,
            format!("it refuses the credentials (code {code}: {message})"),
            "compare maldopay.api_key, the first of maldopay.encrypting_keys, client_id, brand_id and integration_id \
             with your contract",
        ),
        "" if matches!(status, 401 | 403) => findings.problem(
            Area::MaldoPay,
            name,
            format!("it refuses the request (HTTP {status})"),
            "compare the credentials with your contract, and ask MaldoPay whether it lets this machine's address in",
        ),
        "" => findings.problem(
            Area::MaldoPay,
            name,
            format!("what answers is not MaldoPay's API (HTTP {status})"),
            "check the site's maldopay.url: it ends with /json/",
        ),
        "404" | "400" if message.to_string().contains("client") => findings.problem(
            Area::MaldoPay,
            name,
            format!("it refuses the request (code {code}: {message})"),
            "compare client_id, brand_id and integration_id with your contract",
        ),
        // An inquiry about an unknown payment fails, or finds nothing.
        code if code.starts_with(['2', '3', '4', '5']) => findings.ok(
            Area::MaldoPay,
            name,
            format!("it is reached, and refuses none of the credentials (code {code}: {message})"),
        ),
        code => findings.problem(
            Area::MaldoPay,
            name,
            format!("it answers with the unknown code {:?}", code.chars().take(20).collect::<String>()),
            "ask MaldoPay what this code means for a status inquiry",
        ),
    }
}
