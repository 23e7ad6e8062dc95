//! The running gateway: what it says of itself, its mapping documents, and whether MaldoPay's callbacks reach it.

use anyhow::{Context as _, bail};
use serde_json::Value;
use tollbridge_gateway::Site;

use super::findings::{Area, Findings};
use crate::web::{Web, WebResponse};

/// A gateway that is running somewhere, if its address was given.
pub struct Running<'g> {
    web: &'g Web,
    url: Option<String>,
    key: Option<&'g str>,
}

impl<'g> Running<'g> {
    pub fn new(web: &'g Web, url: Option<&str>, key: Option<&'g str>) -> Self {
        Self { web, url: url.map(|url| url.trim_end_matches('/').to_owned()), key }
    }

    async fn get(&self, url: &str, path: &str) -> anyhow::Result<WebResponse> {
        let key = self.key.iter().map(|key| ("authorization".to_owned(), format!("Bearer {key}")));
        self.web.send("GET", &format!("{url}{path}"), &key.collect::<Vec<_>>(), "").await
    }

    /// Checks what `/readyz` reports.
    pub async fn check(&self, findings: &mut Findings) {
        let Some(url) = &self.url else {
            let what = "the running gateway was not asked";
            return findings.note(Area::Gateway, None, what, "give its address with --url");
        };
        let answer = match self.get(url, "/readyz").await {
            Ok(answer) => answer,
            Err(error) => {
                let advice = "start the gateway, or correct --url";
                return findings.problem(Area::Gateway, None, format!("{error:#}"), advice);
            }
        };
        let Ok(ready) = serde_json::from_str::<Value>(&answer.body) else {
            let what = format!("{url}/readyz does not answer as a gateway does (HTTP {})", answer.status);
            return findings.problem(Area::Gateway, None, what, "correct --url, or the proxy in front of the gateway");
        };
        let before = findings.has_problems();
        report(findings, None, ready.get("problems"));
        for site in ready.get("sites").and_then(Value::as_array).into_iter().flatten() {
            let name = text(site, "/site");
            report(findings, name, site.get("problems"));
            if let Some(code) = text(site, "/paused/code") {
                let what = format!("its syncs to Salesforce pause since Salesforce answered {code}");
                findings.problem(Area::Gateway, name, what, "mend what Salesforce refuses; the next drain tries again");
            }
            if let Some(problem) = text(site, "/clocks/problem") {
                findings.problem(Area::Clock, name, problem, "set the gateway's clock by NTP");
            }
        }
        match (answer.status, self.key) {
            (200, Some(_)) if before == findings.has_problems() => {
                findings.ok(Area::Gateway, None, format!("{url} is ready, and reports no problem"));
            }
            (200, Some(_)) => {}
            (200, None) => findings.note(
                Area::Gateway,
                None,
                format!("{url} is ready"),
                "give a key in TOLLBRIDGE_API_KEY to see what it reports of each site",
            ),
            (status, _) => findings.problem(
                Area::Gateway,
                None,
                format!("{url} is not ready (HTTP {status})"),
                "correct what it reports; to see that, give a key in TOLLBRIDGE_API_KEY",
            ),
        }
    }

    /// Sends what MaldoPay would never send: a callback without a signature, which the gateway must refuse as such.
    pub async fn check_callback_address(&self, findings: &mut Findings, site: &Site) {
        let name = Some(site.name.as_str());
        let Some(url) = &self.url else {
            let what = "whether callbacks arrive was not checked";
            let advice = format!(
                "give the address with --url, and register https://…/webhooks/maldopay/{} at MaldoPay",
                site.name
            );
            return findings.note(Area::CallbackAddress, name, what, advice);
        };
        let address = format!("{url}/webhooks/maldopay/{}", site.name);
        let is_local = ["http://127.", "http://localhost", "http://[::1]"].iter().any(|local| url.starts_with(local));
        if url.starts_with("http://") && !is_local {
            let what = format!("{address} is not encrypted");
            findings.problem(
                Area::CallbackAddress,
                name,
                what,
                "put a proxy with a certificate in front, and use https",
            );
        }
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        let answer = match self.web.send("POST", &address, &headers, "{}").await {
            Ok(answer) => answer,
            Err(error) => {
                let advice = "make this address reachable from the internet";
                return findings.problem(Area::CallbackAddress, name, format!("{error:#}"), advice);
            }
        };
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let code = text(&body, "/code").unwrap_or_default();
        match (answer.status, code) {
            (401, code) if code.starts_with("signature") => findings.ok(
                Area::CallbackAddress,
                name,
                format!("{address} is reached and refuses what is not signed; register it at MaldoPay"),
            ),
            (404, "not_found") => findings.problem(
                Area::CallbackAddress,
                name,
                format!("{address}: the gateway there has no site of this name"),
                "deploy this configuration there, or correct --url",
            ),
            (503, "not_configured") => findings.problem(
                Area::CallbackAddress,
                name,
                format!("{address}: the configuration of the gateway there cannot be used"),
                "correct what GET /readyz with a key reports",
            ),
            (status, _) => findings.problem(
                Area::CallbackAddress,
                name,
                format!("{address}: something else answers (HTTP {status})"),
                "correct --url, or let the proxy in front pass /webhooks/… on unchanged and without a sign-in",
            ),
        }
    }

    /// The text of the active or the last version of a mapping document; `None` without an address or a key.
    ///
    /// # Errors
    /// The gateway does not have it, or does not show it.
    pub async fn document(&self, site: &Site, name: &str) -> anyhow::Result<Option<String>> {
        let (Some(url), Some(_)) = (&self.url, self.key) else { return Ok(None) };
        let query = format!("site={}", site.name);
        let mapping = self.json(url, &format!("/v1/mappings/{name}?{query}")).await?;
        let number = |member: &str| mapping.get(member).and_then(Value::as_u64);
        let version = number("active").or(number("latest")).context("it has no version")?;
        let version = self.json(url, &format!("/v1/mappings/{name}/versions/{version}?{query}")).await?;
        Ok(Some(text(&version, "/text").context("the version has no text")?.to_owned()))
    }

    async fn json(&self, url: &str, path: &str) -> anyhow::Result<Value> {
        let answer = self.get(url, path).await?;
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        if answer.status != 200 {
            bail!("the gateway answers HTTP {} {}", answer.status, text(&body, "/code").unwrap_or_default());
        }
        Ok(body)
    }
}

/// The problems in a list of the gateway.
fn report(findings: &mut Findings, site: Option<&str>, problems: Option<&Value>) {
    for problem in problems.and_then(Value::as_array).into_iter().flatten() {
        let [at, what] = ["/at", "/problem"].map(|member| text(problem, member).unwrap_or_default());
        findings.problem(Area::Gateway, site, format!("{at}: {what}"), "correct it in the gateway's configuration");
    }
}

/// The text at this place of a JSON value (RFC 6901).
fn text<'v>(value: &'v Value, place: &str) -> Option<&'v str> {
    value.pointer(place).and_then(Value::as_str)
}
