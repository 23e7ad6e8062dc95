//! With an unusable configuration, readiness tells callers who have a key what is wrong and where. Every other route
//! returns 503.

use serde_json::{Value, json};

use crate::world::{Setup, TR, World, shows};

/// Starts a world with this configuration, asserts that it serves nothing, and returns the problems that readiness
/// lists.
async fn problems(setup: Setup) -> anyhow::Result<Vec<String>> {
    let world = World::with(setup).await?;
    world.client.call("GET", "/healthz").send().await?.expect(200);
    let order = world.tr.seed_order();
    let charge = world.tr.charge(&order, "149.90").await?.problem(503, "not_configured");
    let mut reported = vec![charge["problems"].clone()];
    for (method, path) in [
        ("GET", "/v1/payments/any"),
        ("GET", "/v1/payments/any/events"),
        ("POST", "/v1/payments/any/refunds"),
        ("POST", "/v1/payments/any/sync"),
        ("GET", "/v1/journal"),
        ("POST", "/v1/drain"),
        ("POST", "/webhooks/maldopay/tr"),
    ] {
        let problem = world.tr.call(method, path).send().await?.problem(503, "not_configured");
        reported.push(problem["problems"].clone());
    }
    let anybody = world.client.call("GET", "/readyz").send().await?.expect(503);
    shows(&anybody, json!({"status": "not ready"}));
    for problem in anybody["problems"].as_array().into_iter().flatten() {
        assert!(problem["problem"].as_str().unwrap_or_default().contains("the sandbox's"), "{anybody:#}");
    }
    // One of the two keys can be read, unless the secrets are not TOML at all.
    let mut reply = world.tr.call("GET", "/readyz").send().await?;
    let visible = reply.json()["problems"].clone();
    if reply.json()["problems"].is_null() {
        reply = world.eu.call("GET", "/readyz").send().await?;
    }
    shows(&reply.expect(503), json!({"status": "not ready"}));
    for secret in TR.confidential() {
        assert!(!reply.body.contains(secret), "{secret:?} is in {}", reply.body);
        assert!(!world.log.text().contains(secret), "{secret:?} is in the log");
    }
    let Some(list) = reply.json()["problems"].as_array().cloned() else {
        let log = world.log.text();
        let visible = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let visible = visible.filter_map(|line| Some(line["place"].as_str()?.to_owned())).take(1).collect();
        world.stop().await?;
        return Ok(visible);
    };
    let text = |problem: &Value| {
        let [at, what] = ["at", "problem"].map(|member| problem[member].as_str().unwrap_or_default());
        assert!(!at.is_empty() && !what.is_empty(), "{problem:#}");
        format!("{at}: {what}")
    };
    let list: Vec<String> = list.iter().map(text).collect();
    let visible: Vec<String> = visible.as_array().into_iter().flatten().map(text).collect();
    for reported in reported {
        let text = |problem: &Value| {
            let [at, what] = ["field", "detail"].map(|member| problem[member].as_str().unwrap_or_default());
            format!("{at}: {what}")
        };
        let reported: Vec<String> = reported.as_array().into_iter().flatten().map(text).collect();
        assert_eq!(reported, visible, "every route lists what readiness lists for the same caller");
    }
    assert_eq!((world.tr.maldopay.calls().len(), world.tr.salesforce.write_calls()), (0, 0));
    world.stop().await?;
    Ok(list)
}

async fn config_problems(config: fn(String) -> String) -> anyhow::Result<Vec<String>> {
    problems(Setup { config: Box::new(config), ..Setup::default() }).await
}

async fn secrets_problems(secrets: fn(String) -> String) -> anyhow::Result<Vec<String>> {
    problems(Setup { secrets: Box::new(secrets), ..Setup::default() }).await
}

