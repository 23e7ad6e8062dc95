//! Signing in with client credentials, and keeping the token in the store, sealed with a key of the site's own.

use serde::Deserialize;
use tollbridge_ledger::{open, seal};

use super::refusal::is_name;
use super::{CircuitBreaker, Refusal, RetryPolicy, Salesforce};

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

#[derive(Deserialize, Default)]
struct Denied {
    #[serde(default)]
    error: String,
}

impl Salesforce<'_> {
    fn token_key(&self) -> String {
        format!("sf/{}", self.site.name)
    }

    /// The token that was kept, where there is one that this site's key opens; and the site's pause.
    pub(super) fn stored_response(&self) -> Result<(Option<String>, Option<CircuitBreaker>), Refusal> {
        let keys = [self.token_key(), CircuitBreaker::key(self.site)];
        let values = self.ports.store.get_many(&keys).map_err(|error| store_failed(&error))?;
        let mut values = values.into_iter();
        let token = values.next().flatten().and_then(|sealed| self.opened(&sealed));
        let [_, pause_key] = &keys;
        let pause = CircuitBreaker::read(pause_key, values.next().flatten()).map_err(|error| store_failed(&error))?;
        Ok((token, pause))
    }

    fn opened(&self, sealed: &[u8]) -> Option<String> {
        let token = open(&self.site.keys.token, &self.token_key(), &String::from_utf8_lossy(sealed))?;
        String::from_utf8(token).ok()
    }

    /// A new token, kept for the requests after this one. It has no end that Salesforce would tell: a 401 ends it.
    pub(super) fn sign_in(&self) -> Result<String, Refusal> {
        let credentials = &self.site.salesforce;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", credentials.client_id.reveal())
            .append_pair("client_secret", credentials.client_secret.reveal())
            .finish();
        let headers = vec![
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("accept".to_owned(), "application/json".to_owned()),
        ];
        let response = self
            .send("token", "/services/oauth2/token", headers, form.into_bytes())
            .map_err(|fault| Refusal::unanswered(&fault))?;
        match response.status {
            200 => {}
            // Every error of the sign-in itself is one of configuration.
            400 | 401 | 403 => {
                let denied: Denied = serde_json::from_slice(&response.body).unwrap_or_default();
                let error = if is_name(&denied.error) { denied.error } else { "refused".to_owned() };
                return Err(Refusal {
                    retry_policy: RetryPolicy::Organisation,
                    code: format!("sign_in_{}", error.chars().take(40).collect::<String>()),
                    message: "Salesforce refused the sign-in: check client_id, client_secret and the My Domain url"
                        .to_owned(),
                });
            }
            status => return Err(Refusal::classify(status, "", "Salesforce did not sign in", &[], &response)),
        }
        let granted: Granted = serde_json::from_slice(&response.body).map_err(|_| Refusal {
            retry_policy: RetryPolicy::FewTries,
            code: "unreadable_answer".to_owned(),
            message: "Salesforce answered the sign-in with something else".to_owned(),
        })?;
        if granted.access_token.is_empty() || !granted.access_token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refusal {
                retry_policy: RetryPolicy::FewTries,
                code: "unreadable_answer".to_owned(),
                message: "Salesforce's token is not one that a header can carry".to_owned(),
            });
        }
        self.seal(&granted.access_token);
        Ok(granted.access_token)
    }

    fn seal(&self, token: &str) {
        let key = self.token_key();
        if let Some(sealed) = seal(&self.site.keys.token, &key, token.as_bytes(), self.ports.random) {
            self.keep((key, sealed.into_bytes()));
        }
    }
}

fn store_failed(error: &tollbridge_ledger::StoreError) -> Refusal {
    Refusal { retry_policy: RetryPolicy::Transient, code: "store".to_owned(), message: error.to_string() }
}
