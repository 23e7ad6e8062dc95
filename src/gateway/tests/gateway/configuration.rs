//! What makes a configuration unusable, where and to whom each problem is reported, and that no report contains a
//! secret.

use tollbridge_gateway::{Config, Origins};

use super::doubles::{CONFIG, World, body, get, json, request, secrets, sync, webhook, with_header};

/// The problems of a configuration, as place and text, which `/readyz` shows only to a caller with a key.
pub fn problems(config: &str, secrets: &str) -> Vec<(String, String)> {
    let world = World::configured(config, secrets);
    let unknown = world.send(request("GET", "/readyz"));
    let problems = Config::read(config, secrets, Origins::default()).err().unwrap();
    // Readiness shows every caller that a secret is the sandbox's.
    if problems.iter().all(|problem| !problem.problem.contains("the sandbox's")) {
        assert_eq!((unknown.status, unknown.text.as_str()), (503, "{\"status\":\"not ready\"}"));
    }
    let log = world.lines.0.borrow().concat();
    assert!(problems[0].problem.len() > 100 || log.contains(&problems[0].at), "{log}");
    let response = world.send(get("/readyz"));
    // Where the keys of the caller's site cannot be read, the caller is unknown.
    if response.text != unknown.text {
        assert_eq!((response.status, &response.json["status"]), (503, &"not ready".into()), "{}", response.text);
        assert_eq!(response.json["problems"], serde_json::to_value(&problems).unwrap());
    }
    let shown = format!("{}{log}{problems:?}", response.text);
    assert!(!shown.contains("marker"), "a secret's value is shown: {shown}");
    assert!(!shown.contains("6H7R7sTjqFVlSg61SOz37ArdFGx56"), "a key is shown: {shown}");
    problems.into_iter().map(|problem| (problem.at, problem.problem)).collect()
}

