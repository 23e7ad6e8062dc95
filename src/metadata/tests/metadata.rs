//! The files in `salesforce/` are those that the table of fields gives, and no permission set gives more than it should.
//!
//! `make salesforce` writes the files; `TOLLBRIDGE_BLESS=1 cargo test --workspace --test metadata` writes the section of
//! `docs/salesforce.md`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test with wrong data should stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tollbridge_metadata::{
    Access, Fields, Files, PERMISSION_SETS, Package, Project, fields, files, granted_fields, validation_rules,
};
use tollbridge_records::OBJECTS;

fn salesforce() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../salesforce")
}

fn generated() -> (Files, Files) {
    let project = Project::read(&salesforce()).unwrap();
    let expected = files(&project.languages).unwrap_or_else(|error| panic!("{error}"));
    (project.generated, expected)
}

#[test]
fn the_committed_files_are_those_of_the_table() {
    let (committed, expected) = generated();
    let differ = |path: &&String| committed.get(*path) != expected.get(*path);
    let paths: BTreeSet<&String> = committed.keys().chain(expected.keys()).collect();
    let different: Vec<&String> = paths.into_iter().filter(differ).collect();
    assert!(different.is_empty(), "these differ from the table of fields: {different:?}; run `make salesforce`");
}

#[test]
fn every_field_is_seen_by_somebody_and_written_by_the_integration() {
    let mut seen: BTreeMap<String, BTreeSet<Fields>> = BTreeMap::new();
    for set in PERMISSION_SETS {
        for grant in set.fields {
            for name in granted_fields(&set, grant) {
                seen.entry(format!("{}.{name}", grant.object)).or_default().insert(grant.fields);
            }
        }
    }
    let (_, expected) = generated();
    let created = expected.keys().filter_map(|path| {
        let (object, field) = path.split_once("/objects/")?.1.split_once("/fields/")?;
        Some((object, field.trim_end_matches(".field-meta.xml")))
    });
    let mut count = 0;
    for (object, field) in created {
        count += 1;
        let by = seen.get(&format!("{object}.{field}")).unwrap_or_else(|| panic!("nobody sees {object}.{field}"));
        let is_written = tollbridge_records::fields(object).iter().any(|known| known.name == field);
        assert_eq!(by.contains(&Fields::Written), is_written, "{object}.{field}");
        assert!(by.iter().any(|fields| *fields != Fields::Written), "no person sees {object}.{field}");
    }
    let table: usize = OBJECTS.iter().map(|object| fields(object).len()).sum();
    assert!(count > table, "of {table} fields and those that Salesforce computes, {count} are created");
}

#[test]
fn only_the_integration_writes_and_nobody_else_has_permissions_of_no_object() {
    for set in PERMISSION_SETS {
        let is_integration = set.name.ends_with("Integration");
        let writes = set.objects.iter().any(|grant| grant.access != [Access::Read])
            || set.fields.iter().any(|grant| grant.fields == Fields::Written);
        assert_eq!(writes, is_integration, "{}", set.name);
        assert_eq!(set.user_permissions.is_empty(), set.name != "Tollbridge_Integration", "{}", set.name);
        // A user that only calls the API needs no tab, and one that reads needs no key.
        assert!(!is_integration || (set.tabs.is_empty() && set.principal.is_none()), "{}", set.name);
        assert_eq!(set.principal.is_some(), set.name == "Tollbridge_Credential_Principal", "{}", set.name);
        // Finance moves nothing, and only the refunder moves money.
        let moves_money = set.classes.iter().any(|class| class.name == "TollbridgeRefund");
        assert_eq!(moves_money, set.name == "Tollbridge_Refunder", "{}", set.name);
        let runs_actions = ["Tollbridge_Refunder", "Tollbridge_Admin"].contains(&set.name);
        assert_eq!(!set.classes.is_empty(), runs_actions, "{}", set.name);
    }
}

