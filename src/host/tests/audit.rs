//! `tollbridge audit verify` against `tollbridge up`, with an intact ledger and one that was tampered with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may panic as tests do")]

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use tollbridge_sandbox::{Merchant, Org, Sandbox, SandboxOptions, Signature};

const TOLLBRIDGE: &str = env!("CARGO_BIN_EXE_tollbridge");

/// A running `tollbridge up`, killed on drop.
struct RunningApplication {
    process: Child,
    url: String,
}

impl RunningApplication {
    fn start(state: &Path, config: &str) -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spin.toml");
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

impl Drop for RunningApplication {
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

fn config(sandbox: &Sandbox) -> String {
    format!(
        "[sites.tr]\nlegal_entity = \"Demo\"\ncurrencies = [\"TRY\"]\nlocale = \"tr-TR\"\n\
         maldopay = {{ url = \"{}\", client_id = 81433, brand_id = 15, integration_id = 1, services = {{ credit = 2116 }} }}\n\
         salesforce = {{ url = \"{}\", multi_currency = true }}\n",
        sandbox.maldopay.url(),
        sandbox.salesforce.url()
    )
}

/// Charges this many orders and returns the first payment's reference.
async fn charge(url: &str, orders: usize) -> String {
    let connector = hyper_util::client::legacy::connect::HttpConnector::new();
    let executor = hyper_util::rt::TokioExecutor::new();
    let client = hyper_util::client::legacy::Client::builder(executor).build::<_, String>(connector);
    let mut first = None;
    for order in 0..orders {
        let body = serde_json::json!({
            "site": "tr", "intent": "charge", "amount": "10.00", "currency": "TRY", "method": "credit",
            "source": {"object": "Order", "id": format!("801Hs00000abc{order:02}")}, "customer": {"id": "c"},
        });
        let request = http::Request::post(format!("{url}/v1/payments"))
            .header("authorization", "Bearer sandbox-api-key")
            .header("idempotency-key", format!("order-{order}"))
            .body(body.to_string())
            .unwrap();
        let answer = client.request(request).await.unwrap();
        assert_eq!(answer.status(), 201);
        let location = answer.headers()["location"].to_str().unwrap().to_owned();
        first = first.or_else(|| location.rsplit('/').next().map(ToOwned::to_owned));
    }
    first.unwrap()
}

fn verify(url: &str, key: &str, more: &[&str]) -> (Option<i32>, String) {
    let verify = Command::new(TOLLBRIDGE).args(["audit", "verify", "--url", url, "--key", key]).args(more).output();
    let Output { status, stdout, stderr } = verify.unwrap();
    (status.code(), [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_and_removed_entries_are_found() {
    let state = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let config = config(&sandbox);
    let up = RunningApplication::start(state.path(), &config);
    let reference = charge(&up.url, 3).await;
    let (code, text) = verify(&up.url, "sandbox-api-key", &["--strict"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("6 journal entries, 3 payments, 6 entries verified;"), "{text}");

    let (code, text) = verify(&up.url, "another-key", &[]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("401 unauthorized") && !text.contains("another-key"), "{text}");
    drop(up);

    let store = Connection::open(state.path().join("sqlite_key_value.db")).unwrap();
    let change = |sql: &str, key: String| assert_eq!(store.execute(sql, [key]).unwrap(), 1);
    let forge = "UPDATE spin_key_value SET value = CAST(replace(CAST(value AS TEXT), '1000', '9000') AS BLOB) \
                 WHERE key = ?1";
    change(forge, format!("pay/tr/{reference}/1"));
    change("DELETE FROM spin_key_value WHERE key = ?1", format!("pay/tr/{reference}/2"));
    let up = RunningApplication::start(state.path(), &config);
    let (code, text) = verify(&up.url, "sandbox-api-key", &["--site", "tr"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(&format!("{reference}: entry 1 changed")), "{text}");
    assert!(text.contains(&format!("{reference}: entry 2 removed: the journal names it")), "{text}");
    drop(up);
    sandbox.stop().await;
}
