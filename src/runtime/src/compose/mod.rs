//! Composes a component with its dependencies by Spin's rules: which imports a dependency supplies, its registered
//! name, and which of its exports is used. Refusals use Spin's words and add what helps to fix the manifest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wac_graph::types::{ItemKind, Package, Type, Types, WorldId};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId, RegisterPackageError};

use crate::dependency_name::{DependencyName, ImportNameError};
use crate::manifest::Dependency;

/// Why the components cannot be composed.
#[derive(Debug, thiserror::Error)]
pub enum CompositionError {
    /// A file is not a WebAssembly component.
    #[error("`{path}` is not a WebAssembly component: {reason}; build it again with `make components`")]
    NotAComponent {
        /// The file's path.
        path: PathBuf,
        /// The parser's error.
        reason: String,
    },
    /// Two dependencies have the same package, or one has the component's own name.
    #[error(
        "the dependency '{dependency}' cannot be registered: {reason}; a manifest can name one dependency of a package, \
         so each interface needs a package of its own"
    )]
    Registered {
        /// The dependency's name.
        dependency: String,
        /// The composer's error.
        reason: RegisterPackageError,
    },
    /// A dependency imports a capability. Spin would start it and put its deny adapter in front of the import.
    #[error(
        "the dependency `{path}` imports `{import}`; dependencies are given no capability, so they may import \
         interfaces of types only (build it for wasm32-unknown-unknown)"
    )]
    Capability {
        /// The dependency's file.
        path: PathBuf,
        /// The import's name.
        import: String,
    },
    /// Spin cannot parse the name of one of the component's imports.
    #[error(transparent)]
    ImportName(#[from] ImportNameError),
    /// A dependency's name matches no import of the component.
    #[error(
        "dependency '{dependency}' doesn't match any imports of component '{component}'; what it imports is {imports:?}"
    )]
    NoSuchImport {
        /// The dependency's name.
        dependency: String,
        /// The component's name.
        component: String,
        /// The component's imports.
        imports: Vec<String>,
    },
    /// A dependency lacks the export for an import.
    #[error(
        "dependency '{dependency}' doesn't export '{export}' to satisfy import '{import}'; what `{path}` exports is \
         {exports:?}"
    )]
    NoSuchExport {
        /// The dependency's name.
        dependency: String,
        /// The dependency's file.
        path: PathBuf,
        /// The import's name.
        import: String,
        /// The name of the missing export.
        export: String,
        /// The dependency's exports.
        exports: Vec<String>,
    },
    /// The types of import and export differ.
    #[error(
        "dependency '{dependency}' exports '{export}' which is not compatible with import '{import}': {reason}; build \
         `{path}` and the component from the same interface"
    )]
    Mismatch {
        /// The dependency's name.
        dependency: String,
        /// The dependency's file.
        path: PathBuf,
        /// The import's name.
        import: String,
        /// The export's name.
        export: String,
        /// How the types differ.
        reason: String,
    },
    /// The composed component cannot be encoded.
    #[error("failed to encode composition graph: {reason}")]
    Encoding {
        /// The composer's error.
        reason: String,
    },
}

/// A component and its file.
pub(crate) struct Binary {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

/// A registered dependency.
struct Supplier<'d> {
    dependency: &'d Dependency,
    world: WorldId,
    instance: NodeId,
}

