//! Whether Salesforce can be reached, signs the run-as user in, and has what the mapping writes.

use secrecy::ExposeSecret as _;
use serde::Deserialize;
use tollbridge_gateway::Site;

use super::expectation::ExpectedObject;
use super::findings::{Area, Findings};
use super::organisation::{Description, compare};
use super::{clock, validation_rule};
use crate::web::{Web, WebResponse};

/// The run-as user, signed in.
pub struct Session<'s> {
    web: &'s Web,
    site: &'s Site,
    token: String,
}

impl Session<'_> {
    /// Reads from a path below the API version.
    pub async fn get(&self, path: &str) -> anyhow::Result<WebResponse> {
        let salesforce = &self.site.salesforce;
        let url = format!("{}/services/data/{}/{path}", salesforce.url, salesforce.api_version);
        let headers = [
            ("authorization".to_owned(), format!("Bearer {}", self.token)),
            ("accept".to_owned(), "application/json".to_owned()),
        ];
        self.web.send("GET", &url, &headers, "").await
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refused {
    error: String,
    error_description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestError {
    error_code: String,
}

/// Signs in and compares the organisation with what the mapping writes.
pub async fn check(findings: &mut Findings, web: &Web, site: &Site, expected: &[ExpectedObject]) {
    let name = site.name.as_str();
    let Some(session) = sign_in(findings, web, site).await else { return };
    for object in expected {
        check_object(findings, &session, object).await;
    }
    if expected.iter().any(|object| object.name == "MaldoPay_Payment__c") {
        validation_rule::check(findings, name, &session).await;
    }
}

async fn sign_in<'s>(findings: &mut Findings, web: &'s Web, site: &'s Site) -> Option<Session<'s>> {
    let name = Some(site.name.as_str());
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", site.salesforce.client_id.expose_secret())
        .append_pair("client_secret", site.salesforce.client_secret.expose_secret())
        .finish();
    let headers = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    let url = format!("{}/services/oauth2/token", site.salesforce.url);
    let answer = match web.send("POST", &url, &headers, form).await {
        Ok(answer) => answer,
        Err(error) => {
            let advice = "check the site's salesforce.url (My Domain), DNS, the firewall and proxies on the way";
            findings.problem(Area::Salesforce, name, format!("{error:#}"), advice);
            return None;
        }
    };
    clock::check(findings, site.name.as_str(), "Salesforce", &answer);
    let granted = serde_json::from_str::<Granted>(&answer.body).ok().filter(|_| answer.status == 200);
    match granted {
        Some(granted) => {
            findings.ok(Area::Salesforce, name, "it signs the run-as user in");
            Some(Session { web, site, token: granted.access_token })
        }
        None => {
            let refused: Refused = serde_json::from_str(&answer.body).unwrap_or_default();
            let (what, advice) = refusal(answer.status, &refused);
            findings.problem(Area::Salesforce, name, what, advice);
            None
        }
    }
}

/// A refused sign-in, and what to do about it.
fn refusal(status: u16, refused: &Refused) -> (String, &'static str) {
    let shown = |text: &str| text.chars().take(120).collect::<String>().escape_debug().to_string();
    let what = format!(
        "it refuses the sign-in (HTTP {status} {}: {})",
        shown(&refused.error),
        shown(&refused.error_description)
    );
    let description = refused.error_description.to_ascii_lowercase();
    let advice = match refused.error.as_str() {
        "invalid_client_id" => {
            "compare salesforce.client_id with the Consumer Key of the External Client App; a new app works only after \
             some minutes"
        }
        "invalid_client" => "compare salesforce.client_secret with the Consumer Secret of the External Client App",
        _ if description.contains("domain") => {
            "write the My Domain host in the site's salesforce.url: Setup, My Domain, Current My Domain URL"
        }
        _ if description.contains("user") => {
            "name the run-as user: External Client App Manager, the app, Policies, Edit, Run As"
        }
        "unsupported_grant_type" | "invalid_grant" | "invalid_request" => {
            "enable the Client Credentials Flow in both the Settings and the Policies of the External Client App"
        }
        _ => "check the site's salesforce.url: no organisation answers there as Salesforce does",
    };
    (what, advice)
}

async fn check_object(findings: &mut Findings, session: &Session<'_>, object: &ExpectedObject) {
    let site = Some(session.site.name.as_str());
    let name = &object.name;
    let answer = match session.get(&format!("sobjects/{name}/describe")).await {
        Ok(answer) => answer,
        Err(error) => {
            return findings.problem(Area::Salesforce, site, format!("{error:#}"), "run this again");
        }
    };
    if answer.status == 404 && name == "Invoice" {
        let what = "Invoice does not exist, or the run-as user may not see it; only payments for an Invoice need it";
        return findings.note(Area::Salesforce, site, what, "nothing, if you charge no Invoice");
    }
    if answer.status != 200 {
        let errors: Vec<RestError> = serde_json::from_str(&answer.body).unwrap_or_default();
        let code = errors.first().map_or("", |error| error.error_code.as_str());
        let (what, advice) = match answer.status {
            404 => (
                format!("{name} does not exist, or the run-as user may not see it"),
                format!(
                    "create {name} as docs/salesforce.md describes it, and give the user's permission set access to \
                     it; if every object is missing, the organisation may not know the site's api_version"
                ),
            ),
            status => (
                format!("{name} cannot be read (HTTP {status} {})", code.chars().take(60).collect::<String>()),
                "give the run-as user the permission API Enabled and access to the object".to_owned(),
            ),
        };
        return findings.problem(Area::Salesforce, site, what, advice);
    }
    let Ok(described) = serde_json::from_str::<Description>(&answer.body) else {
        let what = format!("the description of {name} cannot be read");
        return findings.problem(Area::Salesforce, site, what, "check the site's salesforce.url and api_version");
    };
    let differences = compare(object, &described, session.site.settings.multi_currency);
    if differences.is_empty() {
        let fields = object.fields.len().saturating_add(object.external_id.iter().len());
        findings.ok(Area::Salesforce, site, format!("{name} has the {fields} fields that the mapping writes"));
    }
    for difference in differences {
        findings.add(Area::Salesforce, site, difference.level, difference.what, Some(difference.advice));
    }
}
