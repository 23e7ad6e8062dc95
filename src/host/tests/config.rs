//! `tollbridge config check` for a valid configuration and for invalid ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may panic as tests do")]

use std::path::Path;
use std::process::{Command, Output};

const CONFIG: &str = r#"[sites.tr]
legal_entity = "Tollbridge Demo A.Ş."
currencies = ["TRY", "EUR"]
locale = "tr-TR"
maldopay = { url = "https://api.maldopay.com/json/", client_id = 1, brand_id = 2, integration_id = 3, services = { checkout = 2031, pix = 2157 } }
salesforce = { url = "https://one.my.salesforce.com", multi_currency = true }

[sites.eu]
legal_entity = "Tollbridge Demo GmbH"
currencies = ["EUR"]
locale = "de-DE"
maldopay = { url = "https://api.maldopay.com/json/", client_id = 4, brand_id = 5, integration_id = 6, services = { checkout = 2031 } }
salesforce = { url = "https://two.my.salesforce.com/" }
mapping = { document = "order", shadow = "next" }
"#;

fn secrets() -> String {
    let site = |name: &str| {
        format!(
            "[sites.{name}]\napi_keys = [\"sha256:{}\"]\nkey = \"6H7R7sTjqFVlSg61SOz37ArdFGx56nfG5RaTbWH+4oM=\"\n\
             maldopay = {{ api_key = \"confidential-1\", encrypting_keys = [\"confidential-2\"] }}\n\
             salesforce = {{ client_id = \"confidential-3\", client_secret = \"confidential-4\" }}\n",
            "ab".repeat(32)
        )
    };
    site("tr") + &site("eu")
}

/// Runs the check on files with these texts; `None` omits the file.
fn check(config: Option<&str>, secrets: Option<&str>, environment: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollbridge"));
    command.args(["config", "check", "--manifest"]);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spin.toml"));
    for (name, text) in [("config", config), ("secrets", secrets)] {
        if let Some(text) = text {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            command.arg(format!("--{name}")).arg(file);
        }
    }
    for name in ["CONFIG", "SECRETS", "MALDOPAY_ORIGIN", "SALESFORCE_ORIGIN"] {
        command.env_remove(format!("SPIN_VARIABLE_{name}"));
    }
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let all = [output.stdout.clone(), output.stderr.clone()].concat();
    let all = String::from_utf8(all).unwrap();
    assert!(!all.contains("confidential") && !all.contains("6H7R7sTj"), "a secret is printed: {all}");
    output
}

/// The origins of a deployment with these peers, for the environment.
const ORIGINS: [(&str, &str); 2] = [
    ("SPIN_VARIABLE_MALDOPAY_ORIGIN", "https://api.maldopay.com"),
    ("SPIN_VARIABLE_SALESFORCE_ORIGIN", "https://*.my.salesforce.com"),
];

fn lines(bytes: &[u8]) -> Vec<&str> {
    std::str::from_utf8(bytes).unwrap().lines().collect()
}

#[test]
fn a_valid_configuration_is_described_by_site() {
    let output = check(Some(CONFIG), Some(&secrets()), &[]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        lines(&output.stdout),
        [
            "eu",
            "  legal entity  Tollbridge Demo GmbH",
            "  currencies    EUR",
            "  locale        de-DE",
            "  methods       checkout (2031)",
            "  MaldoPay      api.maldopay.com",
            "  Salesforce    two.my.salesforce.com, one currency",
            "  mapping       order, beside it next",
            "tr",
            "  legal entity  Tollbridge Demo A.Ş.",
            "  currencies    TRY, EUR",
            "  locale        tr-TR",
            "  methods       checkout (2031), pix (2157)",
            "  MaldoPay      api.maldopay.com",
            "  Salesforce    one.my.salesforce.com, several currencies",
            "  mapping       compiled",
        ]
    );
}

