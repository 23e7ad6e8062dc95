//! The documents of `profiles/fail`, each with its expected messages.

use crate::golden::{compare, files, profiles};

#[test]
fn each_document_gets_its_expected_messages() {
    for path in files(&profiles().join("fail"), ".toml", "") {
        let problems = tollbridge_rules::check(&std::fs::read_to_string(&path).unwrap());
        assert!(!problems.is_empty(), "{} is taken", path.display());
        let messages: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
        compare(&path.with_extension("txt"), &messages);
    }
}
