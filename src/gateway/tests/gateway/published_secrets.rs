//! The sandbox's secrets, which are published in the repository, work only between peers on this machine.

use super::configuration::problems;
use super::doubles::{CONFIG, World, body, callback, get, json, request, secrets, webhook};

/// The sandbox's secrets as published in the repository, each with its place.
const PUBLISHED: [(&str, &str, &str); 6] = [
    ("sites.tr.api_keys", "", "sha256:c27f1dc0436e6ea2fe495afbfeee34098fbdebccedb5fea4bdf71e967eaaf594"),
    ("sites.tr.maldopay.api_key", "marker-api-key-tr", "sandbox-maldopay-key"),
    ("sites.tr.maldopay.encrypting_keys", "marker-old-key-tr", "sandbox-encrypting-key"),
    ("sites.tr.salesforce.client_id", "marker-client-tr", "sandbox-client"),
    ("sites.tr.salesforce.client_secret", "marker-secret-tr", "sandbox-secret"),
    ("sites.tr.key", "6H7R7sTjqFVlSg61SOz37ArdFGx56nfG5RaTbWH+4oM=", "hErwZwMF5vpPovRGa1iPfS7T2PthD+FLdRZ1Fdf2jlA="),
];

/// The secrets with one replaced by a published one.
fn with_published((_, from, to): (&str, &str, &str)) -> String {
    let secrets = secrets();
    let first_key = secrets.split("api_keys = [\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    secrets.replacen(if from.is_empty() { &first_key } else { from }, to, 1)
}

/// The configuration in which these peers of the site `tr` are on this machine.
fn on_this_machine(maldopay: bool, salesforce: bool) -> String {
    let put = |config: String, is: bool, from: &str, to: &str| if is { config.replacen(from, to, 1) } else { config };
    let config = put(CONFIG.to_owned(), maldopay, "https://maldopay.example/json", "http://127.0.0.1:4010/json/");
    put(config, salesforce, "https://tollbridge.my.salesforce.example/", "http://[::1]:4020")
}

#[test]
fn a_published_secret_is_reported_unless_both_peers_are_on_this_machine() {
    for published in PUBLISHED {
        let secrets = with_published(published);
        assert!(secrets.contains(published.2), "{published:?}");
        for (maldopay, salesforce) in [(false, false), (true, false), (false, true)] {
            let config = on_this_machine(maldopay, salesforce);
            let found = problems(&config, &secrets);
            assert_eq!(found.len(), 1, "{found:?}");
            let (at, problem) = &found[0];
            assert!(at.starts_with("secrets: line ") && at.ends_with(published.0), "{at}");
            assert!(problem.contains("sandbox") && !problem.contains(published.2), "{problem}");
            // Every route names it and does nothing.
            let world = World::configured(&config, &secrets);
            let callback = callback("tb1", "DEPOSIT", "CONFIRMED", "1", 0);
            for request in [json("/v1/payments", "k", &body()), get("/v1/journal"), webhook(&callback)] {
                let response = world.send(request);
                assert_eq!((response.status, response.code()), (503, "not_configured"));
                assert_eq!(response.json["problems"][0]["field"], at.as_str(), "{}", response.text);
                assert!(!response.text.contains(published.2), "{}", response.text);
            }
            assert_eq!((world.store.operations(), world.network.requests().len()), (0, 0));
        }
        let world = World::configured(&on_this_machine(true, true), &secrets);
        assert_eq!(world.send(request("GET", "/readyz")).status, 200, "{published:?}");
    }
}