/// The files say what the table of permission sets says: nothing is deleted, nothing reaches past sharing, and nothing is
/// given that the page does not name.
#[test]
fn the_files_give_no_more_than_the_page_says() {
    let (committed, _) = generated();
    let page = std::fs::read_to_string(salesforce().join("../docs/salesforce.md")).unwrap();
    let mut sets = 0;
    for (path, xml) in committed.iter().filter(|(path, _)| path.contains("/permissionsets/")) {
        sets += 1;
        let name = path.rsplit('/').next().unwrap().trim_end_matches(".permissionset-meta.xml");
        let section = page.split(&format!("\n`{name}`. ")).nth(1).unwrap_or_else(|| panic!("the page lacks {name}"));
        let section = section.split("\n#").next().unwrap();
        for forbidden in ["allowDelete", "modifyAllRecords", "viewAllRecords"] {
            assert!(!xml.contains(&format!("<{forbidden}>true")), "{path}: {forbidden}");
        }
        let values = |element: &str| -> Vec<String> {
            let opening = format!("<{element}>");
            let parts = xml.split(&opening).skip(1);
            parts.map(|part| part.split('<').next().unwrap().to_owned()).collect()
        };
        for named in ["apexClass", "object", "tab", "externalCredentialPrincipal"].into_iter().flat_map(values) {
            assert!(section.contains(&format!("`{named}`")), "{path}: the page does not name {named}");
        }
        for part in xml.split("<userPermissions>").skip(1) {
            let name = part.split("<name>").nth(1).unwrap().split('<').next().unwrap();
            assert!(section.contains(&format!("`{name}`")), "{path}: the page does not name {name}");
        }
        for field in values("field") {
            let (object, name) = field.split_once('.').unwrap();
            let mut rows = section.lines().filter(|row| row.contains("field") && row.contains(&format!("`{object}`")));
            let row = rows.next().unwrap_or_else(|| panic!("{path}: the page does not name the fields of {object}"));
            assert!(!row.contains("the field `") || row.contains(&format!("`{name}`")), "{path}: {field}");
            let is_editable = xml.contains(&format!("<editable>true</editable>\n        <field>{field}</field>"));
            assert_eq!(row.starts_with("| edit"), is_editable, "{path}: {field}");
        }
    }
    assert_eq!(sets, PERMISSION_SETS.len());
}

#[test]
fn the_page_says_what_each_permission_set_gives() {
    let path = salesforce().join("../docs/salesforce.md");
    let stored = std::fs::read_to_string(&path).unwrap();
    let begin = stored.find("\n## Permission sets\n").unwrap();
    let begin = begin + stored[begin..].find("\n### ").unwrap() + 1;
    let end = begin + stored[begin..].find("\n## ").unwrap() + 1;
    let mut page = stored.clone();
    page.replace_range(begin..end, &format!("{}\n", tollbridge_metadata::permission_sets_section()));
    if std::env::var_os("TOLLBRIDGE_BLESS").is_some() {
        std::fs::write(path, page).unwrap();
        return;
    }
    assert!(stored == page, "docs/salesforce.md differs from the permission sets; see the top of this file");
}

#[test]
fn the_page_shows_the_rule_of_the_version() {
    let [version, _] = validation_rules();
    let page = std::fs::read_to_string(salesforce().join("../docs/salesforce.md")).unwrap();
    let formula = version.condition.formula();
    assert!(page.contains(&formula), "docs/salesforce.md lacks {formula}");
}

#[test]
fn each_language_has_its_directories_in_the_project() {
    let project = Project::read(&salesforce()).unwrap();
    let file = std::fs::read_to_string(salesforce().join("sfdx-project.json")).unwrap();
    for language in &project.languages {
        for package in Package::ALL {
            let directory = format!("{}-{}", package.directory(), language.code);
            assert!(file.contains(&format!("\"{directory}\"")), "sfdx-project.json lacks {directory}");
        }
    }
}