/// Composes a component with its dependencies into one component with the exports of the original. Each dependency gets
/// its own instance.
pub(crate) fn compose(
    id: &str,
    component: Binary,
    dependencies: Vec<(&Dependency, Binary)>,
) -> Result<Vec<u8>, CompositionError> {
    if dependencies.is_empty() {
        return Ok(component.bytes);
    }
    let mut graph = CompositionGraph::new();
    let own = package(&mut graph, id, &component.path, component.bytes)?;
    let world = own.ty();
    // The graph is empty, so the name is free.
    let own = graph.register_package(own).map_err(|reason| encoding(&reason))?;
    let instance = graph.instantiate(own);

    let mut suppliers = BTreeMap::new();
    let mut registered = Vec::new();
    for (dependency, file) in dependencies {
        let imports = supplied(graph.types(), world, id, &dependency.name)?;
        let package = register(&mut graph, &dependency.name, file)?;
        check_imports(graph.types(), graph[package].ty(), &dependency.path)?;
        for import in imports {
            // No two dependencies supply the same import: they would have the same package, and registering the second
            // would fail.
            suppliers.insert(import, registered.len());
        }
        registered.push(Supplier { dependency, world: graph[package].ty(), instance: graph.instantiate(package) });
    }
    for (import, supplier) in suppliers {
        if let Some(supplier) = registered.get(supplier) {
            supply(&mut graph, &import, instance, supplier)?;
        }
    }
    export_all(&mut graph, world, instance)?;
    graph.encode(EncodeOptions::default()).map_err(|error| encoding(&error))
}

/// The component's imports that a dependency of this name supplies.
fn supplied(
    types: &Types,
    world: WorldId,
    component: &str,
    name: &DependencyName,
) -> Result<Vec<String>, CompositionError> {
    let mut supplied = Vec::new();
    for import in types[world].imports.keys() {
        if name.supplies(import)? {
            supplied.push(import.clone());
        }
    }
    if supplied.is_empty() {
        return Err(CompositionError::NoSuchImport {
            dependency: name.to_string(),
            component: component.to_owned(),
            imports: types[world].imports.keys().cloned().collect(),
        });
    }
    Ok(supplied)
}

fn register(
    graph: &mut CompositionGraph,
    dependency: &DependencyName,
    file: Binary,
) -> Result<PackageId, CompositionError> {
    let package = package(graph, &dependency.registered(), &file.path, file.bytes)?;
    graph
        .register_package(package)
        .map_err(|reason| CompositionError::Registered { dependency: dependency.to_string(), reason })
}

fn package(graph: &mut CompositionGraph, name: &str, path: &Path, bytes: Vec<u8>) -> Result<Package, CompositionError> {
    Package::from_bytes(name, None, bytes, graph.types_mut())
        .map_err(|error| CompositionError::NotAComponent { path: path.to_owned(), reason: error.to_string() })
}

fn encoding(error: &dyn std::error::Error) -> CompositionError {
    CompositionError::Encoding { reason: error.to_string() }
}

/// Spin gives a dependency no capabilities, so a call of such an import would fail. It is better to fail at the start.
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

/// A resource is not a plain type: its importer needs handles that another component issues.
fn is_plain_type(kind: &ItemKind) -> bool {
    matches!(kind, ItemKind::Type(Type::Value(_)))
}

fn supply(
    graph: &mut CompositionGraph,
    import: &str,
    instance: NodeId,
    supplier: &Supplier<'_>,
) -> Result<(), CompositionError> {
    let Dependency { name, path, export } = supplier.dependency;
    let export = export.as_deref().unwrap_or(import);
    let Ok(exported) = graph.alias_instance_export(supplier.instance, export) else {
        return Err(CompositionError::NoSuchExport {
            dependency: name.to_string(),
            path: path.clone(),
            import: import.to_owned(),
            export: export.to_owned(),
            exports: graph.types()[supplier.world].exports.keys().cloned().collect(),
        });
    };
    graph.set_instantiation_argument(instance, import, exported).map_err(|error| CompositionError::Mismatch {
        dependency: name.to_string(),
        path: path.clone(),
        import: import.to_owned(),
        export: export.to_owned(),
        reason: with_causes(&error),
    })
}

fn export_all(graph: &mut CompositionGraph, world: WorldId, instance: NodeId) -> Result<(), CompositionError> {
    let names: Vec<String> = graph.types()[world].exports.keys().cloned().collect();
    for name in names {
        let item = graph.alias_instance_export(instance, &name).map_err(|error| encoding(&error))?;
        graph.export(item, &name).map_err(|error| encoding(&error))?;
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
