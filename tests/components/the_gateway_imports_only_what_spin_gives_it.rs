//! The gateway imports WASI, Spin's variables, one store and the pure components, and nothing else.

use crate::{component, names, world_of};

const ALLOWED: [&str; 10] = [
    "wasi:cli/",
    "wasi:clocks/",
    "wasi:http/",
    "wasi:io/",
    "wasi:random/",
    "fermyon:spin/variables@",
    "tollbridge:types/types@",
    "tollbridge:provider/provider@",
    "tollbridge:mapper/mapper@",
    "tollbridge:document-mapper/mapper@",
];

/// Each gateway, and the only store that its ledger uses.
const GATEWAYS: [(&str, &[&str]); 2] = [
    (
        "gateway",
        &["wasi:keyvalue/store@0.2.0-draft2", "wasi:keyvalue/batch@0.2.0-draft2", "wasi:keyvalue/atomics@0.2.0-draft2"],
    ),
    ("gateway-redis", &["fermyon:spin/redis@2.0.0"]),
];

#[test]
fn the_gateway_imports_nothing_else() {
    for (gateway, store) in GATEWAYS {
        let (resolve, world) = world_of(&component(gateway));
        let imports = names(&resolve, &resolve.worlds[world].imports);
        let others: Vec<&String> = imports
            .iter()
            .filter(|import| !ALLOWED.iter().any(|allowed| import.starts_with(allowed)))
            .filter(|import| !store.contains(&import.as_str()))
            // Rust's standard library for WASI 0.2 imports these; the manifest grants no file and no socket.
            .filter(|import| !import.starts_with("wasi:filesystem/") && !import.starts_with("wasi:sockets/"))
            .collect();
        assert!(others.is_empty(), "{gateway}: {others:#?}");
        let plugins = ["tollbridge:provider/provider@0.1.0", "tollbridge:mapper/mapper@0.1.0"];
        for needed in plugins.iter().chain(store) {
            assert!(imports.iter().any(|import| import == needed), "{gateway}: {needed} is not among {imports:#?}");
        }
    }
}

#[test]
fn the_gateway_exports_only_an_http_handler() {
    for (gateway, _) in GATEWAYS {
        let (resolve, world) = world_of(&component(gateway));
        let exports = names(&resolve, &resolve.worlds[world].exports);
        assert_eq!(exports.len(), 1, "{gateway}: {exports:?}");
        assert!(exports[0].starts_with("wasi:http/incoming-handler@0.2."), "{gateway}: {exports:?}");
    }
}
