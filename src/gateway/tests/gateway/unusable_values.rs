//! Values of the configuration that can be read and can never work: hosts, keys, currencies, placeholders, documents.

use tollbridge_gateway::{Config, Origins};

use super::configuration::problem;
use super::doubles::{CONFIG, World, body, get, json, secrets};

#[test]
fn a_host_of_salesforce_that_signs_nobody_in_is_refused_with_the_right_form() {
    for host in [
        "login.salesforce.com",
        "test.salesforce.com",
        "example.lightning.force.com",
        "example--uat.sandbox.lightning.force.com",
        "example.my.site.com",
        "example.my.salesforce-setup.com",
        "EXAMPLE.Lightning.Force.com",
    ] {
        let (at, says) = problem("config", "tollbridge.my.salesforce.example", host);
        assert_eq!(at, "config: line 7: sites.tr.salesforce.url", "{host}");
        assert!(says.contains("My Domain") && says.contains(".my.salesforce.com"), "{host}: {says}");
    }
    for host in ["example.my.salesforce.com", "example--uat.sandbox.my.salesforce.com", "example.my.salesforce.mil"] {
        let config = CONFIG.replace("tollbridge.my.salesforce.example", host);
        assert!(Config::read(&config, &secrets(), Origins::default()).is_ok(), "{host}");
    }
}

#[test]
fn an_unencrypted_address_of_another_machine_is_refused() {
    for (from, to, at) in [
        ("https://maldopay.example/json\"", "http://maldopay.example/json\"", "config: line 6: sites.tr.maldopay.url"),
        (
            "https://tollbridge.my.salesforce.example/",
            "http://10.0.0.1:8080",
            "config: line 7: sites.tr.salesforce.url",
        ),
    ] {
        let (found, says) = problem("config", from, to);
        assert!(found == at && says.contains("write https"), "{found}: {says}");
    }
}

#[test]
fn a_placeholder_is_named_with_its_place() {
    for (document, from, to, at) in [
        ("config", "\"Tollbridge Demo\"", "\"…\"", "config: line 3: sites.tr.legal_entity"),
        ("config", "[\"TRY\", \"EUR\"]", "[\"TRY\", …]", "config: line 4"),
        ("secrets", "\"marker-secret-tr\"", "\"…\"", "secrets: line 4: sites.tr.salesforce.client_secret"),
    ] {
        let (found, says) = problem(document, from, to);
        assert!(found == at && says.contains("write the value"), "{found}: {says}");
    }
}

#[test]
fn a_key_of_standard_webhooks_must_be_one_that_callbacks_can_match() {
    let config = CONFIG.replacen("client_id", "signature = \"standard-webhooks\", client_id", 1);
    let read = |key: &str| {
        let secrets = secrets().replacen("marker-old-key-tr", key, 1);
        Config::read(&config, &secrets, Origins::default())
    };
    for key in [
        "whsec_bWFya2VyLWtleQ",       // without its padding
        "whsec_-_-_bWFya2VyLWtleQ==", // the alphabet for URLs
        "whsec_bWFy a2VyLWtleQ==",
        "whsec_bWFya2VyLWtleQ== ",
        " whsec_bWFya2VyLWtleQ==",
        "whsec_v1,bWFya2VyLWtleQ==",
        "v1,whsec_bWFya2VyLWtleQ==",
        "v1,bWFya2VyLWtleQ==",
        "whsec_",
    ] {
        let found = read(key).err().unwrap_or_default();
        assert_eq!(found.len(), 1, "{key:?}: {found:?}");
        assert_eq!(found[0].at, "secrets: line 3: sites.tr.maldopay.encrypting_keys", "{key:?}");
        assert!(found[0].problem.contains("whsec_") && !found[0].problem.contains("bWFy"), "{found:?}");
    }
    for key in ["whsec_bWFya2VyLWtleQ==", "whsec_+/+/bWFya2VyLWtleQ==", "a key in plain text"] {
        assert!(read(key).is_ok(), "{key:?}");
    }
    // Another scheme takes any text as the key itself.
    let secrets = secrets().replacen("marker-old-key-tr", "whsec_marker", 1);
    assert!(Config::read(CONFIG, &secrets, Origins::default()).is_ok());
}

#[test]
fn the_digest_of_an_empty_key_lets_nobody_in() {
    let secrets = secrets();
    let (_, digest) = secrets.split_once("sha256:").unwrap();
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let (at, says) = problem("secrets", &digest[..64], empty);
    assert_eq!(at, "secrets: line 2: sites.tr.api_keys");
    assert!(says.contains("empty key"), "{says}");
}

#[test]
fn a_currency_with_more_decimals_than_the_fields_says_so() {
    let (_, says) = problem("config", "\"TRY\", ", "\"CLF\", ");
    assert!(says.contains("more decimals than the amount fields in Salesforce, which have 3"), "{says}");
}

#[test]
fn a_host_that_the_manifest_does_not_allow_is_a_problem_that_names_the_variable() {
    let (maldopay, salesforce) = ("https://maldopay.example", "https://*.my.salesforce.example");
    let world = World::new();
    for (allowed, named, at) in [
        ([maldopay, salesforce], "", ""),
        // A manifest that does not pass the variables on.
        (["", ""], "", ""),
        (["http://127.0.0.1:*", salesforce], "maldopay_origin", "config: line 6: sites.tr.maldopay.url"),
        ([maldopay, "https://*.salesforce.com"], "salesforce_origin", "config: line 7: sites.tr.salesforce.url"),
    ] {
        world.allow(allowed[0], allowed[1]);
        let response = world.send(get("/readyz"));
        if named.is_empty() {
            assert_eq!(response.status, 200, "{allowed:?}: {}", response.text);
            continue;
        }
        let found = &response.json["problems"][0];
        assert_eq!((response.status, &found["at"]), (503, &at.into()), "{}", response.text);
        let says = found["problem"].as_str().unwrap();
        assert!(says.contains(named) && says.contains("set it to https://"), "{says}");
        // A charge is refused before anything is stored, and is no declined payment.
        let charge = world.send(json("/v1/payments", "k", &body()));
        assert_eq!((charge.status, charge.code()), (503, "not_configured"));
        assert_eq!(charge.json["problems"][0]["field"], at, "{}", charge.text);
    }
    assert!(world.network.requests().is_empty());
}

#[test]
fn readiness_names_a_document_and_a_shadow_that_are_not_stored() {
    let mapping = "mapping = { document = \"order\", shadow = \"next\" }\n[sites.de]";
    let world = World::configured(&CONFIG.replacen("[sites.de]", mapping, 1), &secrets());
    let response = world.send(get("/readyz"));
    // The documents are stored by way of this gateway, so it stays in service.
    assert_eq!((response.status, &response.json["sites"][0]["problems"]), (200, &serde_json::Value::Null));
    let found = response.json["sites"][1]["problems"].as_array().unwrap();
    let places: Vec<_> = found.iter().map(|problem| problem["at"].as_str().unwrap()).collect();
    assert_eq!(places, ["config: sites.tr.mapping.document", "config: sites.tr.mapping.shadow"]);
    for (problem, says) in found.iter().zip(["/v1/mappings/order", "/v1/mappings/next"]) {
        assert!(problem["problem"].as_str().unwrap().contains(says), "{problem}");
    }
}
