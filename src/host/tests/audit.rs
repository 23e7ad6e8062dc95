//! `tollbridge audit verify` against `tollbridge up`, with an intact ledger and one that was tampered with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may panic as tests do")]

use std::process::{Command, Output};

use rusqlite::Connection;
use tollbridge_sandbox::Signature;
use tollbridge_tests::program::RunningGateway;
use tollbridge_tests::sites::{TR, tr_config};

const TOLLBRIDGE: &str = env!("CARGO_BIN_EXE_tollbridge");

fn verify(url: &str, key: &str, more: &[&str]) -> (Option<i32>, String) {
    let verify = Command::new(TOLLBRIDGE).args(["audit", "verify", "--url", url, "--key", key]).args(more).output();
    let Output { status, stdout, stderr } = verify.unwrap();
    (status.code(), [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_and_removed_entries_are_found() {
    let state = tempfile::tempdir().unwrap();
    let sandbox = TR.sandbox(Signature::ValuesPipe, true).await.unwrap();
    let config = tr_config(&sandbox, Signature::ValuesPipe);
    let up = RunningGateway::start(Command::new(TOLLBRIDGE), state.path(), &config);
    let reference = up.charge("801Hs00000abc00").await;
    for order in ["801Hs00000abc01", "801Hs00000abc02"] {
        up.charge(order).await;
    }
    let (code, text) = verify(&up.url(), TR.api_key, &["--strict"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("6 journal entries, 3 payments, 6 entries verified;"), "{text}");

    let (code, text) = verify(&up.url(), "another-key", &[]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("401 unauthorized") && !text.contains("another-key"), "{text}");
    drop(up);

    let store = Connection::open(state.path().join("sqlite_key_value.db")).unwrap();
    let change = |sql: &str, key: String| assert_eq!(store.execute(sql, [key]).unwrap(), 1);
    let forge = "UPDATE spin_key_value SET value = CAST(replace(CAST(value AS TEXT), '1000', '9000') AS BLOB) \
                 WHERE key = ?1";
    change(forge, format!("pay/tr/{reference}/1"));
    change("DELETE FROM spin_key_value WHERE key = ?1", format!("pay/tr/{reference}/2"));
    let up = RunningGateway::start(Command::new(TOLLBRIDGE), state.path(), &config);
    let (code, text) = verify(&up.url(), TR.api_key, &["--site", "tr"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(&format!("{reference}: entry 1 changed")), "{text}");
    assert!(text.contains(&format!("{reference}: entry 2 removed: the journal names it")), "{text}");
    drop(up);
    sandbox.stop().await;
}
