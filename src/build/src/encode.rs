//! Encodes a core module as a component.

use std::path::Path;

use anyhow::Context as _;
use wasm_encoder::{Module, RawSection};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Encodes a core module for a world of the main package in `wit`.
///
/// The world's description replaces the module's own. The bindings take the shared types from the
/// `tollbridge-connector` crate and so describe them as an import, but a component of the public world exports them and
/// imports nothing.
///
/// # Errors
/// The module is invalid, the world is not in the package, or the module does not match it.
pub fn component(module: &[u8], wit: &Path, world: &str) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    let mut module = without_description(module)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

/// Encodes a core module for the world that its bindings describe.
///
/// # Errors
/// The module is invalid, or has no description.
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
