//! Compositions of components that are made, without any code in them, from the interfaces they have.

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

/// A component of this world, whose functions trap.
fn component(world: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let text = format!("{INTERFACES} world it {{ {world} }}");
    let package = resolve.push_str("parts.wit", &text).unwrap();
    let world = resolve.select_world(&[package], Some("it")).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

fn composed(world: &str, supplier: &str, supplied: &[(&str, &str)]) -> Result<Vec<u8>, CompositionError> {
    let path = PathBuf::from("parts.wasm");
    let dependencies: Vec<_> = supplied
        .iter()
        .map(|(import, export)| Dependency {
            import: (*import).to_owned(),
            path: path.clone(),
            export: (*export).to_owned(),
        })
        .collect();
    let binary = Binary { path: PathBuf::from("gateway.wasm"), bytes: component(world) };
    compose(binary, &dependencies, BTreeMap::from([(path, component(supplier))]))
}

fn refusal(world: &str, supplier: &str, supplied: (&str, &str)) -> String {
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
fn a_dependency_takes_the_place_of_its_import_alone() {
    let bytes = composed(
        "import sum; import clock; export handles; export run: func();",
        "export sum;",
        &[("shop:parts/sum", "shop:parts/sum")],
    )
    .unwrap();
    let (imports, exports) = surface(bytes);
    assert!(!imports.contains(&"shop:parts/sum".to_owned()), "{imports:?}");
    assert!(imports.contains(&"shop:parts/clock".to_owned()), "{imports:?}");
    assert_eq!(exports, ["run", "shop:parts/handles"]);
}

#[test]
fn what_is_supplied_may_have_another_name() {
    let bytes = composed(
        "import sum; import renamed: interface { now: func() -> u64; }",
        "export sum; export clock;",
        &[("shop:parts/sum", "shop:parts/sum"), ("renamed", "shop:parts/clock")],
    )
    .unwrap();
    let (imports, _) = surface(bytes);
    assert_eq!(imports, ["shop:parts/types"]);
}

#[test]
fn a_dependency_may_import_nothing_that_acts() {
    let supplied = ("shop:parts/sum", "shop:parts/sum");
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
fn names_what_does_not_fit() {
    let sum = "shop:parts/sum";
    let message = refusal("import clock;", "export sum;", (sum, sum));
    assert!(message.contains("[\"shop:parts/clock\"]"), "{message}");
    let message = refusal("import sum;", "export clock;", (sum, sum));
    assert!(message.contains("does not export `shop:parts/sum`"), "{message}");
    let message = refusal("import sum;", "export other;", (sum, "shop:parts/other"));
    assert!(message.contains("is not what the component imports"), "{message}");
    let no_component = Binary { path: PathBuf::from("gateway.wasm"), bytes: b"\0asm\x01\0\0\0".to_vec() };
    let dependency = Dependency { import: sum.to_owned(), path: PathBuf::from("parts.wasm"), export: sum.to_owned() };
    let message = compose(no_component, &[dependency], BTreeMap::new()).unwrap_err().to_string();
    assert!(message.contains("`gateway.wasm` is not a WebAssembly component"));
}
