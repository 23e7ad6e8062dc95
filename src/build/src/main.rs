//! Builds the components of Tollbridge into `target/components`, and enforces their size budgets. Its arguments name
//! components, manifests whose components are built, or folders with a mapper in Rust, which is built into its folder.
//! Without arguments it builds all of its components.
//!
//! The compiler produces the gateway directly as a WASI 0.2 component. The pure components are compiled for
//! `wasm32-unknown-unknown`, where nothing can be imported by accident, and encoded here, so that no tool has to be
//! installed.

mod encode;
mod mapper;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

/// A component, how it is built, and its maximum size.
struct Component {
    /// The path of the file in `target/components`, without the extension.
    name: &'static str,
    /// The package without its prefix, and the feature to enable.
    package: &'static str,
    feature: Option<&'static str>,
    /// The compilation target.
    target: &'static str,
    /// How the compiler's output becomes a component.
    encoding: Encoding,
    /// The maximum size in bytes.
    budget: usize,
}

/// How the compiler's output becomes a component.
enum Encoding {
    /// It already is a component.
    Done,
    /// Encoded for this public world.
    World(&'static str),
    /// Encoded for the world that its own bindings describe.
    OwnWorld,
    /// Built from this folder, as every mapper that is no member of the workspace.
    Folder(&'static str),
}

const GATEWAY: Component = Component {
    name: "gateway",
    package: "gateway",
    feature: None,
    target: "wasm32-wasip2",
    encoding: Encoding::Done,
    budget: 1_780_000,
};

const COMPONENTS: [Component; 8] = [
    pure("maldopay", "payment-provider", 320_000),
    pure("records", "record-mapper", 300_000),
    pure("rules", "record-mapper", 1_200_000),
    GATEWAY,
    Component { name: "gateway-redis", feature: Some("outbound-redis"), ..GATEWAY },
    // Not part of the application: an example mapper, and mappers for the tests.
    Component {
        name: "examples/rust-mapper",
        encoding: Encoding::Folder("examples/rust-mapper"),
        ..pure("rust-mapper", "record-mapper", 300_000)
    },
    Component { name: "tests/hostile-mapper", ..pure("hostile-mapper", "record-mapper", 300_000) },
    Component {
        name: "tests/reaching-mapper",
        encoding: Encoding::OwnWorld,
        ..pure("reaching-mapper", "record-mapper", 300_000)
    },
];

/// A component of a public world, which imports nothing.
const fn pure(name: &'static str, world: &'static str, budget: usize) -> Component {
    let encoding = Encoding::World(world);
    Component { name, package: name, feature: None, target: mapper::TARGET, encoding, budget }
}

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().context("finding the workspace")?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folders, asked): (Vec<String>, Vec<String>) = arguments.into_iter().partition(|argument| is_folder(argument));
    let target_directory = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    // The manifest uses this path, whatever target directory cargo has.
    let components = root.join("target/components");
    for folder in &folders {
        let folder = Path::new(folder).canonicalize().with_context(|| format!("finding the folder {folder}"))?;
        let bytes = mapper::build(&folder, &root.join("wit"), None)?;
        let path = mapper::file(&folder)?;
        replace(&path, &bytes)?;
        println!("{} {} bytes", path.display(), bytes.len());
    }
    if asked.is_empty() && !folders.is_empty() {
        return Ok(());
    }
    for component in wanted(&asked, &root)? {
        let bytes = build(component, &root, &target_directory)?;
        let path = components.join(format!("{}.wasm", component.name));
        replace(&path, &bytes)?;
        println!("{:<21} {:>9} bytes of at most {:>9}", component.name, bytes.len(), component.budget);
        ensure!(
            bytes.len() <= component.budget,
            "{} is larger than its budget: find what grew with `cargo bloat` or take a dependency out",
            component.name
        );
    }
    Ok(())
}

/// Whether an argument is a folder with a package, and not the name of a component.
fn is_folder(argument: &str) -> bool {
    let is_component = COMPONENTS.iter().any(|component| component.name == argument);
    !is_component && Path::new(argument).join("Cargo.toml").exists()
}

