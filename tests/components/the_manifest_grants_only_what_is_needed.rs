//! `spin.toml` grants the gateway two hosts, one store and its configuration, and grants the pure components nothing.

use toml::{Table, Value};

fn manifest() -> Table {
    crate::manifest("spin.toml")
}

fn gateway() -> Table {
    let manifest = manifest();
    let components = manifest["component"].as_table().unwrap();
    assert_eq!(components.keys().collect::<Vec<_>>(), ["gateway"], "there is one component");
    components["gateway"].as_table().unwrap().clone()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn the_gateway_may_call_only_the_configured_hosts() {
    let gateway = gateway();
    let hosts = texts(&gateway["allowed_outbound_hosts"]);
    assert_eq!(hosts, ["{{ maldopay_origin }}", "{{ salesforce_origin }}"]);
    for variable in ["maldopay_origin", "salesforce_origin"] {
        let default = manifest()["variables"][variable]["default"].as_str().unwrap().to_owned();
        assert_eq!(default, "http://127.0.0.1:*", "{variable} allows only this machine");
    }
}

#[test]
fn the_gateway_has_one_store_and_no_files() {
    let gateway = gateway();
    assert_eq!(texts(&gateway["key_value_stores"]), ["default"]);
    for grant in ["files", "sqlite_databases", "ai_models", "allowed_http_hosts", "environment"] {
        assert!(!gateway.contains_key(grant), "the manifest grants {grant}");
    }
}

#[test]
fn the_dependencies_inherit_nothing() {
    let gateway = gateway();
    assert!(!gateway.contains_key("dependencies_inherit_configuration"), "every dependency would inherit everything");
    let dependencies = gateway["dependencies"].as_table().unwrap();
    let names: Vec<&String> = dependencies.keys().collect();
    let expected = [
        "tollbridge:document-mapper/mapper@0.1.0",
        "tollbridge:mapper/mapper@0.1.0",
        "tollbridge:provider/provider@0.1.0",
    ];
    assert_eq!(names, expected);
    for (name, dependency) in dependencies {
        let dependency = dependency.as_table().unwrap();
        let others: Vec<&String> = dependency.keys().filter(|key| !matches!(key.as_str(), "path" | "export")).collect();
        assert!(others.is_empty(), "{name} has more than a path: {others:?}");
    }
    assert!(!crate::text("spin.toml").contains("inherit_configuration"));
}

#[test]
fn the_secrets_are_secret_and_make_builds_the_gateway() {
    let manifest = manifest();
    assert_eq!(manifest["variables"]["secrets"]["secret"].as_bool(), Some(true));
    assert_eq!(manifest["spin_manifest_version"].as_integer(), Some(2));
    let gateway = gateway();
    assert_eq!(gateway["build"]["command"].as_str(), Some("make components"));
    assert_eq!(gateway["source"].as_str(), Some("target/components/gateway.wasm"));
}
