//! Other mappers in place of the built-in one: the examples in three languages, and one that does harm. They run in the
//! world of the end-to-end tests, on one store, because a mapper knows nothing of the store.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod a_mapper_is_in_any_folder;
mod a_mapper_is_in_any_language;
mod harm_stays_with_its_payment;
mod swapped;
mod what_reaches_out_is_refused;
#[allow(dead_code, unused_imports, reason = "it is the world of the end-to-end tests, and only a part is needed here")]
#[path = "../end_to_end/world/mod.rs"]
mod world;

use std::path::{Path, PathBuf};

/// The path of a built component.
fn built(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/components").join(format!("{name}.wasm"));
    assert!(path.exists(), "{} is missing: run `make components` and `make examples`", path.display());
    path.canonicalize().unwrap()
}
