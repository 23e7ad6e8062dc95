//! `run`, with the sandbox and with a configuration.

use tollbridge_sandbox::Signature;
use tollbridge_tests::program::RunningProgram;
use tollbridge_tests::sites::TR;

use super::configuration::init;
use super::{printed, repository, tollbridge};

#[tokio::test(flavor = "multi_thread")]
async fn run_calls_the_drain_and_says_so() {
    let manifest = repository().join("spin.toml");
    let run = |more: &[&str], key: &str| {
        let mut command = tollbridge();
        command.args(["run", "--free-ports", "--manifest"]).arg(&manifest).args(more).env("TOLLBRIDGE_API_KEY", key);
        command
    };
    let mut sandboxed = RunningProgram::start(&mut run(&["--drain-every", "5"], ""));
    assert!(sandboxed.line_with("Drain ").contains("every 5 s for tr"));
    sandboxed.line_with("\"route\":\"/v1/drain\"");
    drop(sandboxed);

    let (sandbox, folder) = (TR.sandbox(Signature::ValuesPipe, true).await.unwrap(), tempfile::tempdir().unwrap());
    let made = printed(init(folder.path(), &sandbox.maldopay.url(), &sandbox.salesforce.url()).arg("--json"));
    let made = made.json();
    let file = |name: &str| made[name].as_str().unwrap().to_owned();
    let (config, secrets) = (file("config"), file("secrets"));
    let state = folder.path().join("state");
    let options = ["--config", &config, "--secrets", &secrets, "--state", state.to_str().unwrap()];
    let mut configured = RunningProgram::start(&mut run(&options, made["apiKey"].as_str().unwrap()));
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
