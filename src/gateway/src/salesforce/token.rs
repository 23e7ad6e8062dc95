//! Signs in with client credentials, and stores the token sealed with a key of the site.

use secrecy::ExposeSecret as _;
use serde::Deserialize;
use tollbridge_ledger::{open, seal};

use super::refusal::{ApiError, is_name, is_page};
use super::{CircuitBreaker, Refusal, RetryPolicy, SalesforceClient};

#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
}

#[derive(Deserialize, Default)]
struct TokenError {
    #[serde(default)]
    error: String,
}

impl SalesforceClient<'_> {
    fn token_key(&self) -> String {
        format!("sf/{}", self.site.name)
    }

    /// The stored token, if this site's key opens it, and the site's circuit breaker.
    pub(super) fn stored_token_and_breaker(&self) -> Result<(Option<String>, Option<CircuitBreaker>), Refusal> {
        let keys = [self.token_key(), CircuitBreaker::key(self.site)];
        let values = self.ports.store.get_many(&keys).map_err(|error| store_failed(&error))?;
        let mut values = values.into_iter();
        let token = values.next().flatten().and_then(|sealed| self.opened(&sealed));
        let [_, breaker_key] = &keys;
        let breaker =
            CircuitBreaker::read(breaker_key, values.next().flatten()).map_err(|error| store_failed(&error))?;
        Ok((token, breaker))
    }

    fn opened(&self, sealed: &[u8]) -> Option<String> {
        let token = open(&self.site.keys.token, &self.token_key(), &String::from_utf8_lossy(sealed))?;
        String::from_utf8(token).ok()
    }

    /// A new token, stored for later calls. Salesforce does not say when a token expires: a 401 shows it.
    pub(super) fn sign_in(&self) -> Result<String, Refusal> {
        let credentials = &self.site.salesforce;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", credentials.client_id.expose_secret())
            .append_pair("client_secret", credentials.client_secret.expose_secret())
            .finish();
        let headers = vec![
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("accept".to_owned(), "application/json".to_owned()),
        ];
        let response = self
            .send("token", "/services/oauth2/token", headers, form.into_bytes())
            .map_err(|error| Refusal::no_response(&error))?;
        let now = self.ports.clock.now();
        match response.status {
            200 if !is_page(&response) => {}
            // Every error of the sign-in is one of configuration.
            400 | 401 | 403 if !is_page(&response) => {
                let body: TokenError = serde_json::from_slice(&response.body).unwrap_or_default();
                let error = if is_name(&body.error) { body.error } else { "refused".to_owned() };
                let code = format!("sign_in_{}", error.chars().take(40).collect::<String>());
                let message = "Salesforce refused the sign-in";
                return Err(Refusal::new(RetryPolicy::OrganisationFault, &code, message.to_owned()));
            }
            _ => return Err(Refusal::of_call(ApiError::default(), &response, now)),
        }
        let unreadable = |message: &str| Refusal::new(RetryPolicy::FewRetries, "unreadable_answer", message.to_owned());
        let granted: TokenResponse = serde_json::from_slice(&response.body)
            .map_err(|_| unreadable("Salesforce answered the sign-in with something else"))?;
        if granted.access_token.is_empty() || !granted.access_token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unreadable("Salesforce's token is not one that a header can carry"));
        }
        self.seal(&granted.access_token);
        Ok(granted.access_token)
    }

    fn seal(&self, token: &str) {
        let key = self.token_key();
        if let Some(sealed) = seal(&self.site.keys.token, &key, token.as_bytes(), self.ports.random) {
            self.write_later((key, sealed.into_bytes()));
        }
    }
}

fn store_failed(error: &tollbridge_ledger::StoreError) -> Refusal {
    Refusal::new(RetryPolicy::Transient, "store", error.to_string())
}
