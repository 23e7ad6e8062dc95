//! What the program says of wrong options and files, its version, and completions.

use super::{printed, tollbridge};

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

#[test]
fn an_empty_file_is_no_mapping_document() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.toml");
    std::fs::write(&file, "").unwrap();
    let checked = printed(tollbridge().args(["map", "check"]).arg(&file));
    assert_eq!(checked.code, Some(1));
    assert!(checked.stderr.contains("`name` is missing"), "{checked:?}");
}