/// The components that the arguments name, directly or as those of a manifest; all components if there are no
/// arguments.
///
/// # Errors
/// An argument names no component, and no manifest that has one.
fn wanted(asked: &[String], root: &Path) -> anyhow::Result<Vec<&'static Component>> {
    let mut wanted = vec![asked.is_empty(); COMPONENTS.len()];
    for name in asked {
        let manifest = if name.ends_with(".toml") {
            std::fs::read_to_string(root.join(name)).with_context(|| format!("reading the manifest {name}"))?
        } else {
            String::new()
        };
        let mut found = false;
        for (component, wanted) in COMPONENTS.iter().zip(&mut wanted) {
            let served = manifest.contains(&format!("\"target/components/{}.wasm\"", component.name));
            if served || name == component.name {
                (found, *wanted) = (true, true);
            }
        }
        let names = COMPONENTS.map(|component| component.name).join(", ");
        ensure!(
            found,
            "{name} is not a component, not a manifest that has one, and not a folder with a Cargo.toml. The components \
             are {names}"
        );
    }
    Ok(COMPONENTS.iter().zip(wanted).filter_map(|(component, wanted)| wanted.then_some(component)).collect())
}

/// Compiles one component and returns its bytes.
fn build(component: &Component, root: &Path, target_directory: &Path) -> anyhow::Result<Vec<u8>> {
    if let Encoding::Folder(folder) = component.encoding {
        // Whoever copies the folder gets the sources only.
        return mapper::build(&root.join(folder), &root.join("wit"), Some(target_directory));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["build", "--quiet", "--locked", "--profile", "component"]).args([
        "--package",
        &format!("tollbridge-{}", component.package),
        "--target",
        component.target,
    ]);
    let mut directory = target_directory.to_owned();
    if let Some(feature) = component.feature {
        // Cargo would use the same output file with and without the feature, and confuse the two.
        directory.push(feature);
        command.args(["--features", feature]).arg("--target-dir").arg(&directory);
    }
    let status = command.status().context("running cargo")?;
    if !status.success() {
        bail!("{} was not built: is the target there? `rustup target add {}`", component.name, component.target);
    }
    let module = format!("tollbridge_{}.wasm", component.package.replace('-', "_"));
    let built = directory.join(component.target).join("component").join(module);
    let bytes = std::fs::read(&built).with_context(|| format!("reading {}", built.display()))?;
    match component.encoding {
        Encoding::Done | Encoding::Folder(_) => Ok(bytes),
        Encoding::World(world) => encode::component(&bytes, &root.join("wit"), world)
            .with_context(|| format!("encoding {} for the world {world}", component.name)),
        Encoding::OwnWorld => {
            encode::described(&bytes).with_context(|| format!("encoding {} as it describes itself", component.name))
        }
    }
}

/// Writes the file only if it changed, and atomically, so that a running server never reads half of it.
fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if std::fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let beside = path.with_extension("wasm.new");
    std::fs::write(&beside, bytes).with_context(|| format!("writing {}", beside.display()))?;
    std::fs::rename(&beside, path).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(asked: &[&str]) -> anyhow::Result<Vec<&'static str>> {
        let asked: Vec<String> = asked.iter().map(|&name| name.to_owned()).collect();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        Ok(wanted(&asked, &root)?.into_iter().map(|component| component.name).collect())
    }

    #[test]
    fn a_manifest_stands_for_its_components() {
        assert_eq!(names(&["spin.toml"]).unwrap(), ["maldopay", "records", "rules", "gateway"]);
        assert_eq!(names(&["spin-redis.toml"]).unwrap(), ["maldopay", "records", "rules", "gateway-redis"]);
        assert_eq!(
            names(&["gateway-redis", "spin.toml"]).unwrap(),
            ["maldopay", "records", "rules", "gateway", "gateway-redis"]
        );
        assert_eq!(names(&["examples/rust-mapper"]).unwrap(), ["examples/rust-mapper"]);
        assert_eq!(names(&[]).unwrap().len(), COMPONENTS.len());
    }

    #[test]
    fn a_folder_with_a_package_is_a_mapper() {
        let folder = env!("CARGO_MANIFEST_DIR");
        assert!(is_folder(folder));
        assert!(!is_folder("examples/rust-mapper") && !is_folder("spin.toml") && !is_folder("/tmp"));
    }

    #[test]
    fn an_unknown_component_is_an_error() {
        let said = names(&["maldopay", "ruels"]).unwrap_err().to_string();
        assert!(said.starts_with("ruels is not a component") && said.contains("maldopay, records, rules, "), "{said}");
        assert!(names(&["Cargo.toml"]).is_err());
        assert_eq!(names(&["spain.toml"]).unwrap_err().to_string(), "reading the manifest spain.toml");
    }
}
