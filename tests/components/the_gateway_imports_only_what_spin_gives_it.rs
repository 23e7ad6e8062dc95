//! The gateway imports WASI, Spin's variables, the key-value store, and the pure components; nothing else.

use crate::{component, names, world_of};

const ALLOWED: [&str; 9] = [
    "wasi:cli/",
    "wasi:clocks/",
    "wasi:http/",
    "wasi:io/",
    "wasi:random/",
    "wasi:keyvalue/",
    "fermyon:spin/variables@",
    "tollbridge:connector/",
    "tollbridge:gateway/document-mapper@",
];

#[test]
fn nothing_else_is_imported() {
    let (resolve, world) = world_of(&component("gateway"));
    let imports = names(&resolve, &resolve.worlds[world].imports);
    let others: Vec<&String> = imports
        .iter()
        .filter(|import| !ALLOWED.iter().any(|allowed| import.starts_with(allowed)))
        // The standard library of WASI 0.2 names these; the manifest grants no file and no socket.
        .filter(|import| !import.starts_with("wasi:filesystem/") && !import.starts_with("wasi:sockets/"))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    for needed in [
        "tollbridge:connector/provider@0.1.0",
        "tollbridge:connector/mapper@0.1.0",
        "wasi:keyvalue/store@0.2.0-draft2",
        "wasi:keyvalue/batch@0.2.0-draft2",
        "wasi:keyvalue/atomics@0.2.0-draft2",
    ] {
        assert!(imports.iter().any(|import| import == needed), "{needed} is not among {imports:#?}");
    }
}

#[test]
fn it_serves_http_and_nothing_else() {
    let (resolve, world) = world_of(&component("gateway"));
    let exports = names(&resolve, &resolve.worlds[world].exports);
    assert_eq!(exports.len(), 1, "{exports:?}");
    assert!(exports[0].starts_with("wasi:http/incoming-handler@0.2."), "{exports:?}");
}
