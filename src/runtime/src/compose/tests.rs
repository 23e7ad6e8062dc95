//! Compositions of components that are generated from their interfaces and contain no code.

use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

use super::*;

const INTERFACES: &str = "
    package shop:parts;
    interface types { record pair { name: string } }
    interface sum { use types.{pair}; sum: func(pairs: list<pair>) -> u32; }
    interface other { use types.{pair}; sum: func(pairs: list<pair>) -> u64; }
    interface clock { now: func() -> u64; }
    interface handles { resource handle; }
";

/// A component with this world, whose functions trap.
fn component(world: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let text = format!("{INTERFACES} world it {{ {world} }}");
    let package = resolve.push_str("parts.wit", &text).unwrap();
    let world = resolve.select_world(&[package], Some("it")).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// Composes components with these worlds; each supplied import has a dependency name and, if it differs, an export
/// name.
fn composed(world: &str, supplier: &str, supplied: &[(&str, Option<&str>)]) -> Result<Vec<u8>, CompositionError> {
    let path = PathBuf::from("parts.wasm");
    let dependencies: Vec<_> = supplied
        .iter()
        .map(|(name, export)| Dependency {
            name: name.parse().unwrap(),
            path: path.clone(),
            export: export.map(str::to_owned),
        })
        .collect();
    let file = || Binary { path: path.clone(), bytes: component(supplier) };
    let binary = Binary { path: PathBuf::from("gateway.wasm"), bytes: component(world) };
    compose("gateway", binary, dependencies.iter().map(|dependency| (dependency, file())).collect())
}

fn refusal(world: &str, supplier: &str, supplied: (&str, Option<&str>)) -> String {
    composed(world, supplier, &[supplied]).unwrap_err().to_string()
}

/// The imports and the exports of a component.
fn surface(bytes: Vec<u8>) -> (Vec<String>, Vec<String>) {
    let mut types = Types::default();
    let package = Package::from_bytes("it", None, bytes, &mut types).unwrap();
    let world = &types[package.ty()];
    (world.imports.keys().cloned().collect(), world.exports.keys().cloned().collect())
}

#[test]
fn a_dependency_replaces_only_its_import() {
    let bytes = composed(
        "import sum; import clock; export handles; export run: func();",
        "export sum;",
        &[("shop:parts/sum", None)],
    )
    .unwrap();
    let (imports, exports) = surface(bytes);
    assert!(!imports.contains(&"shop:parts/sum".to_owned()), "{imports:?}");
    assert!(imports.contains(&"shop:parts/clock".to_owned()), "{imports:?}");
    assert_eq!(exports, ["run", "shop:parts/handles"]);
}

#[test]
fn an_export_may_have_another_name_than_its_import() {
    let bytes = composed(
        "import sum; import renamed: interface { now: func() -> u64; }",
        "export sum; export clock;",
        &[("shop:parts/sum", None), ("renamed", Some("shop:parts/clock"))],
    )
    .unwrap();
    let (imports, _) = surface(bytes);
    assert_eq!(imports, ["shop:parts/types"]);
}

#[test]
fn a_dependency_may_not_import_capabilities() {
    let supplied = ("shop:parts/sum", None);
    for import in ["clock", "handles"] {
        let supplier = format!("import {import}; export sum;");
        let message = refusal("import sum;", &supplier, supplied);
        assert!(
            message.starts_with(&format!("the dependency `parts.wasm` imports `shop:parts/{import}`")),
            "{message}"
        );
    }
    assert!(composed("import sum;", "import types; export sum;", &[supplied]).is_ok());
}

#[test]
fn a_name_may_match_several_imports() {
    let world = "import sum; import clock;";
    let bytes = composed(world, "export sum; export clock; export types;", &[("shop:parts", None)]).unwrap();
    let (imports, _) = surface(bytes);
    assert_eq!(imports, Vec::<String>::new(), "the interface of the types is supplied too");
    let message = refusal(world, "export sum; export types;", ("shop:parts", None));
    assert!(message.contains("doesn't export 'shop:parts/clock' to satisfy import 'shop:parts/clock'"), "{message}");
}

#[test]
fn a_package_is_registered_once() {
    let supplied = [("shop:parts/sum", None), ("shop:parts/clock", None)];
    let message =
        composed("import sum; import clock;", "export sum; export clock;", &supplied).unwrap_err().to_string();
    assert!(message.contains("package `shop:parts` has already been registered in the graph"), "{message}");
    // The component's own name is taken.
    let world = "import gateway: interface { now: func() -> u64; }";
    let message = refusal(world, "export clock;", ("gateway", Some("shop:parts/clock")));
    assert!(message.contains("package `gateway` has already been registered in the graph"), "{message}");
}

#[test]
fn errors_name_what_does_not_match() {
    let sum = ("shop:parts/sum", None);
    let message = refusal("import clock;", "export sum;", sum);
    assert!(
        message.starts_with("dependency 'shop:parts/sum' doesn't match any imports of component 'gateway'"),
        "{message}"
    );
    assert!(message.contains("[\"shop:parts/clock\"]"), "{message}");
    let message = refusal("import sum;", "export clock;", sum);
    assert!(message.contains("doesn't export 'shop:parts/sum' to satisfy import 'shop:parts/sum'"), "{message}");
    let message = refusal("import sum;", "export other;", ("shop:parts/sum", Some("shop:parts/other")));
    assert!(
        message.contains("exports 'shop:parts/other' which is not compatible with import 'shop:parts/sum'"),
        "{message}"
    );
    let no_component = Binary { path: PathBuf::from("gateway.wasm"), bytes: b"\0asm\x01\0\0\0".to_vec() };
    let dependency =
        Dependency { name: "shop:parts/sum".parse().unwrap(), path: PathBuf::from("parts.wasm"), export: None };
    let file = Binary { path: PathBuf::from("parts.wasm"), bytes: component("export sum;") };
    let message = compose("gateway", no_component, vec![(&dependency, file)]).unwrap_err().to_string();
    assert!(message.contains("`gateway.wasm` is not a WebAssembly component"), "{message}");
}
