//! Manifests that Spin refuses because of their dependencies, one for each reason, and the components that they name,
//! which have interfaces and no code. The first line of each manifest quotes the refusal.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

const PARTS: &str = "
    interface types { record pair { name: string } }
    interface sum { use types.{pair}; sum: func(pairs: list<pair>) -> u32; }
    interface other { use types.{pair}; sum: func(pairs: list<pair>) -> u64; }
    interface clock { now: func() -> u64; }
";

const NETWORK: &str =
    "package wasi:http@0.2.6; interface outgoing-handler { handle: func(url: string) -> result<u32, string>; }";

/// The files that the manifests name, and the worlds of these components.
const COMPONENTS: [(&str, &str); 5] = [
    (
        "shop.wasm",
        "import shop:parts/sum@1.0.0; import shop:parts/clock@1.0.0; import shop:parts/sum@2.0.0;
         import shop: interface { now: func() -> u64; }",
    ),
    ("parts.wasm", "export shop:parts/sum@1.0.0; export shop:parts/clock@1.0.0; export shop:parts/other@1.0.0;"),
    ("sum.wasm", "export shop:parts/types@1.0.0; export shop:parts/sum@1.0.0;"),
    ("newer.wasm", "export shop:parts/sum@2.0.0;"),
    ("reaching.wasm", "import wasi:http/outgoing-handler@0.2.6; export shop:parts/sum@1.0.0;"),
];

/// A manifest that is refused.
pub struct RefusedManifest {
    pub manifest: PathBuf,
    /// A part of the error message.
    pub words: String,
    /// Whether Spin refuses it too, in the same words. If not, Spin starts it and denies its calls later.
    pub by_spin: bool,
}

/// Writes all manifests and their components into a folder.
///
/// # Errors
/// The folder cannot be written, or the first line of a manifest does not quote the refusal.
pub fn write(folder: &Path) -> anyhow::Result<Vec<RefusedManifest>> {
    for (file, world) in COMPONENTS {
        std::fs::write(folder.join(file), component(world)?)?;
    }
    let mut refusals = Vec::new();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("refusals"))? {
        let file = file?.path();
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&file)?;
        let (line, _) = text.split_once('\n').with_context(|| format!("{} has only one line", file.display()))?;
        let (words, by_spin) = match line.strip_prefix("# Refused: ") {
            Some(words) => (words, true),
            None => (line.strip_prefix("# Refused here, and denied by Spin when it is called: ").unwrap_or(""), false),
        };
        anyhow::ensure!(!words.is_empty(), "the first line of {} does not quote the refusal", file.display());
        let manifest = folder.join(file.file_name().context("a manifest has a name")?);
        std::fs::write(&manifest, &text)?;
        refusals.push(RefusedManifest { manifest, words: words.to_owned(), by_spin });
    }
    refusals.sort_by(|one, other| one.manifest.cmp(&other.manifest));
    Ok(refusals)
}

/// A component of this world, whose functions trap.
fn component(world: &str) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    for version in ["1.0.0", "2.0.0"] {
        resolve.push_str(format!("{version}.wit"), &format!("package shop:parts@{version}; {PARTS}"))?;
    }
    resolve.push_str("network.wit", NETWORK)?;
    let package = resolve.push_str("it.wit", &format!("package it:it; world it {{ {world} }}"))?;
    let world = resolve.select_world(&[package], Some("it"))?;
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().module(&module)?.encode()
}
