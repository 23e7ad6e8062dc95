//! The two texts of a site's configuration.

use super::answers::Answers;
use super::keys::NewKeys;

/// The text of `config`.
pub fn config(answers: &Answers) -> String {
    let site = key(&answers.site);
    let currencies: Vec<String> = answers.currencies.iter().map(|code| string(code)).collect();
    let services: Vec<String> = answers.services.iter().map(|(name, id)| format!("{} = {id}", key(name))).collect();
    format!(
        "# docs/configuration.md has every key.\n\
         [sites.{site}]\n\
         legal_entity = {entity}\n\
         currencies = [{currencies}]\n\
         locale = {locale}\n\
         \n\
         [sites.{site}.maldopay]\n\
         url = {maldopay}\n\
         client_id = {client}\n\
         brand_id = {brand}\n\
         integration_id = {integration}\n\
         services = {{ {services} }}\n\
         signature = {signature}\n\
         \n\
         [sites.{site}.salesforce]\n\
         url = {salesforce}\n\
         multi_currency = {multi_currency}\n",
        entity = string(&answers.legal_entity),
        currencies = currencies.join(", "),
        locale = string(&answers.locale),
        maldopay = string(&answers.maldopay_url),
        client = answers.client_id,
        brand = answers.brand_id,
        integration = answers.integration_id,
        services = services.join(", "),
        signature = string(&answers.signature),
        salesforce = string(&answers.salesforce_url),
        multi_currency = answers.multi_currency,
    )
}

/// The text of `secrets`.
pub fn secrets(answers: &Answers, keys: &NewKeys) -> String {
    format!(
        "[sites.{site}]\n\
         api_keys = [{digest}]\n\
         maldopay = {{ api_key = {api_key}, encrypting_keys = [{encrypting_key}] }}\n\
         salesforce = {{ client_id = {client_id}, client_secret = {client_secret} }}\n\
         key = {site_key}\n",
        site = key(&answers.site),
        digest = string(&keys.digest()),
        api_key = string(&answers.maldopay_api_key),
        encrypting_key = string(&answers.maldopay_encrypting_key),
        client_id = string(&answers.salesforce_client_id),
        client_secret = string(&answers.salesforce_client_secret),
        site_key = string(&keys.site_key),
    )
}

/// A TOML string. TOML takes JSON's escapes, and wants one more character escaped.
fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// A TOML key: bare if it can be.
fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !name.is_empty() && name.bytes().all(is_bare) { name.to_owned() } else { string(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_a_toml_string_and_every_name_a_toml_key() {
        for text in ["", "a\"b\\c", "tab\tline\n\u{7f}\u{1b}", "A.Ş. 🦀", "'''"] {
            let table: toml::Table = format!("x = {}\n{} = 1", string(text), key(text)).parse().unwrap();
            assert_eq!(table["x"].as_str(), Some(text));
            assert!(table.contains_key(text), "{text:?}");
        }
        assert_eq!(key("tr-1"), "tr-1");
    }
}
