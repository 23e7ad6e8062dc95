//! `tollbridge doctor` with deployments in which everything is right, and with one thing wrong at a time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tollbridge_sandbox::{Merchant, Org, Sandbox, SandboxOptions, Signature};
use tollbridge_tests::redis::RedisServer;

const TOLLBRIDGE: &str = env!("CARGO_BIN_EXE_tollbridge");

const SECRETS: &str = r#"[sites.tr]
api_keys = ["sha256:c27f1dc0436e6ea2fe495afbfeee34098fbdebccedb5fea4bdf71e967eaaf594"]
maldopay = { api_key = "sandbox-maldopay-key", encrypting_keys = ["sandbox-encrypting-key"] }
salesforce = { client_id = "sandbox-client", client_secret = "sandbox-secret" }
key = "hErwZwMF5vpPovRGa1iPfS7T2PthD+FLdRZ1Fdf2jlA="
"#;

/// MaldoPay and Salesforce, and the files of a deployment that uses them.
struct World {
    sandbox: Sandbox,
    folder: TempDir,
}

/// What the doctor said.
struct Said {
    code: Option<i32>,
    findings: Vec<Value>,
}

impl Said {
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
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let merchant = Merchant {
            client_id: 81_433,
            api_key: "sandbox-maldopay-key".to_owned(),
            encrypting_key: "sandbox-encrypting-key".to_owned(),
            signature: Signature::ValuesPipe,
            callback_url: None,
        };
        let org = Org {
            client_id: "sandbox-client".to_owned(),
            client_secret: "sandbox-secret".to_owned(),
            multi_currency: true,
        };
        let callback_retry = Duration::from_millis(200);
        let options = SandboxOptions { maldopay: free, salesforce: free, merchant, org, callback_retry };
        let sandbox = Sandbox::start(options).await.unwrap();
        Self { sandbox, folder: TempDir::new().unwrap() }
    }

    fn config(&self, more: &str) -> String {
        format!(
            "[sites.tr]\nlegal_entity = \"Tollbridge Demo A.Ş.\"\ncurrencies = [\"TRY\", \"EUR\"]\nlocale = \"tr-TR\"\n\
             maldopay = {{ url = \"{}\", client_id = 81433, brand_id = 15, integration_id = 12980, services = \
             {{ checkout = 2031 }} }}\nsalesforce = {{ url = \"{}\", multi_currency = true }}\n{more}\n",
            self.sandbox.maldopay.url(),
            self.sandbox.salesforce.url(),
        )
    }

    /// Runs the doctor on these texts. Without `more` options, only the peers are checked.
    fn doctor(&self, config: &str, secrets: &str, more: &[&str]) -> Said {
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
fn run(arguments: &[&str], folder: &Path) -> Said {
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
    let report: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {shown}"));
    let said = Said { code: output.status.code(), findings: report["findings"].as_array().unwrap().clone() };
    assert_eq!(report["problems"], said.problems().len(), "{report:#}");
    assert_eq!(said.code, Some(if said.problems().is_empty() { 0 } else { 1 }), "{report:#}");
    said
}

/// A running `tollbridge up`, killed on drop.
struct Up {
    process: Child,
    url: String,
}

impl Up {
    fn start(manifest: &Path, state: &Path, config: &str) -> Self {
        let mut process = Command::new(TOLLBRIDGE)
            .args(["up", "--listen", "127.0.0.1:0", "--manifest"])
            .arg(manifest)
            .arg("--state")
            .arg(state)
            .args(["--variable", &format!("config={config}")])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let url = first.split(' ').next_back().unwrap().to_owned();
        // The process would block if nobody read its output.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_in_which_everything_is_right_has_no_problem() {
    let world = World::start().await;
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spin.toml");
    let state = world.folder.path().join("state");
    let config = world.config("");
    let up = Up::start(&manifest, &state, &config);
    let origins =
        ["--variable", "maldopay_origin=http://127.0.0.1:*", "--variable", "salesforce_origin=http://127.0.0.1:*"];
    let (manifest, state) = (manifest.display().to_string(), state.display().to_string());
    let mut more = vec!["--manifest", &manifest, "--state", &state, "--url", &up.url, "--key", "sandbox-api-key"];
    more.extend(origins);
    let said = world.doctor(&config, SECRETS, &more);
    assert_eq!(said.code, Some(0), "{:#?}", said.findings);
    assert!(said.findings.iter().all(|finding| finding["level"] == "ok"), "{:#?}", said.findings);
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
        said.finding("ok", area, what);
    }
    assert!(world.sandbox.maldopay.transactions().is_empty());
    assert_eq!(world.sandbox.salesforce.write_calls(), 0);

    // The same address, asked for a site that is not deployed there, and where nothing listens.
    let other = config.replace("[sites.tr]", "[sites.other]");
    let said = world.doctor(&other, &SECRETS.replace("[sites.tr]", "[sites.other]"), &["--url", &up.url]);
    said.finding("problem", "callback_address", "no site of this name");
    let url = up.url.clone();
    drop(up);
    let said = world.doctor(&config, SECRETS, &["--url", &url]);
    said.finding("problem", "gateway", "no answer from");
    said.finding("problem", "callback_address", "no answer from");
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
    let right = world.doctor(&config, SECRETS, &[]);
    assert_eq!(right.problems().len(), 1, "only the manifest is missing: {:#?}", right.findings);
    for (object, field, members, what, advice) in cases {
        let world = World::start().await;
        world.sandbox.salesforce.describe_differently(object, field, members);
        let said = world.doctor(&world.config(""), SECRETS, &[]);
        let finding = said.finding("problem", "salesforce", what);
        assert!(finding["advice"].as_str().unwrap().contains(advice), "{finding:#}");
        assert_eq!(said.problems().len(), 2, "{:#?}", said.findings);
    }
    // What only some payments need is a note.
    for (object, field, what) in [
        (PAYMENT, Some("Tax_Amount__c"), "only payments with tax need"),
        (PAYMENT, Some("Conversion_Rate__c"), "only payments that MaldoPay converts need"),
        ("Invoice", None, "only payments for an Invoice need it"),
    ] {
        let world = World::start().await;
        world.sandbox.salesforce.describe_differently(object, field, Value::Null);
        let said = world.doctor(&world.config(""), SECRETS, &[]);
        said.finding("note", "salesforce", what);
        assert_eq!(said.problems().len(), 1, "{:#?}", said.findings);
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
        let said = world.doctor(&config, &SECRETS.replace(from, to), &[]);
        let finding = said.finding("problem", area, what);
        assert!(finding["advice"].as_str().unwrap().contains(advice), "{finding:#}");
    }
    let said = world.doctor(&config.replace("81433", "81434"), SECRETS, &[]);
    said.finding("problem", "maldopay", "clientId");
    let said = world.doctor(&config.replace("/json/", "/"), SECRETS, &[]);
    said.finding("problem", "maldopay", "not MaldoPay's API");
    world.sandbox.advance_clock(Duration::from_secs(90));
    let said = world.doctor(&config, SECRETS, &[]);
    said.finding("problem", "clock", "behind that of MaldoPay");
    said.finding("problem", "clock", "behind that of Salesforce");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_and_what_a_document_writes_are_checked() {
    let world = World::start().await;
    let config = world.config("");
    let said = world.doctor(&config.replace("\"TRY\"", "\"TRL\""), SECRETS, &[]);
    said.finding("problem", "configuration", "config: line 3: sites.tr.currencies");
    let said = world.doctor(&config, SECRETS, &["--variable", "maldopay_origin=https://api.maldopay.com"]);
    said.finding("problem", "configuration", "config: line 5: sites.tr.maldopay.url");

    let config = world.config("mapping = { document = \"small\" }");
    let said = world.doctor(&config, SECRETS, &[]);
    said.finding("note", "salesforce", "the mapping document small writes in Salesforce was not checked");
    let document = "name = \"small\"\n[[record]]\nname = \"order\"\nobject = \"Order\"\neach = \"payment\"\nmode = \
                    \"update\"\nid = '.payment.source.id'\n[record.fields]\nMaldoPay_Status__c = \
                    '.payment.status'\nPaid_By__c = '.payment.method'\n";
    std::fs::write(world.folder.path().join("small.toml"), document).unwrap();
    let said = world.doctor(&config, SECRETS, &["--document", "small.toml"]);
    said.finding("problem", "salesforce", "Order.Paid_By__c does not exist");
    assert_eq!(said.problems().len(), 2, "{:#?}", said.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_may_lose_what_it_acknowledged_is_a_problem() {
    let world = World::start().await;
    let config = world.config("");
    let weak = RedisServer::start().unwrap();
    let said = world.doctor(&config, SECRETS, &["--redis", &weak.url()]);
    said.finding("problem", "store", "`appendonly no`");
    said.finding("ok", "clock", "that of Redis");
    let durable = RedisServer::durable().unwrap();
    let said = world.doctor(&config, SECRETS, &["--redis", &durable.url()]);
    said.finding("ok", "store", "appendonly yes, appendfsync always, maxmemory-policy noeviction");
    let said = world.doctor(&config, SECRETS, &[]);
    said.finding("note", "store", "there is no store in none yet");
    std::fs::create_dir(world.folder.path().join("broken")).unwrap();
    std::fs::write(world.folder.path().join("broken/sqlite_key_value.db"), "no database at all, whatever it says")
        .unwrap();
    let said = world.doctor(&config, SECRETS, &["--state", "broken"]);
    said.finding("problem", "store", "cannot open the key-value store");
}
