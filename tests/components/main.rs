//! What the built components may do, read from the components and the manifests. Nothing else enforces that a mapping
//! can neither leak customer data nor write a record.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod each_dependency_is_of_its_own_package;
mod each_is_within_its_size_budget;
mod pure_components_import_nothing;
mod the_architecture_page_names_files_that_exist;
mod the_gateway_imports_only_what_spin_gives_it;
mod the_manifest_grants_only_what_is_needed;
mod the_manifests_do_not_drift_apart;
mod the_mappers_page_is_what_make_runs;

use std::path::{Path, PathBuf};

use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{Resolve, WorldId, WorldItem, WorldKey};

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn manifest(name: &str) -> toml::Table {
    text(name).parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn component(name: &str) -> Vec<u8> {
    let path = root().join(format!("target/components/{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: run `make components`", path.display()))
}

/// The world of a component, decoded from its bytes.
fn world_of(bytes: &[u8]) -> (Resolve, WorldId) {
    match decode(bytes).expect("the component describes itself") {
        DecodedWasm::Component(resolve, world) => (resolve, world),
        DecodedWasm::WitPackage(..) => panic!("this is a WIT package, not a component"),
    }
}

/// The names of imports or exports.
fn names<'a>(resolve: &Resolve, items: impl IntoIterator<Item = (&'a WorldKey, &'a WorldItem)>) -> Vec<String> {
    let mut names: Vec<String> = items.into_iter().map(|(key, _)| resolve.name_world_key(key)).collect();
    names.sort();
    names
}
