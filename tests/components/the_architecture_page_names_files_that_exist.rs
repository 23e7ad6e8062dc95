//! `docs/architecture.md` names files of the workspace. They exist.

use crate::{root, text};

/// The folders that the page's paths are relative to. It shortens the gateway's, and `ledger/`.
const FOLDERS: [&str; 2] = ["", "src/gateway/src/"];

#[test]
fn each_path_is_a_file() {
    let page = text("docs/architecture.md");
    let quoted = page.split('`').skip(1).step_by(2);
    let paths: Vec<&str> = quoted.filter(|text| text.contains('/') && text.contains(".rs")).collect();
    assert!(paths.len() > 20, "the page names few files: {paths:?}");
    let exists = |path: &&str| {
        let of_the_ledger = path.strip_prefix("ledger/").map(|rest| format!("src/ledger/src/{rest}"));
        let mut candidates = FOLDERS.map(|folder| format!("{folder}{path}")).into_iter().chain(of_the_ledger);
        candidates.any(|candidate| root().join(candidate).is_file())
    };
    let missing: Vec<&str> = paths.into_iter().filter(|path| !exists(path)).collect();
    assert!(missing.is_empty(), "docs/architecture.md names files that do not exist: {missing:?}");
}
