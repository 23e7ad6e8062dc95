//! `spin-redis.toml` is the application of `spin.toml` with its ledger on a Redis server: it grants that server instead
//! of the key-value store, and the two do not differ otherwise.

use toml::{Table, Value};

use crate::manifest;

fn gateway(manifest: &mut Table) -> &mut Table {
    manifest["component"]["gateway"].as_table_mut().unwrap()
}

#[test]
fn the_manifests_differ_only_in_the_store() {
    let mut expected = manifest("spin.toml");
    let variables = expected["variables"].as_table_mut().unwrap();
    let url: Table = "secret = true\ndefault = \"redis://127.0.0.1:6379\"".parse().unwrap();
    let origin: Table = "default = \"redis://127.0.0.1:*\"".parse().unwrap();
    variables.insert("redis_url".to_owned(), Value::Table(url));
    variables.insert("redis_origin".to_owned(), Value::Table(origin));
    let gateway = gateway(&mut expected);
    gateway.insert("source".to_owned(), "target/components/gateway-redis.wasm".into());
    gateway["allowed_outbound_hosts"].as_array_mut().unwrap().push("{{ redis_origin }}".into());
    gateway.remove("key_value_stores").expect("spin.toml grants the key-value store");
    gateway["variables"].as_table_mut().unwrap().insert("redis_url".to_owned(), "{{ redis_url }}".into());
    assert_eq!(manifest("spin-redis.toml"), expected);
}

#[test]
fn the_manifests_agree_line_by_line() {
    let lines = |name: &str| -> Vec<String> { crate::text(name).lines().map(str::to_owned).collect() };
    let redis = lines("spin-redis.toml");
    let missing: Vec<String> = lines("spin.toml").into_iter().filter(|line| !redis.contains(line)).collect();
    // The lines that differ: the heading, the component, the hosts, and the store.
    assert_eq!(missing.len(), 4, "{missing:#?}");
    assert!(missing[0].starts_with("# The application as "), "{missing:#?}");
    for (line, key) in missing[1..].iter().zip(["source", "allowed_outbound_hosts", "key_value_stores"]) {
        assert!(line.starts_with(key), "{missing:#?}");
    }
}