#[test]
fn each_problem_is_a_line_with_document_line_and_key() {
    let config = CONFIG.replace("\"TRY\"", "\"TRL\"").replace("multi_currency", "multicurrency");
    let secrets = secrets().replacen("confidential-4", "", 1).replacen("key = \"6H7R", "key = \"", 1);
    let output = check(Some(&config), Some(&secrets), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let found = lines(&output.stderr);
    for (found, expected) in found.iter().zip([
        "config: line 3: sites.tr.currencies: \"TRL\": not an ISO 4217 currency",
        "config: line 6: sites.tr.salesforce.multicurrency: unknown key: known are url, api_version, multi_currency",
        "secrets: line 3: sites.tr.key: write the base64 of 32 random bytes",
        "secrets: line 5: sites.tr.salesforce.client_secret: empty",
        "4 problems",
    ]) {
        assert!(found.starts_with(expected), "{found:?} does not start with {expected:?}");
    }
    assert_eq!(found.len(), 5, "{found:#?}");
}

#[test]
fn without_files_it_checks_the_configuration_that_up_would_use() {
    let defaults = check(None, None, &[]);
    assert!(defaults.status.success(), "{defaults:?}");
    assert_eq!(lines(&defaults.stdout)[..2], ["tr", "  legal entity  Tollbridge Demo A.Ş."]);
    let [maldopay, salesforce] = ORIGINS;
    let mixed = check(None, Some(&secrets()), &[("SPIN_VARIABLE_CONFIG", CONFIG), maldopay, salesforce]);
    assert!(mixed.status.success(), "{mixed:?}");
    let unpaired = check(Some(CONFIG), None, &[]);
    assert_eq!(unpaired.status.code(), Some(1));
    assert!(lines(&unpaired.stderr).contains(&"secrets: sites.eu: missing: config has this site in line 8"));
}

#[test]
fn hosts_that_the_deployment_does_not_allow_are_problems_that_name_the_variable() {
    // With the defaults of the manifest, only the sandbox can be called.
    let output = check(None, Some(&secrets()), &[("SPIN_VARIABLE_CONFIG", CONFIG)]);
    assert_eq!(output.status.code(), Some(1));
    let found = lines(&output.stderr);
    for (line, key, variable, host) in [
        (5, "sites.tr.maldopay.url", "maldopay_origin", "https://api.maldopay.com"),
        (6, "sites.tr.salesforce.url", "salesforce_origin", "https://one.my.salesforce.com"),
    ] {
        let place = format!("config: line {line}: {key}: ");
        let found = found.iter().find(|found| found.starts_with(&place)).unwrap_or_else(|| panic!("{found:#?}"));
        assert!(found.contains(variable) && found.ends_with(&format!("set it to {host}")), "{found}");
    }
    let [maldopay, salesforce] = ORIGINS;
    for (origins, notes) in [(vec![maldopay, salesforce], 1), (vec![maldopay], 2), (vec![], 2)] {
        let output = check(Some(CONFIG), Some(&secrets()), &origins);
        assert!(output.status.success(), "{output:?}");
        let said = lines(&output.stderr);
        assert_eq!(said.len(), notes, "{said:#?}");
        assert_eq!(said[0].contains("salesforce_origin"), notes == 2, "{said:#?}");
        assert!(said.last().unwrap().contains("the site eu are stored (order, next)"), "{said:#?}");
    }
}

#[test]
fn the_sandboxs_keys_are_reported_for_other_peers() {
    let only_tr = CONFIG.split("[sites.eu]").next().unwrap();
    let output = check(Some(only_tr), None, &ORIGINS);
    assert_eq!(output.status.code(), Some(1));
    let found = lines(&output.stderr);
    let named = |secret: &str| {
        let at = format!(": sites.tr.{secret}: this is the sandbox's");
        found.iter().filter(|line| line.starts_with("secrets: line ") && line.contains(&at)).count()
    };
    let secrets = [
        "api_keys",
        "maldopay.api_key",
        "maldopay.encrypting_keys",
        "salesforce.client_id",
        "salesforce.client_secret",
        "key",
    ];
    assert_eq!(secrets.map(named), [1; 6], "{found:#?}");
    assert_eq!(found.last(), Some(&"6 problems"));
    assert!(!found.iter().any(|line| line.contains("sandbox-") || line.contains("hErwZwMF")), "{found:#?}");
}

#[test]
fn a_missing_file_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_tollbridge"))
        .args(["config", "check", "--config", "/nowhere/config.toml", "--secrets", "/nowhere/secrets.toml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(lines(&output.stderr)[0].contains("/nowhere/config.toml"), "{output:?}");
}

/// The first block of this language after this heading in the documentation.
fn sample(heading: &str, language: &str) -> String {
    let page = include_str!("../../../docs/configuration.md");
    let (_, section) = page.split_once(&format!("\n{heading}\n")).unwrap();
    let (_, block) = section.split_once(&format!("```{language}\n")).unwrap();
    block.split("```").next().unwrap().to_owned()
}

/// Makes the secrets as the documentation says, with these values for its variables.
fn documented_secrets(values: &[(&str, &str)]) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let script = sample("## `secrets`", "sh");
    let output = Command::new("sh")
        .args(["-eu", "-c", &script])
        .envs(values.iter().copied())
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let shown = String::from_utf8(output.stdout).unwrap();
    (std::fs::read_to_string(folder.path().join("secrets.toml")).unwrap(), shown)
}

const CREDENTIALS: [(&str, &str); 4] = [
    ("MALDOPAY_API_KEY", "confidential-1"),
    ("MALDOPAY_ENCRYPTING_KEY", "confidential-2"),
    ("SALESFORCE_CLIENT_ID", "confidential-3"),
    ("SALESFORCE_CLIENT_SECRET", "confidential-4"),
];

#[test]
fn the_sample_in_the_documentation_works_as_it_stands() {
    let (secrets, shown) = documented_secrets(&CREDENTIALS);
    let key = shown.trim().rsplit(' ').next().unwrap();
    assert!(key.len() == 44 && !secrets.contains(key), "{shown}");
    let output = check(Some(&sample("## `config`", "toml")), Some(&secrets), &ORIGINS);
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "nothing is left to note: {output:?}");
    let said = lines(&output.stdout);
    assert_eq!((said[0], said[5], said[6]), ("tr", "  MaldoPay      api.maldopay.com", SAMPLE_ORGANISATION));
    // A value that was forgotten is named.
    let (secrets, _) =
        documented_secrets(&[CREDENTIALS[0], CREDENTIALS[1], CREDENTIALS[2], ("SALESFORCE_CLIENT_SECRET", "")]);
    let output = check(Some(&sample("## `config`", "toml")), Some(&secrets), &ORIGINS);
    assert!(lines(&output.stderr)[0].contains("sites.tr.salesforce.client_secret: empty"), "{output:?}");
}

const SAMPLE_ORGANISATION: &str = "  Salesforce    example.my.salesforce.com, several currencies";
