//! The embedded runtime does not serve a mapper that imports the network or the secrets. Spin serves it and denies the
//! calls.

use std::path::Path;

use serde_json::json;
use tollbridge_runtime::LoadError;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

use crate::built;
use crate::swapped::{with_dependency, with_mapper};
use crate::world::{ServedApplication, Setup, World, needs_embedded_runtime, shows, text};

/// A mapper with this additional import, whose functions trap.
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
async fn a_mapper_cannot_import_the_network() -> anyhow::Result<()> {
    if needs_embedded_runtime("Spin starts it and denies its calls") {
        return Ok(());
    }
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

/// What a mapper that reads the secrets reports about them.
async fn report_of_the_secrets(application: ServedApplication) -> anyhow::Result<String> {
    let world = World::with(Setup { application: Some(application), ..Setup::default() }).await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "149.90").await?;
    world.idle().await?;
    let waiting = world.tr.get(&payment).await?;
    shows(&waiting, json!({"status": "captured", "reviewReasons": ["salesforce:mapping_error"]}));
    let report = text(&waiting["salesforce"], "errorMessage").to_owned();
    world.stop().await?;
    Ok(report)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapper_cannot_read_the_secrets() -> anyhow::Result<()> {
    let mapper = built("tests/reaching-mapper");
    if tollbridge_tests::spin::program().is_none() {
        let Err(refused) = with_mapper(&mapper).await else { panic!("a mapper that imports the secrets is served") };
        let refused = refused.to_string();
        assert!(refused.contains("imports `fermyon:spin/variables@2.0.0`"), "{refused}");
        return Ok(());
    }
    let report = report_of_the_secrets(with_mapper(&mapper).await?).await?;
    assert!(report.contains("they are denied"), "{report}");
    // With the line of the manifest that would change this, the mapper reads them: what the test saw before was the
    // denial.
    let report = report_of_the_secrets(with_dependency(&mapper, ", inherit_configuration = true").await?).await?;
    assert!(report.contains("they are handed on"), "{report}");
    Ok(())
}
