//! `config init`: a valid configuration in files that only their owner can read, or none.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::{printed, tollbridge};

/// The options and the environment for a configuration of the sandbox's peers.
pub fn init(folder: &Path, maldopay: &str, salesforce: &str) -> Command {
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
