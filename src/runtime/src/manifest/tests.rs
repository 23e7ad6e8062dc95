//! Manifests that are served, and the errors for others.

use super::*;

const WHOLE: &str = r#"
spin_manifest_version = 2

[application]
name = "shop"
version = "0.1.0"

[variables]
config = { default = "a = 1" }
secrets = { required = true, secret = true }
origin = { default = "http://127.0.0.1:*" }

[[trigger.http]]
route = "/..."
component = "gateway"

[component.gateway]
source = "build/gateway.wasm"
allowed_outbound_hosts = ["{{ origin }}"]
key_value_stores = ["default"]

[component.gateway.variables]
config = "{{ config }}"

[component.gateway.dependencies]
"shop:parts/one@1.0.0" = { path = "build/parts.wasm" }
"shop:parts/two@1.0.0" = { path = "build/parts.wasm", export = "shop:parts/other@1.0.0" }

[component.gateway.build]
command = "make"
"#;

fn parse(text: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse(text, Path::new("shop/spin.toml"))
}

fn refusal(from: &str, to: &str) -> String {
    assert!(WHOLE.contains(from), "{from} is in the manifest");
    parse(&WHOLE.replace(from, to)).unwrap_err().to_string()
}

#[test]
fn parses_a_complete_manifest() {
    let manifest = parse(WHOLE).unwrap();
    assert_eq!(manifest.application, "shop");
    assert_eq!(manifest.variables["config"].as_deref(), Some("a = 1"));
    assert_eq!(manifest.variables["secrets"], None);
    let component = manifest.component;
    assert_eq!(component.id, "gateway");
    assert_eq!(component.source, Path::new("shop/build/gateway.wasm"));
    assert!(component.key_value_stores.contains("default"));
    assert_eq!(
        component.dependencies,
        [
            Dependency {
                name: "shop:parts/one@1.0.0".parse().unwrap(),
                path: PathBuf::from("shop/build/parts.wasm"),
                export: None,
            },
            Dependency {
                name: "shop:parts/two@1.0.0".parse().unwrap(),
                path: PathBuf::from("shop/build/parts.wasm"),
                export: Some("shop:parts/other@1.0.0".to_owned()),
            },
        ]
    );
}

#[test]
fn names_an_unsupported_key() {
    for (key, line) in [
        ("files", "files = [\"assets\"]"),
        ("ai_models", "ai_models = [\"llama2-chat\"]"),
        ("sqlite_databases", "sqlite_databases = [\"default\"]"),
        ("dependencies_inherit_configuration", "dependencies_inherit_configuration = true"),
        ("environment", "environment = { A = \"b\" }"),
    ] {
        let source = "source = \"build/gateway.wasm\"";
        let message = refusal(source, &format!("{source}\n{line}"));
        assert!(message.contains(&format!("unknown field `{key}`")), "{message}");
        assert!(message.contains("shop/spin.toml"), "{message}");
    }
    let message =
        refusal("{ path = \"build/parts.wasm\" }", "{ path = \"build/parts.wasm\", inherit_configuration = true }");
    assert!(message.contains("`inherit_configuration`"), "{message}");
    let message = refusal("[[trigger.http]]", "[[trigger.cron]]");
    assert!(message.contains("`cron`"), "{message}");
}

#[test]
fn refuses_remote_sources() {
    let message = refusal("\"build/gateway.wasm\"", "{ url = \"https://example.com/x.wasm\", digest = \"sha256:0\" }");
    assert!(message.contains("source"), "{message}");
    let message = refusal("{ path = \"build/parts.wasm\" }", "\"^1.0\"");
    assert!(message.contains("not fetched from a registry"), "{message}");
}

#[test]
fn requires_one_component_behind_every_path() {
    let message = refusal("route = \"/...\"", "route = \"/api\"");
    assert!(message.contains("`/api`"), "{message}");
    let message = refusal("component = \"gateway\"", "component = \"other\"");
    assert!(message.contains("[\"gateway\"]"), "{message}");
    let message = refusal("spin_manifest_version = 2", "spin_manifest_version = 3");
    assert!(message.contains("spin_manifest_version = 3"), "{message}");
}

#[test]
fn checks_variables_where_they_are_used() {
    let message = refusal("\"{{ config }}\"", "\"{{ cofnig }}\"");
    assert!(message.contains("`cofnig` is not declared; add it to [variables]"), "{message}");
    let message = refusal("{ default = \"a = 1\" }", "{ secret = true }");
    assert!(message.contains("variables.config"), "{message}");
    let message = refusal("[\"{{ origin }}\"]", "[\"{{ origin\"]");
    assert!(message.contains("does not close it"), "{message}");
}
