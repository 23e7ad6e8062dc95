//! The commands that work with a running gateway.

use serde_json::json;
use tempfile::TempDir;
use tollbridge_sandbox::{SalesforceRecord, Sandbox, Signature};
use tollbridge_tests::program::RunningGateway;
use tollbridge_tests::sites::{TR, tr_config};

use super::{ProgramOutput, printed, repository, tollbridge};

/// A gateway with its sandbox.
struct World {
    sandbox: Sandbox,
    gateway: RunningGateway,
    state: TempDir,
}

impl World {
    async fn start() -> Self {
        let state = tempfile::tempdir().unwrap();
        let sandbox = TR.sandbox(Signature::ValuesPipe, true).await.unwrap();
        let config = tr_config(&sandbox, Signature::ValuesPipe);
        let gateway = RunningGateway::start(tollbridge(), state.path(), &config);
        sandbox.maldopay.set_callback_url(format!("{}{}", gateway.url(), TR.webhook()));
        Self { sandbox, gateway, state }
    }

    /// Runs a command against the gateway, with the key in the environment.
    fn ask(&self, arguments: &[&str]) -> ProgramOutput {
        let mut command = tollbridge();
        command.args(arguments).args(["--url", &self.gateway.url()]).env("TOLLBRIDGE_API_KEY", TR.api_key);
        printed(&mut command)
    }

    /// Sends a signed callback about money that nobody requested.
    fn report_unknown_money(&self, reference: &str) {
        let line = "webhook send --key sandbox-encrypting-key --transaction 990001 --result CONFIRMED --amount 12.00 \
                    --currency TRY --json --reference";
        let mut command = tollbridge();
        command.args(line.split_whitespace()).arg(reference);
        command.args(["--url", &format!("{}{}", self.gateway.url(), TR.webhook())]);
        let sent = printed(&mut command);
        assert_eq!((sent.code, sent.json()), (Some(0), json!({"status": 200, "body": "OK"})), "{sent:?}");
    }
}

const ORDER: &str = "801Hs00000abc01";

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_shown_and_found_as_text_and_as_json() {
    let world = World::start().await;
    let reference = world.gateway.charge(ORDER).await;
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
    world.sandbox.salesforce.seed("Order", ORDER, SalesforceRecord::new());
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

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_read_of_a_callback_is_shown() {
    let world = World::start().await;
    let reference = world.gateway.charge(ORDER).await;
    let line = "webhook send --key sandbox-encrypting-key --transaction 990002 --result CONFIRMED --amount 1,00 \
                --currency TRY --reference";
    let url = format!("{}{}", world.gateway.url(), TR.webhook());
    let sent = printed(tollbridge().args(line.split_whitespace()).args([&reference, "--url", &url]));
    assert_eq!(sent.code, Some(0), "{sent:?}");
    world.ask(&["drain"]);
    for command in [&["payments", "get", &reference][..], &["reviews", "list"]] {
        let shown = world.ask(command);
        assert!(shown.value("not readable").starts_with("amount: "), "{shown:?}");
    }
    let misspelt =
        printed(tollbridge().args(line.replace("CONFIRMED", "confirmed").split_whitespace()).arg(&reference));
    assert!(misspelt.stderr.contains("possible values: CONFIRMED"), "{misspelt:?}");
    world.sandbox.stop().await;
}
