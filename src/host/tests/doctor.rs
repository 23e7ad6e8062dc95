//! `tollbridge doctor` with deployments in which everything is right, and with one thing wrong at a time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tollbridge_sandbox::{Sandbox, Signature};
use tollbridge_tests::program::RunningGateway;
use tollbridge_tests::redis::RedisServer;
use tollbridge_tests::sites::{TR, tr_config};

const TOLLBRIDGE: &str = env!("CARGO_BIN_EXE_tollbridge");

/// MaldoPay and Salesforce, and the files of a deployment that uses them.
struct World {
    sandbox: Sandbox,
    folder: TempDir,
}

/// The doctor's report, and the program's exit status.
struct DoctorReport {
    code: Option<i32>,
    findings: Vec<Value>,
}

impl DoctorReport {
    /// The only problem or note whose text contains this.
    #[track_caller]
    fn finding(&self, level: &str, area: &str, what: &str) -> &Value {
        let is_it = |finding: &&Value| {
            (&finding["level"], &finding["area"]) == (&level.into(), &area.into())
                && finding["what"].as_str().unwrap().contains(what)
        };
        let found: Vec<_> = self.findings.iter().filter(is_it).collect();
        assert_eq!(found.len(), 1, "{level} {area} {what}: {:#?}", self.findings);
        assert!(level == "ok" || found[0]["advice"].as_str().is_some_and(|advice| !advice.is_empty()), "{}", found[0]);
        found[0]
    }

    fn problems(&self) -> Vec<&str> {
        let problems = self.findings.iter().filter(|finding| finding["level"] == "problem");
        problems.map(|finding| finding["what"].as_str().unwrap()).collect()
    }
}

impl World {
    async fn start() -> Self {
        let sandbox = TR.sandbox(Signature::ValuesPipe, true).await.unwrap();
        Self { sandbox, folder: TempDir::new().unwrap() }
    }

    fn config(&self, more: &str) -> String {
        format!("{}{more}\n", tr_config(&self.sandbox, Signature::ValuesPipe))
    }

    /// Runs the doctor on these texts. Without `more` options, only the peers are checked.
    fn doctor(&self, config: &str, secrets: &str, more: &[&str]) -> DoctorReport {
        let file = |name: &str, text: &str| {
            let file = self.folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            file.display().to_string()
        };
        let (config, secrets) = (file("config.toml", config), file("secrets.toml", secrets));
        let mut arguments = vec!["--config", &config, "--secrets", &secrets];
        for (option, value) in [("--manifest", "none.toml"), ("--state", "none")] {
            let is_given = more.contains(&option) || (option == "--state" && more.contains(&"--redis"));
            if !is_given {
                arguments.extend([option, value]);
            }
        }
        arguments.extend(more);
        run(&arguments, self.folder.path())
    }
}

