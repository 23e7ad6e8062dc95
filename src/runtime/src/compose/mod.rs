//! Composition: each dependency of the manifest becomes the supplier of the one import that it is named for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wac_graph::types::{ItemKind, Package, Type, Types, WorldId};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};

use crate::manifest::Dependency;

/// Why the components could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum CompositionError {
    /// A file is not a WebAssembly component.
    #[error("`{path}` is not a WebAssembly component: {reason}; build it again with `make components`")]
    NotAComponent {
        /// The file.
        path: PathBuf,
        /// What its reader says.
        reason: String,
    },
    /// A dependency wants something for itself.
    #[error(
        "the dependency `{path}` imports `{import}`; dependencies are given no capability, so they may import \
         interfaces of types only (build it for wasm32-unknown-unknown)"
    )]
    Capability {
        /// The dependency's file.
        path: PathBuf,
        /// What it imports.
        import: String,
    },
    /// A dependency is named for an import that the component does not have.
    #[error("the manifest supplies `{import}`, which the component does not import; it imports {imports:?}")]
    NoSuchImport {
        /// The import that the manifest names.
        import: String,
        /// The imports there are.
        imports: Vec<String>,
    },
    /// A dependency does not export what it shall supply.
    #[error("the dependency `{path}` does not export `{export}`; it exports {exports:?}")]
    NoSuchExport {
        /// The dependency's file.
        path: PathBuf,
        /// The export that is wanted.
        export: String,
        /// The exports there are.
        exports: Vec<String>,
    },
    /// Import and export have one name and two types.
    #[error(
        "what `{path}` exports as `{export}` is not what the component imports as `{import}`: {reason}; build both \
         from the same interface"
    )]
    Mismatch {
        /// The dependency's file.
        path: PathBuf,
        /// The import.
        import: String,
        /// The export.
        export: String,
        /// How they differ.
        reason: String,
    },
    /// The composed component could not be written.
    #[error("the components do not compose: {reason}")]
    Encoding {
        /// What the composer says.
        reason: String,
    },
}

/// A component and the file it was read from.
pub(crate) struct Binary {
    /// The file.
    pub(crate) path: PathBuf,
    /// Its content.
    pub(crate) bytes: Vec<u8>,
}

/// Puts the component and its dependencies together into one component that exports what the component exports.
/// A file that supplies several imports is instantiated once. `files` holds the content of each dependency's file.
pub(crate) fn compose(
    component: Binary,
    dependencies: &[Dependency],
    files: BTreeMap<PathBuf, Vec<u8>>,
) -> Result<Vec<u8>, CompositionError> {
    if dependencies.is_empty() {
        return Ok(component.bytes);
    }
    let mut graph = CompositionGraph::new();
    let package = register(&mut graph, &component.path, component.bytes)?;
    let world = graph[package].ty();
    let instance = graph.instantiate(package);

    let mut suppliers = BTreeMap::new();
    for (path, bytes) in files {
        let package = register(&mut graph, &path, bytes)?;
        check_imports(graph.types(), graph[package].ty(), &path)?;
        suppliers.insert(path, (graph[package].ty(), graph.instantiate(package)));
    }
    for dependency in dependencies {
        if let Some(supplier) = suppliers.get(&dependency.path) {
            supply(&mut graph, dependency, (world, instance), *supplier)?;
        }
    }
    export_all(&mut graph, world, instance)?;
    graph.encode(EncodeOptions::default()).map_err(|error| CompositionError::Encoding { reason: error.to_string() })
}

fn register(graph: &mut CompositionGraph, path: &Path, bytes: Vec<u8>) -> Result<PackageId, CompositionError> {
    let not_a_component = |reason: String| CompositionError::NotAComponent { path: path.to_owned(), reason };
    // The path is the package's name: it is unique, and stands in the composer's own errors.
    let name = path.display().to_string();
    let package = Package::from_bytes(&name, None, bytes, graph.types_mut())
        .map_err(|error| not_a_component(error.to_string()))?;
    graph.register_package(package).map_err(|error| not_a_component(error.to_string()))
}

/// Spin gives a dependency nothing, so an import of anything that could act would fail when it is called. It is
/// better to say so at the start.
fn check_imports(types: &Types, world: WorldId, path: &Path) -> Result<(), CompositionError> {
    for (name, kind) in &types[world].imports {
        let harmless = match kind {
            ItemKind::Instance(interface) => types[*interface].exports.values().all(is_plain_type),
            ItemKind::Type(_) => is_plain_type(kind),
            ItemKind::Func(_) | ItemKind::Component(_) | ItemKind::Module(_) | ItemKind::Value(_) => false,
        };
        if !harmless {
            return Err(CompositionError::Capability { path: path.to_owned(), import: name.clone() });
        }
    }
    Ok(())
}

/// A resource is no plain type: whoever imports one wants handles that somebody else hands out.
fn is_plain_type(kind: &ItemKind) -> bool {
    matches!(kind, ItemKind::Type(Type::Value(_)))
}

fn supply(
    graph: &mut CompositionGraph,
    dependency: &Dependency,
    (world, instance): (WorldId, NodeId),
    (supplier_world, supplier): (WorldId, NodeId),
) -> Result<(), CompositionError> {
    let Dependency { import, path, export } = dependency;
    if !graph.types()[world].imports.contains_key(import) {
        return Err(CompositionError::NoSuchImport {
            import: import.clone(),
            imports: graph.types()[world].imports.keys().cloned().collect(),
        });
    }
    let Ok(exported) = graph.alias_instance_export(supplier, export) else {
        return Err(CompositionError::NoSuchExport {
            path: path.clone(),
            export: export.clone(),
            exports: graph.types()[supplier_world].exports.keys().cloned().collect(),
        });
    };
    graph.set_instantiation_argument(instance, import, exported).map_err(|error| CompositionError::Mismatch {
        path: path.clone(),
        import: import.clone(),
        export: export.clone(),
        reason: with_causes(&error),
    })
}

fn export_all(graph: &mut CompositionGraph, world: WorldId, instance: NodeId) -> Result<(), CompositionError> {
    let names: Vec<String> = graph.types()[world].exports.keys().cloned().collect();
    for name in names {
        let encoding = |reason: String| CompositionError::Encoding { reason };
        let item = graph.alias_instance_export(instance, &name).map_err(|error| encoding(error.to_string()))?;
        graph.export(item, &name).map_err(|error| encoding(error.to_string()))?;
    }
    Ok(())
}

/// An error and its causes in one line. The composer's outermost error says only that types differ.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
