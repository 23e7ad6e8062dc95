//! A mapper that imports the network is not served at all.

use std::path::Path;

use tollbridge_runtime::LoadError;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

use crate::swapped::with_mapper;

/// A mapper that imports this too; its functions trap.
fn mapper_importing(package: &str, import: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    resolve.push_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")).unwrap();
    resolve.push_str("imported.wit", package).unwrap();
    let world =
        format!("package it:it; world it {{ import {import}; include tollbridge:worlds/record-mapper@0.1.0; }}");
    let package = resolve.push_str("it.wit", &world).unwrap();
    let world = resolve.select_world(&[package], Some("it")).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_is_not_handed_on() -> anyhow::Result<()> {
    for (package, import) in [
        (
            "package wasi:http@0.2.3; interface outgoing-handler { handle: func(url: string) -> u32; }",
            "wasi:http/outgoing-handler@0.2.3",
        ),
        (
            "package wasi:sockets@0.2.3; interface tcp { resource tcp-socket { connect: func(host: string) -> u32; } }",
            "wasi:sockets/tcp@0.2.3",
        ),
    ] {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("mapper.wasm");
        std::fs::write(&file, mapper_importing(package, import))?;
        let Err(refused) = with_mapper(&file).await else { panic!("a mapper that imports {import} is served") };
        let Some(LoadError::Composition(refused)) = refused.downcast_ref() else { panic!("{refused:#}") };
        let refused = refused.to_string();
        let begins = format!("the dependency `{}` imports `{import}`", file.display());
        assert!(refused.starts_with(&begins), "{refused}");
    }
    Ok(())
}
