//! Spin registers a dependency under the name of its package, without interface and version, and refuses a second one
//! of that name. So each dependency of a manifest must be of another package.

use std::collections::BTreeSet;

use crate::manifest;

/// The package in the name of an interface, without the version.
fn package(name: &str) -> &str {
    name.split(['/', '@']).next().unwrap()
}

#[test]
fn no_two_dependencies_share_a_package() {
    for name in ["spin.toml", "spin-redis.toml"] {
        let manifest = manifest(name);
        let dependencies = manifest["component"]["gateway"]["dependencies"].as_table().unwrap();
        let packages: BTreeSet<&str> = dependencies.keys().map(|dependency| package(dependency)).collect();
        let expected = ["tollbridge:document-mapper", "tollbridge:mapper", "tollbridge:provider"];
        assert_eq!(packages.into_iter().collect::<Vec<_>>(), expected, "{name}");
        assert_eq!(dependencies.len(), expected.len(), "{name}");
    }
}