#[track_caller]
fn reports_only(problems: &[String], where_and_what: &str) {
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].starts_with(where_and_what), "{problems:#?} does not start with {where_and_what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_toml_is_reported_with_its_line() -> anyhow::Result<()> {
    reports_only(
        &config_problems(|text| text.replace("locale = \"de-DE\"", "locale = de-DE")).await?,
        "config: line 11",
    );
    reports_only(&secrets_problems(|text| format!("{text}\nthis is no TOML")).await?, "secrets: line ");
    the_unchanged_configuration_is_served().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_value_is_reported_with_its_key() -> anyhow::Result<()> {
    reports_only(
        &config_problems(|text| text.replace("\"JPY\"", "\"YEN\"")).await?,
        "config: line 10: sites.eu.currencies",
    );
    reports_only(
        &config_problems(|text| text.replace("\"v67.0\"", "\"67\"")).await?,
        "config: line 6: sites.tr.salesforce.api_version",
    );
    reports_only(
        &config_problems(|text| text.replacen("url = \"http://", "url = \"ftp://", 1)).await?,
        "config: line 5: sites.tr.maldopay.url",
    );
    reports_only(
        &config_problems(|text| text.replace("brand_id = 16", "brand_id = 16, brand = 16")).await?,
        "config: line 12: sites.eu.maldopay.brand: unknown key",
    );
    reports_only(
        &secrets_problems(|text| text.replacen("sha256:", "md5:", 1)).await?,
        "secrets: line 2: sites.tr.api_keys",
    );
    reports_only(&secrets_problems(|text| text.replace(TR.key, "c2hvcnQ=")).await?, "secrets: line 3: sites.tr.key");
    the_unchanged_configuration_is_served().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_must_be_in_config_and_secrets() -> anyhow::Result<()> {
    let cut = |text: String| text.split("[sites.eu]").next().unwrap_or_default().to_owned();
    reports_only(&config_problems(cut).await?, "config: sites.eu");
    reports_only(&secrets_problems(cut).await?, "secrets: sites.eu");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn all_problems_are_reported_at_once() -> anyhow::Result<()> {
    let found = problems(Setup {
        config: Box::new(|text| text.replace("\"JPY\"", "\"YEN\"").replace("\"v67.0\"", "\"67\"")),
        secrets: Box::new(|text| text.replacen("sha256:", "md5:", 1)),
        ..Setup::default()
    })
    .await?;
    assert_eq!(found.len(), 3, "{found:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_the_manifest_does_not_allow_is_reported_with_the_variable() -> anyhow::Result<()> {
    let found = config_problems(|text| text.replacen("http://127.0.0.1", "http://localhost", 1)).await?;
    reports_only(&found, "config: line 5: sites.tr.maldopay.url: http://localhost:");
    assert!(found[0].contains("the variable maldopay_origin is http://127.0.0.1:* and"), "{found:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandboxs_keys_work_only_between_peers_on_this_machine() -> anyhow::Result<()> {
    let elsewhere = |service: &'static str| {
        move |text: String| {
            let key = format!("{service} = {{ url = \"http://");
            text.replacen(&format!("{key}127.0.0.1"), &format!("{key}peer.example"), 1)
        }
    };
    for service in ["maldopay", "salesforce"] {
        let found = problems(Setup { config: Box::new(elsewhere(service)), ..Setup::default() }).await?;
        let named = |secret: &str| {
            found.iter().any(|problem| problem.contains(&format!("sites.tr.{secret}: this is the sandbox's")))
        };
        for secret in [
            "api_keys",
            "maldopay.api_key",
            "maldopay.encrypting_keys",
            "salesforce.client_id",
            "salesforce.client_secret",
            "key",
        ] {
            assert!(named(secret), "{secret} is not in {found:#?}");
        }
        // The address is a problem too, but the caller's key is one of the secrets, and shows nobody anything.
        assert_eq!(found.len(), 6, "{found:#?}");
    }
    the_unchanged_configuration_is_served().await
}

async fn the_unchanged_configuration_is_served() -> anyhow::Result<()> {
    let world = World::start().await?;
    let ready = world.tr.call("GET", "/readyz").send().await?.expect(200);
    let sites: Vec<&str> = ready["sites"].as_array().unwrap().iter().filter_map(|site| site["site"].as_str()).collect();
    assert_eq!(sites, ["eu", "tr"]);
    world.stop().await
}
