//! The provider and the mapper import nothing at all, and match the worlds in `wit/`.

use wit_parser::{Resolve, WorldId};

use crate::{component, names, root, world_of};

const PURE: [(&str, &str, &str); 3] = [
    ("maldopay", "payment-provider", "tollbridge:provider/provider@0.1.0"),
    ("records", "record-mapper", "tollbridge:mapper/mapper@0.1.0"),
    ("rules", "record-mapper", "tollbridge:mapper/mapper@0.1.0"),
];

/// A world of the public package.
fn public_world(name: &str) -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(root().join("wit")).expect("wit/ is a package");
    let world = resolve.select_world(&[package], Some(name)).expect("the package has this world");
    (resolve, world)
}

#[test]
fn pure_components_import_nothing() {
    for (name, ..) in PURE {
        let (resolve, world) = world_of(&component(name));
        let imports = names(&resolve, &resolve.worlds[world].imports);
        assert_eq!(imports, Vec::<String>::new(), "{name} has imports");
    }
}

#[test]
fn pure_components_match_their_worlds() {
    for (name, world, _) in PURE {
        let (resolve, id) = public_world(world);
        wit_component::targets(&resolve, id, &component(name))
            .unwrap_or_else(|error| panic!("{name} does not match the world {world}: {error:#}"));
    }
}

#[test]
fn pure_components_export_only_the_interfaces_of_their_worlds() {
    for (name, world, interface) in PURE {
        let (public, expected) = public_world(world);
        let expected = names(&public, &public.worlds[expected].exports);
        let (resolve, actual) = world_of(&component(name));
        assert_eq!(names(&resolve, &resolve.worlds[actual].exports), expected, "{name}");
        assert!(expected.iter().any(|export| export == interface), "{world} exports {expected:?}");
    }
}

#[test]
fn pure_components_export_the_functions_of_the_interface() {
    for (name, world, interface) in PURE {
        let functions = |(resolve, id): (Resolve, WorldId)| {
            let export = resolve.worlds[id]
                .exports
                .iter()
                .find(|(key, _)| resolve.name_world_key(key) == interface)
                .unwrap_or_else(|| panic!("{name} does not export {interface}"));
            let wit_parser::WorldItem::Interface { id, .. } = export.1 else {
                panic!("{interface} is not an interface");
            };
            let mut functions: Vec<(String, usize)> = resolve.interfaces[*id]
                .functions
                .iter()
                .map(|(name, function)| (name.clone(), function.params.len()))
                .collect();
            functions.sort();
            functions
        };
        let expected = functions(public_world(world));
        assert!(expected.len() >= 3, "{expected:?}");
        assert_eq!(functions(world_of(&component(name))), expected, "{name}");
    }
}