/// Runs the doctor, and checks that it prints no secret.
fn run(arguments: &[&str], folder: &Path) -> DoctorReport {
    let mut command = Command::new(TOLLBRIDGE);
    for name in ["SPIN_VARIABLE_CONFIG", "SPIN_VARIABLE_SECRETS", "TOLLBRIDGE_API_KEY", "TOLLBRIDGE_REDIS"] {
        command.env_remove(name);
    }
    let output = command.arg("doctor").args(arguments).arg("--json").current_dir(folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let shown = format!("{text}{}", String::from_utf8_lossy(&output.stderr));
    for secret in ["sandbox-maldopay-key", "sandbox-encrypting-key", "sandbox-secret", "sandbox-client", "hErwZwMF"] {
        assert!(!shown.contains(secret), "{secret} is printed: {shown}");
    }
    let json: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {shown}"));
    let report = DoctorReport { code: output.status.code(), findings: json["findings"].as_array().unwrap().clone() };
    assert_eq!(json["problems"], report.problems().len(), "{json:#}");
    assert_eq!(report.code, Some(if report.problems().is_empty() { 0 } else { 1 }), "{json:#}");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_in_which_everything_is_right_has_no_problem() {
    let world = World::start().await;
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spin.toml");
    let state = world.folder.path().join("state");
    let config = world.config("");
    let up = RunningGateway::start(Command::new(TOLLBRIDGE), &state, &config);
    let origins =
        ["--variable", "maldopay_origin=http://127.0.0.1:*", "--variable", "salesforce_origin=http://127.0.0.1:*"];
    let (manifest, state) = (manifest.display().to_string(), state.display().to_string());
    let url = up.url();
    let mut more = vec!["--manifest", &manifest, "--state", &state, "--url", &url, "--key", TR.api_key];
    more.extend(origins);
    let report = world.doctor(&config, &TR.secrets(), &more);
    assert_eq!(report.code, Some(0), "{:#?}", report.findings);
    assert!(report.findings.iter().all(|finding| finding["level"] == "ok"), "{:#?}", report.findings);
    for (area, what) in [
        ("runtime", "can serve tollbridge"),
        ("store", "journal_mode wal, synchronous 2"),
        ("configuration", "1 sites, without a problem"),
        ("gateway", "is ready"),
        ("callback_address", "/webhooks/maldopay/tr is reached"),
        ("maldopay", "refuses none of the credentials"),
        ("salesforce", "signs the run-as user in"),
        ("salesforce", "MaldoPay_Payment__c has the 38 fields"),
        ("salesforce", "MaldoPay_Event__c has the 21 fields"),
        ("salesforce", "Order has the 10 fields"),
        ("salesforce", "Invoice has the 10 fields"),
        ("salesforce", "validation rule at Version__c is active"),
        ("clock", "that of MaldoPay"),
        ("clock", "that of Salesforce"),
    ] {
        report.finding("ok", area, what);
    }
    assert!(world.sandbox.maldopay.transactions().is_empty());
    assert_eq!(world.sandbox.salesforce.write_calls(), 0);

    // The same address, asked for a site that is not deployed there, and where nothing listens.
    let other = config.replace("[sites.tr]", "[sites.other]");
    let report = world.doctor(&other, &TR.secrets().replace("[sites.tr]", "[sites.other]"), &["--url", &up.url()]);
    report.finding("problem", "callback_address", "no site of this name");
    drop(up);
    let report = world.doctor(&config, &TR.secrets(), &["--url", &url]);
    report.finding("problem", "gateway", "no answer from");
    report.finding("problem", "callback_address", "no answer from");
}

/// Each difference of the organisation, and what is said of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_organisation_lacks_is_named_with_what_to_do() {
    const PAYMENT: &str = "MaldoPay_Payment__c";
    let cases = [
        (PAYMENT, Some("Status__c"), Value::Null, "MaldoPay_Payment__c.Status__c does not exist", "text 255"),
        (PAYMENT, Some("Site__c"), json!({ "length": 40 }), "Site__c takes 40 characters", "255"),
        (PAYMENT, Some("Review_Reason__c"), json!({ "length": 255 }), "Review_Reason__c takes 255", "32768"),
        (PAYMENT, Some("Amount__c"), json!({ "scale": 2 }), "Amount__c has 2 decimals", "decimal places"),
        (
            PAYMENT,
            Some("Needs_Review__c"),
            json!({ "type": "string" }),
            "Needs_Review__c has the type string",
            "checkbox",
        ),
        (PAYMENT, Some("Reference__c"), json!({ "unique": false }), "not both an External ID and unique", "Unique"),
        (
            PAYMENT,
            Some("Order__c"),
            json!({ "referenceTo": ["Opportunity"] }),
            "Order__c has the type reference",
            "Order",
        ),
        (
            PAYMENT,
            Some("Version__c"),
            json!({ "updateable": false }),
            "may not write MaldoPay_Payment__c.Version__c",
            "Edit",
        ),
        (
            PAYMENT,
            None,
            json!({ "createable": false }),
            "may not create records of MaldoPay_Payment__c",
            "permission set",
        ),
        (PAYMENT, Some("CurrencyIsoCode"), Value::Null, "has no CurrencyIsoCode", "multi_currency = false"),
        ("MaldoPay_Event__c", None, Value::Null, "MaldoPay_Event__c does not exist", "docs/salesforce.md"),
        (
            "MaldoPay_Event__c",
            Some("MaldoPay_Payment__c"),
            json!({ "relationshipName": "Parent__r", "name": "Parent__c" }),
            "MaldoPay_Event__c.MaldoPay_Payment__r does not exist",
            "lookup to MaldoPay_Payment__c",
        ),
        ("Order", None, json!({ "updateable": false }), "may not edit records of Order", "permission set"),
        ("Order", Some("MaldoPay_Status__c"), json!({ "updateable": false }), "may not write Order", "Edit Access"),
        ("ValidationRule", None, json!({ "Active": false }), "is not active", "PRIORVALUE"),
        ("ValidationRule", None, json!({ "ErrorDisplayField": null }), "no validation rule", "Version__c"),
        (
            "ValidationRule",
            None,
            json!({ "Metadata": { "errorConditionFormula": "Version__c > 5" } }),
            "has another formula",
            "PRIORVALUE",
        ),
    ];
    let world = World::start().await;
    let config = world.config("");
    let right = world.doctor(&config, &TR.secrets(), &[]);
    assert_eq!(right.problems().len(), 1, "only the manifest is missing: {:#?}", right.findings);
    for (object, field, members, what, advice) in cases {
        let world = World::start().await;
        world.sandbox.salesforce.describe_differently(object, field, members);
        let report = world.doctor(&world.config(""), &TR.secrets(), &[]);
        let finding = report.finding("problem", "salesforce", what);
        assert!(finding["advice"].as_str().unwrap().contains(advice), "{finding:#}");
        assert_eq!(report.problems().len(), 2, "{:#?}", report.findings);
    }
    // What only some payments need is a note.
    for (object, field, what) in [
        (PAYMENT, Some("Tax_Amount__c"), "only payments with tax need"),
        (PAYMENT, Some("Conversion_Rate__c"), "only payments that MaldoPay converts need"),
        ("Invoice", None, "only payments for an Invoice need it"),
    ] {
        let world = World::start().await;
        world.sandbox.salesforce.describe_differently(object, field, Value::Null);
        let report = world.doctor(&world.config(""), &TR.secrets(), &[]);
        report.finding("note", "salesforce", what);
        assert_eq!(report.problems().len(), 1, "{:#?}", report.findings);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_credentials_and_wrong_clocks_are_told_apart() {
    let world = World::start().await;
    let config = world.config("");
    for (from, to, area, what, advice) in [
        ("sandbox-maldopay-key", "another", "maldopay", "refuses the credentials (code 491", "api_key"),
        ("sandbox-encrypting-key", "another", "maldopay", "refuses the credentials (code 401", "encrypting_keys"),
        ("sandbox-client", "another", "salesforce", "invalid_client_id", "Consumer Key"),
        ("sandbox-secret", "another", "salesforce", "invalid_client:", "Consumer Secret"),
    ] {
        let report = world.doctor(&config, &TR.secrets().replace(from, to), &[]);
        let finding = report.finding("problem", area, what);
        assert!(finding["advice"].as_str().unwrap().contains(advice), "{finding:#}");
    }
    let report = world.doctor(&config.replace("81433", "81434"), &TR.secrets(), &[]);
    report.finding("problem", "maldopay", "clientId");
    let report = world.doctor(&config.replace("/json/", "/"), &TR.secrets(), &[]);
    report.finding("problem", "maldopay", "not MaldoPay's API");
    world.sandbox.advance_clock(Duration::from_secs(90));
    let report = world.doctor(&config, &TR.secrets(), &[]);
    report.finding("problem", "clock", "behind that of MaldoPay");
    report.finding("problem", "clock", "behind that of Salesforce");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_and_what_a_document_writes_are_checked() {
    let world = World::start().await;
    let config = world.config("");
    let report = world.doctor(&config.replace("\"TRY\"", "\"TRL\""), &TR.secrets(), &[]);
    report.finding("problem", "configuration", "config: line 3: sites.tr.currencies");
    let report = world.doctor(&config, &TR.secrets(), &["--variable", "maldopay_origin=https://api.maldopay.com"]);
    report.finding("problem", "configuration", "config: line 5: sites.tr.maldopay.url");

    let config = world.config("mapping = { document = \"small\" }");
    let report = world.doctor(&config, &TR.secrets(), &[]);
    report.finding("note", "salesforce", "the mapping document small writes in Salesforce was not checked");
    let document = "name = \"small\"\n[[record]]\nname = \"order\"\nobject = \"Order\"\neach = \"payment\"\nmode = \
                    \"update\"\nid = '.payment.source.id'\n[record.fields]\nMaldoPay_Status__c = \
                    '.payment.status'\nPaid_By__c = '.payment.method'\n";
    std::fs::write(world.folder.path().join("small.toml"), document).unwrap();
    let report = world.doctor(&config, &TR.secrets(), &["--document", "small.toml"]);
    report.finding("problem", "salesforce", "Order.Paid_By__c does not exist");
    assert_eq!(report.problems().len(), 2, "{:#?}", report.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_may_lose_what_it_acknowledged_is_a_problem() {
    let world = World::start().await;
    let config = world.config("");
    let weak = RedisServer::start().unwrap();
    let report = world.doctor(&config, &TR.secrets(), &["--redis", &weak.url()]);
    report.finding("problem", "store", "`appendonly no`");
    report.finding("ok", "clock", "that of Redis");
    let durable = RedisServer::durable().unwrap();
    let report = world.doctor(&config, &TR.secrets(), &["--redis", &durable.url()]);
    report.finding("ok", "store", "appendonly yes, appendfsync always, maxmemory-policy noeviction");
    let report = world.doctor(&config, &TR.secrets(), &[]);
    report.finding("note", "store", "there is no store in none yet");
    std::fs::create_dir(world.folder.path().join("broken")).unwrap();
    std::fs::write(world.folder.path().join("broken/sqlite_key_value.db"), "no database at all, whatever it says")
        .unwrap();
    let report = world.doctor(&config, &TR.secrets(), &["--state", "broken"]);
    report.finding("problem", "store", "cannot open the key-value store");
}
