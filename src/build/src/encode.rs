//! Makes a component of a core module.

use std::path::Path;

use anyhow::Context as _;
use wasm_encoder::{Module, RawSection};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The component that this core module makes in a world of the main package in `wit`.
///
/// The module's own description of itself is replaced by the world's: the bindings take the shared types from the
/// `tollbridge-connector` crate and so describe them as an import, while a component of the public world exports them
/// and imports nothing.
///
/// # Errors
/// The module is not valid, the world is not in the package, or the module does not fit it.
pub fn component(module: &[u8], wit: &Path, world: &str) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    let mut module = without_description(module)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

/// The component that this core module makes in the world that it describes itself.
///
/// # Errors
/// The module is not valid, or does not describe itself.
pub fn described(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    ComponentEncoder::default().validate(true).module(module)?.encode()
}

fn without_description(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut kept = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if matches!(&payload, Payload::CustomSection(section) if section.name().starts_with("component-type")) {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = module.get(range).context("a section beyond the end of the module")?;
            kept.section(&RawSection { id, data });
        }
    }
    Ok(kept.finish())
}
