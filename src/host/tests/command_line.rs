//! The program's commands against a running gateway, `config init`, `run`, and what the program says when it is told
//! something wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

use std::io::{BufRead as _, BufReader, Lines};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tollbridge_sandbox::{Merchant, Org, Sandbox, SandboxOptions, Signature};

const TOLLBRIDGE: &str = env!("CARGO_BIN_EXE_tollbridge");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The program without variables of this environment.
fn tollbridge() -> Command {
    let mut command = Command::new(TOLLBRIDGE);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["TOLLBRIDGE_", "SPIN_VARIABLE_", "MALDOPAY_", "SALESFORCE_"].iter().any(|start| name.starts_with(start)) {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// What a command printed, and its exit status.
#[derive(Debug)]
struct Printed {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Printed {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The value of this line of `name  value`.
    #[track_caller]
    fn value(&self, name: &str) -> &str {
        let line = self.stdout.lines().find_map(|line| line.trim().strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name}: {self:?}")).trim()
    }
}

fn printed(command: &mut Command) -> Printed {
    let output = command.output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    Printed { code: output.status.code(), stdout, stderr }
}

/// A running program, killed on drop, and the lines that it prints.
struct Running {
    process: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines: Some(lines) }
    }

    /// Reads until a line contains this, and returns the line.
    #[track_caller]
    fn line_with(&mut self, text: &str) -> String {
        let mut before = Vec::new();
        for line in self.lines.as_mut().unwrap().map(Result::unwrap) {
            if line.contains(text) {
                return line;
            }
            before.push(line);
        }
        panic!("it ended without a line with {text}: {before:#?}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn sandbox() -> Sandbox {
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
    let callback_retry = Duration::from_millis(50);
    Sandbox::start(SandboxOptions { maldopay: free, salesforce: free, merchant, org, callback_retry }).await.unwrap()
}

/// A gateway with its sandbox.
struct World {
    sandbox: Sandbox,
    url: String,
    state: TempDir,
    _up: Running,
}

impl World {
    async fn start() -> Self {
        let (sandbox, state) = (sandbox().await, tempfile::tempdir().unwrap());
        let config = format!(
            "[sites.tr]\nlegal_entity = \"Demo\"\ncurrencies = [\"TRY\"]\nlocale = \"tr-TR\"\n\
             maldopay = {{ url = \"{}\", client_id = 81433, brand_id = 15, integration_id = 1, services = {{ credit = 2116 }} }}\n\
             salesforce = {{ url = \"{}\", multi_currency = true }}\n",
            sandbox.maldopay.url(),
            sandbox.salesforce.url()
        );
        let mut command = tollbridge();
        command.args(["up", "--listen", "127.0.0.1:0", "--manifest"]).arg(repository().join("spin.toml"));
        command.arg("--state").arg(state.path()).args(["--variable", &format!("config={config}")]);
        let mut up = Running::start(&mut command);
        let url = up.line_with("is up on").split(' ').next_back().unwrap().to_owned();
        sandbox.maldopay.set_callback_url(format!("{url}/webhooks/maldopay/tr"));
        // The process would block if nobody read its output.
        let lines = up.lines.take().unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self { sandbox, url, state, _up: up }
    }

    /// Runs a command against the gateway, with the key in the environment.
    fn ask(&self, arguments: &[&str]) -> Printed {
        let mut command = tollbridge();
        command.args(arguments).args(["--url", &self.url]).env("TOLLBRIDGE_API_KEY", "sandbox-api-key");
        printed(&mut command)
    }

    /// Charges an Order and returns the payment's reference.
    async fn charge(&self, order: &str) -> String {
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let executor = hyper_util::rt::TokioExecutor::new();
        let client = hyper_util::client::legacy::Client::builder(executor).build::<_, String>(connector);
        let body = json!({
            "site": "tr", "intent": "charge", "amount": "10.00", "currency": "TRY", "method": "credit",
            "source": {"object": "Order", "id": order, "number": "00000123"}, "customer": {"id": "c"},
        });
        let request = http::Request::post(format!("{}/v1/payments", self.url))
            .header("authorization", "Bearer sandbox-api-key")
            .header("idempotency-key", order)
            .body(body.to_string())
            .unwrap();
        let answer = client.request(request).await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.headers()["location"].to_str().unwrap().rsplit('/').next().unwrap().to_owned()
    }

    /// Sends a signed callback about money that nobody requested.
    fn report_unknown_money(&self, reference: &str) {
        let line = "webhook send --key sandbox-encrypting-key --transaction 990001 --result CONFIRMED --amount 12.00 \
                    --currency TRY --json --reference";
        let mut command = tollbridge();
        command.args(line.split_whitespace()).arg(reference);
        command.args(["--url", &format!("{}/webhooks/maldopay/tr", self.url)]);
        let sent = printed(&mut command);
        assert_eq!((sent.code, sent.json()), (Some(0), json!({"status": 200, "body": "OK"})), "{sent:?}");
    }
}

const ORDER: &str = "801Hs00000abc01";

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_shown_and_found_as_text_and_as_json() {
    let world = World::start().await;
    let reference = world.charge(ORDER).await;
    let shown = world.ask(&["payments", "get", &reference]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert_eq!(shown.value("reference"), reference);
    assert_eq!(shown.value("requested"), "10.00 TRY, charge by credit");
    assert!(shown.value("record").starts_with("Order 801Hs00000abc01"), "{shown:?}");
    let raw = world.ask(&["payments", "get", &reference, "--json"]).json();
    assert_eq!((&raw["reference"], &raw["amount"]), (&json!(reference), &json!("10.00")));

    let transaction = raw["transactionId"].as_str().unwrap();
    for search in [["--source", &format!("Order:{ORDER}")], ["--number", "00000123"], ["--transaction", transaction]] {
        let found = world.ask(&[&["payments", "list"], &search[..]].concat());
        let lines: Vec<&str> = found.stdout.lines().collect();
        assert_eq!(lines.len(), 2, "{search:?}: {found:?}");
        assert!(lines[0].starts_with("REFERENCE ") && lines[1].starts_with(&reference), "{found:?}");
        assert!(lines[1].contains("Order 00000123"), "{found:?}");
    }
    let none = world.ask(&["payments", "list", "--invoice", "INV-1"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), "no payments\n"));
    assert_eq!(world.ask(&["payments", "list", "--invoice", "INV-1", "--json"]).json()["payments"], json!([]));

    let missing = world.ask(&["payments", "get", "tb00000000"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.contains("404 payment_not_found") && missing.stdout.is_empty(), "{missing:?}");
    let erased = world.ask(&["erase", &reference, "--by", "me", "--note", "a test", "--json"]);
    assert!(erased.json()["erasedAt"].is_string(), "{erased:?}");
    let audit = world.ask(&["audit", "verify", "--json"]);
    assert_eq!((audit.code, &audit.json()["findings"]), (Some(0), &json!([])), "{audit:?}");
    world.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reviews_are_listed_and_resolved_and_the_drain_reports() {
    let world = World::start().await;
    world.sandbox.salesforce.seed("Order", ORDER, tollbridge_sandbox::SalesforceRecord::new());
    let empty = world.ask(&["reviews", "list"]);
    assert_eq!((empty.code, empty.stdout.as_str()), (Some(0), "no payments in review\n"), "{empty:?}");
    world.report_unknown_money("unknownmoney1");
    let drained = world.ask(&["drain"]);
    assert_eq!((drained.code, drained.value("not processed")), (Some(0), "0 payments"), "{drained:?}");
    assert_eq!(drained.value("journal's end"), "reached");
    assert_eq!(world.ask(&["drain", "--resume", "--json"]).json()["complete"], true);

    let listed = world.ask(&["reviews", "list"]);
    assert!(listed.stdout.starts_with("unknownmoney1\n"), "{listed:?}");
    assert_eq!((listed.value("reasons"), listed.value("payment")), ("unmatched_payment", "captured 12.00 TRY"));
    let raw = world.ask(&["reviews", "list", "--json"]).json();
    assert_eq!(raw["reviews"][0]["reviewToken"], listed.value("token"));

    let resolve = ["reviews", "resolve", "unknownmoney1"];
    let other = world.ask(&[&resolve[..], &["accept", "--reason", "charged_back", "--note", "n"]].concat());
    assert_eq!(other.code, Some(1));
    assert!(other.stderr.contains("409 not_in_review"), "{other:?}");
    let source = format!("Order:{ORDER}");
    let decision = ["assign", "--source", &source, "--number", "00000123", "--note", "by bank", "--by", "me"];
    let assigned = world.ask(&[&resolve[..], &decision].concat());
    assert_eq!(assigned.stdout, "unknownmoney1: nothing is left to decide\n", "{assigned:?}");
    assert_eq!(world.ask(&["reviews", "list"]).stdout, "no payments in review\n");
    world.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_document_is_stored_shown_and_put_in_force() {
    let world = World::start().await;
    let file = repository().join("profiles/order.toml");
    let file = file.to_str().unwrap();
    assert_eq!(world.ask(&["mappings", "list"]).stdout, "no mapping documents\n");
    let stored = world.ask(&["mappings", "put", "order", file]);
    assert!(stored.stdout.starts_with("order: version 1: stored, and without effect: "), "{stored:?}");
    let text = world.ask(&["mappings", "text", "order"]);
    assert_eq!(text.stdout, std::fs::read_to_string(file).unwrap());
    let changed = world.state.path().join("order.toml");
    std::fs::write(&changed, text.stdout + "\n# changed\n").unwrap();
    let second = world.ask(&["mappings", "put", "order", changed.to_str().unwrap(), "--json"]);
    assert_eq!(second.json()["version"], 2);
    for (command, said) in [
        (&["activate", "order", "--version", "1"][..], "order: version 1: activated, and without effect"),
        (&["activate", "order"], "order: version 2 (before: version 1): activated, and without effect"),
        (&["rollback", "order"], "order: version 1"),
    ] {
        let done = world.ask(&[&["mappings"], command].concat());
        assert!(done.stdout.starts_with(said), "{done:?}");
    }
    let compared = world.ask(&["mappings", "differences", "order"]);
    assert!(compared.stdout.contains("not the site's shadow"), "{compared:?}");
    let listed = world.ask(&["mappings", "list"]);
    let row: Vec<&str> = listed.stdout.lines().nth(1).unwrap().split_whitespace().take(3).collect();
    assert_eq!(row, ["order", "2", "1"], "{listed:?}");
    let versions = world.ask(&["mappings", "get", "order"]);
    assert!(versions.stdout.lines().nth(2).unwrap().ends_with("active"), "{versions:?}");

    std::fs::write(&changed, "name = \"order\"\nwrong = 1\n").unwrap();
    let refused = world.ask(&["mappings", "put", "order", changed.to_str().unwrap()]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("422 mapping_refused") && refused.stderr.contains("wrong"), "{refused:?}");
    world.sandbox.stop().await;
}

#[test]
fn wrong_options_are_named_and_no_internal_word_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |line: &str, key: &str| {
        let mut command = tollbridge();
        command.args(line.split(' ')).current_dir(&folder).env("TOLLBRIDGE_API_KEY", key);
        printed(&mut command)
    };
    let unused = "http://127.0.0.1:9";
    for (line, key, says) in [
        ("payments get tb1 --url pay.example.com", "k", "'--url <URL>': write the whole URL"),
        ("erase tb1 --by me --note n --url /v1", "k", "'--url <URL>': write the whole URL"),
        ("audit verify --url localhost:3000", "k", "'--url <URL>': write the whole URL"),
        ("sandbox --callback nowhere", "k", "'--callback <URL>': write the whole URL"),
        ("payments get a/b", "k", "'<REFERENCE>'"),
        ("payments list", "k", "--source"),
        ("drain", "", "set TOLLBRIDGE_API_KEY"),
        ("drain", "two\nlines-of-a-secret", "--key or TOLLBRIDGE_API_KEY"),
        (&format!("drain --url {unused}"), "k", "--url names another"),
        ("up", "k", "--manifest"),
        ("run", "k", "--manifest"),
        ("demo", "k", "--manifest"),
        ("config check", "k", "--manifest"),
        ("run --config config.toml", "k", "--secrets"),
    ] {
        let said = ask(line, key);
        assert!(said.code.is_some_and(|code| code > 0), "{line}: {said:?}");
        assert!(said.stderr.contains(says), "{line}: {said:?}");
        assert!(!said.stderr.contains("Uri") && !said.stderr.contains("lines-of-a-secret"), "{line}: {said:?}");
    }
}

#[test]
fn the_version_and_completions_are_printed() {
    let version = printed(tollbridge().arg("--version"));
    assert_eq!(version.stdout, format!("tollbridge {}\n", env!("CARGO_PKG_VERSION")));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(tollbridge().args(["completions", shell]));
        assert_eq!(script.code, Some(0));
        assert!(script.stdout.contains("tollbridge") && script.stdout.contains("reviews"), "{shell}");
    }
}

/// The options and the environment for a configuration of the sandbox's peers.
fn init(folder: &Path, maldopay: &str, salesforce: &str) -> Command {
    let mut command = tollbridge();
    let line = "config init --site tr --legal-entity Demo --currencies TRY,EUR --locale tr-TR --client-id 81433 \
                --brand-id 15 --integration-id 1 --services credit=2116,pix=2157 --multi-currency true";
    command.args(line.split_whitespace()).arg("--folder").arg(folder);
    command.args(["--maldopay-url", maldopay, "--salesforce-url", salesforce]);
    for name in ["MALDOPAY_API_KEY", "MALDOPAY_ENCRYPTING_KEY", "SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET"] {
        command.env(name, format!("confidential-{name}"));
    }
    command
}

const MALDOPAY: &str = "https://api.maldopay.com/json/";
const SALESFORCE: &str = "https://one.my.salesforce.com";

#[test]
fn a_new_configuration_is_valid_private_and_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let made = printed(init(folder.path(), MALDOPAY, SALESFORCE).arg("--json"));
    assert_eq!(made.code, Some(0), "{made:?}");
    let made = made.json();
    let key = made["apiKey"].as_str().unwrap();
    let texts = ["config.toml", "secrets.toml"].map(|name| {
        let file = folder.path().join(name);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::read_to_string(file).unwrap()
    });
    assert!(key.len() == 44 && texts.iter().all(|text| !text.contains(key)));
    assert!(!texts[0].contains("confidential") && texts[1].contains("confidential-MALDOPAY_API_KEY"));
    let mut check = tollbridge();
    check.args(["config", "check", "--json", "--config", "config.toml", "--secrets", "secrets.toml"]);
    let checked = printed(check.current_dir(&folder));
    assert_eq!((checked.code, &checked.json()["problems"]), (Some(0), &json!([])), "{checked:?}");
    assert_eq!(checked.json()["sites"][0]["currencies"], json!(["TRY", "EUR"]));

    let again = printed(&mut init(folder.path(), MALDOPAY, SALESFORCE));
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("exists already") && again.stdout.is_empty(), "{again:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("secrets.toml")).unwrap(), texts[1]);
}

#[test]
fn a_configuration_is_written_into_a_new_folder() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("a/b");
    let made = printed(init(&new, MALDOPAY, SALESFORCE).arg("--json"));
    assert_eq!(made.code, Some(0), "{made:?}");
    assert_eq!(std::fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(new.join("secrets.toml").exists());
}

#[test]
fn an_empty_file_is_no_mapping_document() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.toml");
    std::fs::write(&file, "").unwrap();
    let checked = printed(tollbridge().args(["map", "check"]).arg(&file));
    assert_eq!(checked.code, Some(1));
    assert!(checked.stderr.contains("`name` is missing"), "{checked:?}");
}

#[test]
fn a_configuration_with_a_wrong_or_missing_answer_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = printed(init(folder.path(), MALDOPAY, "https://login.salesforce.com").env("MALDOPAY_API_KEY", "…"));
    assert_eq!(wrong.code, Some(1));
    assert!(
        wrong.stderr.contains("\n  --salesforce-url: ") && wrong.stderr.contains("\n  MALDOPAY_API_KEY: "),
        "{wrong:?}"
    );
    assert!(!wrong.stderr.contains("confidential"), "{wrong:?}");
    let missing = printed(tollbridge().args(["config", "init", "--site", "tr", "--folder"]).arg(folder.path()));
    assert_eq!(missing.code, Some(1));
    for option in ["--legal-entity", "--services", "MALDOPAY_ENCRYPTING_KEY"] {
        assert!(missing.stderr.contains(option), "{missing:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn run_calls_the_drain_and_says_so() {
    let manifest = repository().join("spin.toml");
    let run = |more: &[&str], key: &str| {
        let mut command = tollbridge();
        command.args(["run", "--free-ports", "--manifest"]).arg(&manifest).args(more).env("TOLLBRIDGE_API_KEY", key);
        command
    };
    let mut sandboxed = Running::start(&mut run(&["--drain-every", "5"], ""));
    assert!(sandboxed.line_with("Drain ").contains("every 5 s for tr"));
    sandboxed.line_with("\"route\":\"/v1/drain\"");
    drop(sandboxed);

    let (sandbox, folder) = (sandbox().await, tempfile::tempdir().unwrap());
    let made = printed(init(folder.path(), &sandbox.maldopay.url(), &sandbox.salesforce.url()).arg("--json"));
    let made = made.json();
    let file = |name: &str| made[name].as_str().unwrap().to_owned();
    let (config, secrets) = (file("config"), file("secrets"));
    let state = folder.path().join("state");
    let options = ["--config", &config, "--secrets", &secrets, "--state", state.to_str().unwrap()];
    let mut configured = Running::start(&mut run(&options, made["apiKey"].as_str().unwrap()));
    assert!(configured.line_with("Callbacks ").ends_with("/webhooks/maldopay/tr"));
    assert!(configured.line_with("Drain ").contains("every 60 s for tr"));
    configured.line_with("\"route\":\"/v1/drain\"");
    drop(configured);
    assert!(state.exists());

    let without = printed(&mut run(&options, ""));
    assert!(without.code == Some(1) && without.stderr.contains("--no-drain"), "{without:?}");
    let other = printed(&mut run(&options, "another-key"));
    assert!(other.code == Some(1) && other.stderr.contains("opens no site"), "{other:?}");
    sandbox.stop().await;
}
