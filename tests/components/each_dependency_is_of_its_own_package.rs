//! Spin registers a dependency under the name of its package, without interface and version, and refuses a second one of
//! that name: so no two dependencies of a manifest are of one package.

use std::collections::BTreeSet;

use crate::manifest;

/// The package of an interface's name, without its version.
fn package(name: &str) -> &str {
    name.split(['/', '@']).next().unwrap()
}

#[test]
fn no_two_share_a_package() {
    for name in ["spin.toml", "spin-redis.toml"] {
        let manifest = manifest(name);
        let dependencies = manifest["component"]["gateway"]["dependencies"].as_table().unwrap();
        let packages: BTreeSet<&str> = dependencies.keys().map(|dependency| package(dependency)).collect();
        let expected = ["tollbridge:document-mapper", "tollbridge:mapper", "tollbridge:provider"];
        assert_eq!(packages.into_iter().collect::<Vec<_>>(), expected, "{name}");
        assert_eq!(dependencies.len(), expected.len(), "{name}");
    }
}