/// The only problem of the valid configuration after this replacement in one of its two documents.
pub fn problem(document: &str, from: &str, to: &str) -> (String, String) {
    let secrets = secrets();
    let changed = |text: &str| {
        assert!(text.contains(from), "{from:?} is not in {document}");
        text.replacen(from, to, 1)
    };
    let found = match document {
        "config" => problems(&changed(CONFIG), &secrets),
        _ => problems(CONFIG, &changed(&secrets)),
    };
    assert_eq!(found.len(), 1, "{from:?} to {to:?}: {found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn a_usable_configuration_is_ready_and_lists_its_sites() {
    let response = World::new().send(get("/readyz"));
    assert_eq!((response.status, &response.json["status"]), (200, &"ready".into()));
    let sites: Vec<_> = response.json["sites"].as_array().unwrap().iter().map(|site| site["site"].clone()).collect();
    assert_eq!(sites, ["de", "tr"]);
}

#[test]
fn each_invalid_value_is_named_with_its_document_line_and_key() {
    for (document, from, to, at) in [
        ("config", "\"TRY\", ", "\"TRL\", ", "config: line 4: sites.tr.currencies"),
        ("config", "[\"TRY\", \"EUR\"]", "[]", "config: line 4: sites.tr.currencies"),
        (
            "config",
            "https://maldopay.example/json\"",
            "ftp://maldopay.example\"",
            "config: line 6: sites.tr.maldopay.url",
        ),
        (
            "config",
            "https://maldopay.example/json\"",
            "https://a:b@maldopay.example\"",
            "config: line 6: sites.tr.maldopay.url",
        ),
        (
            "config",
            "https://maldopay.example/json\"",
            "https://m.example/?a=b\"",
            "config: line 6: sites.tr.maldopay.url",
        ),
        (
            "config",
            "https://tollbridge.my.salesforce.example/\"",
            "https://\"",
            "config: line 7: sites.tr.salesforce.url",
        ),
        (
            "config",
            "https://tollbridge.my.salesforce.example/\"",
            "https:///x\"",
            "config: line 7: sites.tr.salesforce.url",
        ),
        (
            "config",
            "multi_currency = true",
            "api_version = \"67.0\"",
            "config: line 7: sites.tr.salesforce.api_version",
        ),
        (
            "config",
            "multi_currency = true",
            "api_version = \"v49.0\"",
            "config: line 7: sites.tr.salesforce.api_version",
        ),
        (
            "config",
            "multi_currency = true",
            "api_version = \"v67.0/x\"",
            "config: line 7: sites.tr.salesforce.api_version",
        ),
        ("config", "{ checkout = 2031, bank = 2006 }", "{}", "config: line 6: sites.tr.maldopay.services"),
        (
            "config",
            "client_id",
            "utc_offset_minutes = 841, client_id",
            "config: line 6: sites.tr.maldopay.utc_offset_minutes",
        ),
        (
            "config",
            "[sites.de]",
            "timeouts = { maldopay = 0 }\n[sites.de]",
            "config: line 8: sites.tr.timeouts.maldopay",
        ),
        (
            "config",
            "[sites.de]",
            "timeouts = { salesforce = 26 }\n[sites.de]",
            "config: line 8: sites.tr.timeouts.salesforce",
        ),
        ("config", "\"Tollbridge Demo\"", "\" \"", "config: line 3: sites.tr.legal_entity"),
        ("config", "\"tr-TR\"", "\"tr_TR\"", "config: line 5: sites.tr.locale"),
        ("config", "\"tr-TR\"", "\"fil-PH\"", "config: line 5: sites.tr.locale"),
        ("config", "\"tr-TR\"", "\"tr-UK\"", "config: line 5: sites.tr.locale"),
        (
            "config",
            "client_id",
            "time_zone = \"Europe/Berlin\", client_id",
            "config: line 6: sites.tr.maldopay.time_zone",
        ),
        (
            "config",
            "client_id",
            "time_zone = \"<+03>-3\", utc_offset_minutes = 180, client_id",
            "config: line 6: sites.tr.maldopay.time_zone",
        ),
        ("config", "client_id = 1", "client_id = -1", "config: line 6: sites.tr.maldopay.client_id"),
        ("config", "checkout = 2031", "checkout = \"2031\"", "config: line 6: sites.tr.maldopay.services.checkout"),
        ("config", "multi_currency = true", "multi_currency = 1", "config: line 7: sites.tr.salesforce.multi_currency"),
        (
            "config",
            "[sites.de]",
            "retention = { idempotency_days = 0 }\n[sites.de]",
            "config: line 8: sites.tr.retention.idempotency_days",
        ),
        ("config", "[sites.de]", "mapping = { shadow = \"A\" }\n[sites.de]", "config: line 8: sites.tr.mapping.shadow"),
        (
            "config",
            "bank = 2006",
            "bank = { id = 2006, need = [\"email\"] }",
            "config: line 6: sites.tr.maldopay.services.bank.need",
        ),
        (
            "config",
            "bank = 2006",
            "bank = { needs = [\"email\"] }",
            "config: line 6: sites.tr.maldopay.services.bank.id",
        ),
        (
            "config",
            "bank = 2006",
            "bank = { id = 2006, needs = [\"email\", \"Email\"] }",
            "config: line 6: sites.tr.maldopay.services.bank.needs",
        ),
        (
            "config",
            "bank = 2006",
            "bank = { id = 2006, takes = [\"methodData\"] }",
            "config: line 6: sites.tr.maldopay.services.bank.takes",
        ),
        (
            "config",
            "bank = 2006",
            "bank = { id = 2006, data = { iban = \"contact.Iban__c\" } }",
            "config: line 6: sites.tr.maldopay.services.bank.data.iban",
        ),
        (
            "config",
            "bank = 2006",
            "bank = { id = 2006, data = { serviceData1 = \"contact.Account.Iban__c\" } }",
            "config: line 6: sites.tr.maldopay.services.bank.data.serviceData1",
        ),
        (
            "config",
            "[sites.de]",
            "customer = { email = [\"contact.Email\", \"lead.Email\"] }\n[sites.de]",
            "config: line 8: sites.tr.customer.email",
        ),
        (
            "config",
            "[sites.de]",
            "customer = { e_mail = \"contact.Email\" }\n[sites.de]",
            "config: line 8: sites.tr.customer.e_mail",
        ),
        ("config", "[sites.de]", "customer = { ip = 1 }\n[sites.de]", "config: line 8: sites.tr.customer.ip"),
        ("secrets", "\"sha256:", "\"sha512:", "secrets: line 2: sites.tr.api_keys"),
        ("secrets", "\"sha256:", "\"marker-in-clear", "secrets: line 2: sites.tr.api_keys"),
        ("secrets", "\"marker-api-key-tr\"", "\"\"", "secrets: line 3: sites.tr.maldopay.api_key"),
        ("secrets", "\"marker-client-tr\"", "\"\"", "secrets: line 4: sites.tr.salesforce.client_id"),
        ("secrets", "\"marker-secret-tr\"", "\"\"", "secrets: line 4: sites.tr.salesforce.client_secret"),
        ("secrets", "\"marker-old-key-tr\"", "\"\"", "secrets: line 3: sites.tr.maldopay.encrypting_keys"),
        (
            "secrets",
            "\"marker-encrypting-key-tr\", \"marker-old-key-tr\"",
            "",
            "secrets: line 3: sites.tr.maldopay.encrypting_keys",
        ),
        ("secrets", "4oM=", "marker=", "secrets: line 5: sites.tr.key"),
        ("secrets", "6H7R7sTjqFVlSg61SOz37ArdFGx56nfG5RaTbWH+4oM=", "bWFya2Vy", "secrets: line 5: sites.tr.key"),
    ] {
        assert_eq!(problem(document, from, to).0, at, "{from:?} to {to:?}");
    }
}

#[test]
fn a_value_in_the_wrong_form_is_named_with_its_place_and_the_right_form() {
    for (document, from, to, at, says) in [
        ("config", "legal_entity = \"Tollbridge Demo\"", "", "config: line 2: sites.tr.legal_entity", "missing"),
        ("config", "client_id = 1", "client_id = \"1\"", "config: line 6: sites.tr.maldopay.client_id", "whole number"),
        (
            "config",
            "client_id",
            "signature = \"none\", client_id",
            "config: line 6: sites.tr.maldopay.signature",
            "body",
        ),
        ("config", "client_id", "clientid = 1, client_id", "config: line 6: sites.tr.maldopay.clientid", "client_id"),
        ("config", "[\"TRY\", \"EUR\"]", "\"TRY\"", "config: line 4: sites.tr.currencies", "list"),
        ("config", "locale = \"tr-TR\"", "locale = ", "config: line 5", "not TOML"),
        ("config", "[sites.de]", "[sites.tr]", "config: line 8", "redefinition of table"),
        (
            "secrets",
            "\"marker-secret-tr\"",
            "[\"marker\"]",
            "secrets: line 4: sites.tr.salesforce.client_secret",
            "text",
        ),
        ("secrets", "\"marker-secret-tr\"", "marker-secret-tr", "secrets: line 4", "docs/configuration.md"),
        (
            "secrets",
            "client_secret",
            "marker = 1, client_secret",
            "secrets: line 4: sites.tr.salesforce",
            "client_secret",
        ),
    ] {
        let (found, text) = problem(document, from, to);
        assert_eq!(found, at, "{from:?} to {to:?}: {text}");
        assert!(text.contains(says), "{from:?} to {to:?}: {text}");
    }
}

#[test]
fn a_misspelt_key_is_reported_as_unknown_and_the_right_one_as_missing() {
    let found = |config: &str, secrets: &str| -> Vec<String> {
        problems(config, secrets).into_iter().map(|(at, text)| format!("{at}: {text}")).collect()
    };
    let known = "known are legal_entity, currencies, locale, maldopay, salesforce, timeouts, retention, status, mapping, customer";
    assert_eq!(
        found(&CONFIG.replacen("locale", "local", 1), &secrets()),
        [
            "config: line 2: sites.tr.locale: missing".to_owned(),
            format!("config: line 5: sites.tr.local: unknown key: {known}"),
        ]
    );
    assert_eq!(
        found(CONFIG, &secrets().replacen("api_keys", "marker", 1)),
        [
            "secrets: line 1: sites.tr.api_keys: missing",
            "secrets: line 2: sites.tr: an unknown key: known are api_keys, maldopay, salesforce, key, former_keys",
        ]
    );
    assert_eq!(
        found(CONFIG, &secrets().replacen("[sites.tr]", "[marker.tr]", 1)),
        [
            "secrets: line 1: an unknown key: known are sites",
            "secrets: sites.tr: missing: config has this site in line 2",
        ]
    );
    assert_eq!(
        found(CONFIG, &format!("{}[sites.\"marker of a secret\"]\n", secrets())),
        [
            "secrets: line 11: sites.….api_keys: missing",
            "secrets: line 11: sites.….maldopay: missing",
            "secrets: line 11: sites.….salesforce: missing",
            "secrets: line 11: sites.….key: missing",
            "secrets: line 11: sites: not the name of a site in config",
        ]
    );
}

#[test]
fn a_site_in_only_one_document_is_reported_missing_in_the_other() {
    let only_tr = secrets().split("[sites.de]").next().unwrap().to_owned();
    let found = problems(CONFIG, &only_tr);
    assert_eq!(found[0].0, "secrets: sites.de");
    let only_tr = CONFIG.split("[sites.de]").next().unwrap();
    let found = problems(only_tr, &secrets());
    assert_eq!(found[0].0, "config: sites.de");
}

#[test]
fn all_problems_are_reported_at_once() {
    let config = CONFIG.replace("\"EUR\"", "\"XXX\"").replace("tollbridge.my", "@");
    let secrets = secrets().replace("marker-secret-de", "").replace("marker-api-key-tr", "");
    let places: Vec<String> = problems(&config, &secrets).into_iter().map(|(at, _)| at).collect();
    let all = [
        "config: line 4: sites.tr.currencies",
        "config: line 7: sites.tr.salesforce.url",
        "config: line 10: sites.de.currencies",
        "config: line 13: sites.de.salesforce.url",
        "secrets: line 3: sites.tr.maldopay.api_key",
        "secrets: line 9: sites.de.salesforce.client_secret",
    ];
    assert_eq!(places, all);
}

#[test]
fn both_documents_are_reported_when_neither_is_toml() {
    let found = problems("sites = ", "marker = = marker");
    let places: Vec<&str> = found.iter().map(|(at, _)| at.as_str()).collect();
    assert_eq!(places, ["config: line 1", "secrets: line 1"]);
    let found = problems("", "");
    assert_eq!(found.len(), 2, "{found:?}");
    let found = problems("\n[sites]", "[sites]");
    assert_eq!(found[0].0, "config: line 2: sites");
}

#[test]
fn the_name_of_a_site_must_fit_a_url() {
    let found = problems(&CONFIG.replace("[sites.tr]", "[sites.TR]"), &secrets().replace("[sites.tr]", "[sites.TR]"));
    assert_eq!(found.len(), 1);
    assert!(found[0].0.starts_with("config: line 2: sites.TR"), "{found:?}");
}

#[test]
fn every_other_route_returns_503_and_says_where_to_look() {
    let world = World::configured("", "");
    let callback = super::doubles::callback("tb1", "DEPOSIT", "CONFIRMED", "1", 0);
    for request in [
        json("/v1/payments", "k", &body()),
        json("/v1/payments/tb1/refunds", "k", &body()),
        get("/v1/payments/tb1"),
        get("/v1/payments/tb1/events"),
        sync("tb1"),
        get("/v1/journal"),
        request("POST", "/v1/drain"),
        webhook(&callback),
    ] {
        let path = request.path.clone();
        let response = world.send(request);
        assert_eq!((response.status, response.code()), (503, "not_configured"), "{path}");
        assert!(response.text.contains("/readyz"));
    }
    assert_eq!(world.send(request("GET", "/healthz")).status, 200, "the gateway is alive nevertheless");
    assert_eq!(world.store.operations(), 0);
}

#[test]
fn the_gateway_is_not_ready_while_the_store_does_not_respond() {
    let world = World::new();
    world.store.down_from(1);
    let response = world.send(get("/readyz"));
    assert_eq!(response.status, 503);
    assert_eq!(response.json["problems"][0]["at"], "store: de");
}

#[test]
fn without_a_key_readiness_says_only_whether_the_gateway_is_ready() {
    let world = World::new();
    world.charge("k");
    let wrong = with_header(request("GET", "/readyz"), "authorization", "Bearer wrong");
    for request in [request("GET", "/readyz"), wrong] {
        let response = world.send(request);
        assert_eq!((response.status, response.text.as_str()), (200, "{\"status\":\"ready\"}"));
    }
    world.store.down_from(1);
    let response = world.send(request("GET", "/readyz"));
    assert_eq!((response.status, response.text.as_str()), (503, "{\"status\":\"not ready\"}"));
}

#[test]
fn a_caller_with_a_key_sees_the_problems_of_other_sites_secrets_too() {
    let secrets = secrets().replacen("encrypting_keys", "encrypting", 1);
    let world = World::configured(CONFIG, &secrets);
    let sync_state = world.send(get("/readyz"));
    assert!(sync_state.json["problems"].as_array().is_some_and(|problems| !problems.is_empty()), "{}", sync_state.text);
    let unknown = world.send(with_header(get("/readyz"), "authorization", "Bearer wrong"));
    assert_eq!(unknown.text, "{\"status\":\"not ready\"}");
}
