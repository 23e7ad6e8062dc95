//! Parses a `spin.toml` and checks what its text alone can tell.

mod document;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::dependency_name::{DependencyName, NameError, check_kebab};
use crate::variables::{Template, TemplateError, is_variable_name};

/// An application with one component behind one HTTP route, the only kind that this runtime serves.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// The application's name.
    pub(crate) application: String,
    /// The variables with their defaults; `None` for a required variable.
    pub(crate) variables: BTreeMap<String, Option<String>>,
    /// The only component.
    pub(crate) component: ComponentManifest,
}

/// The component's part of the manifest.
#[derive(Debug)]
pub(crate) struct ComponentManifest {
    /// The component's name.
    pub(crate) id: String,
    /// The component's WebAssembly file.
    pub(crate) source: PathBuf,
    /// The destinations that the component may send requests to.
    pub(crate) allowed_outbound_hosts: Vec<Template>,
    /// The key-value stores that the component may open.
    pub(crate) key_value_stores: BTreeSet<String>,
    /// The variables that the component can query.
    pub(crate) variables: BTreeMap<String, Template>,
    /// The components that supply some of its imports, ordered by name.
    pub(crate) dependencies: Vec<Dependency>,
}

/// A component that supplies imports.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The imports that it supplies.
    pub(crate) name: DependencyName,
    /// The component's file.
    pub(crate) path: PathBuf,
    /// The name of the export, if it differs from the import's.
    pub(crate) export: Option<String>,
}

/// Why a manifest cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("cannot read the manifest `{path}`: {source}")]
    Unreadable {
        /// The manifest's path.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The text is not TOML, or it has a key or a value that this runtime does not support.
    #[error(
        "`{path}` is not a manifest that this runtime can serve (Spin manifest version 2, one HTTP component); \
         change it there, or serve it with Spin:\n{source}"
    )]
    Content {
        /// The manifest's path.
        path: PathBuf,
        /// The position and the problem.
        source: Box<toml::de::Error>,
    },
    /// The manifest's format has another version.
    #[error("`{path}` has spin_manifest_version = {version}; only version 2 can be served")]
    Version {
        /// The manifest's path.
        path: PathBuf,
        /// The version in the manifest.
        version: u32,
    },
    /// The manifest does not have exactly one component behind one trigger.
    #[error(
        "`{path}` must have one [[trigger.http]] and the one component it names: it has {triggers} triggers and the \
         components {components:?}"
    )]
    Shape {
        /// The manifest's path.
        path: PathBuf,
        /// The number of triggers.
        triggers: usize,
        /// The names of the components.
        components: Vec<String>,
    },
    /// A route does not match every path.
    #[error("`{path}` has the route `{route}`; only `/...`, which matches every path, can be served")]
    Route {
        /// The manifest's path.
        path: PathBuf,
        /// The route.
        route: String,
    },
    /// A variable's name is invalid, or a text is not a template.
    #[error("`{path}`, {place}: {source}")]
    Template {
        /// The manifest's path.
        path: PathBuf,
        /// The key in the manifest.
        place: String,
        /// What is wrong.
        source: TemplateError,
    },
    /// A template names an undeclared variable.
    #[error("`{path}`, {place}: the variable `{name}` is not declared; add it to [variables]")]
    Undeclared {
        /// The manifest's path.
        path: PathBuf,
        /// The key in the manifest.
        place: String,
        /// The variable's name.
        name: String,
    },
    /// The name of a component or a dependency is invalid.
    #[error("`{path}`, {place}: {source}")]
    Name {
        /// The manifest's path.
        path: PathBuf,
        /// The key in the manifest.
        place: String,
        /// What is wrong, in Spin's words.
        source: NameError,
    },
    /// Spin does not accept these dependencies, alone or together.
    #[error("`{path}`: component {component:?} has invalid dependencies: {reason}")]
    Dependencies {
        /// The manifest's path.
        path: PathBuf,
        /// The component's name.
        component: String,
        /// What is wrong, in Spin's words.
        reason: String,
    },
    /// A variable is neither required nor has a default.
    #[error("`{path}`, variables.{name}: give it a `default`, or `required = true`, and not both")]
    Default {
        /// The manifest's path.
        path: PathBuf,
        /// The variable's name.
        name: String,
    },
}

impl Manifest {
    /// Reads a manifest file. Its paths are relative to its folder.
    pub(crate) fn read(path: &Path) -> Result<Manifest, ManifestError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ManifestError::Unreadable { path: path.to_owned(), source })?;
        Manifest::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Manifest, ManifestError> {
        let document: document::ManifestDocument = toml::from_str(text)
            .map_err(|source| ManifestError::Content { path: path.to_owned(), source: Box::new(source) })?;
        if document.spin_manifest_version != 2 {
            return Err(ManifestError::Version { path: path.to_owned(), version: document.spin_manifest_version });
        }
        let variables = declared_variables(document.variables, path)?;
        let (id, component) = only_component(&document.trigger, document.component, path)?;
        let component = ComponentManifest::of(id, component, &variables, path)?;
        Ok(Manifest { application: document.application.name, variables, component })
    }
}

impl ComponentManifest {
    fn of(
        id: String,
        component: document::ComponentTable,
        declared: &BTreeMap<String, Option<String>>,
        path: &Path,
    ) -> Result<ComponentManifest, ManifestError> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let template = |text: &str, place: String| template(text, place, declared, path);
        let dependencies = dependencies(&id, component.dependencies, path)?;
        Ok(ComponentManifest {
            id,
            source: folder.join(component.source),
            allowed_outbound_hosts: component
                .allowed_outbound_hosts
                .iter()
                .map(|text| template(text, "allowed_outbound_hosts".to_owned()))
                .collect::<Result<_, _>>()?,
            key_value_stores: component.key_value_stores,
            variables: component
                .variables
                .into_iter()
                .map(|(name, text)| {
                    let place = format!("the component's variables.{name}");
                    check_name(&name, &place, path)?;
                    Ok((name, template(&text, place)?))
                })
                .collect::<Result<_, _>>()?,
            dependencies,
        })
    }
}

fn declared_variables(
    variables: BTreeMap<String, document::Variable>,
    path: &Path,
) -> Result<BTreeMap<String, Option<String>>, ManifestError> {
    variables
        .into_iter()
        .map(|(name, variable)| {
            check_name(&name, &format!("variables.{name}"), path)?;
            if variable.required == variable.default.is_some() {
                return Err(ManifestError::Default { path: path.to_owned(), name });
            }
            Ok((name, variable.default))
        })
        .collect()
}

/// The dependencies ordered by name, if Spin accepts them together.
fn dependencies(
    component: &str,
    dependencies: BTreeMap<String, document::DependencyTable>,
    path: &Path,
) -> Result<Vec<Dependency>, ManifestError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut named = Vec::new();
    for (name, document::DependencyTable { path: file, export }) in dependencies {
        let name = name.parse().map_err(|source| ManifestError::Name {
            path: path.to_owned(),
            place: format!("dependencies.\"{name}\""),
            source,
        })?;
        named.push(Dependency { name, path: folder.join(file), export });
    }
    named.sort_by(|one, other| one.name.cmp(&other.name));
    let invalid = |reason: String| {
        Err(ManifestError::Dependencies { path: path.to_owned(), component: component.to_owned(), reason })
    };
    if let Some(Dependency { name, .. }) =
        named.iter().find(|dependency| dependency.name.is_whole_package() && dependency.export.is_some())
    {
        return invalid(format!("using an export to satisfy the package dependency {name} is not currently permitted"));
    }
    for (at, Dependency { name, .. }) in named.iter().enumerate() {
        if let Some(other) = named.iter().skip(at + 1).find(|other| name.conflicts_with(&other.name)) {
            return invalid(format!("{name} dependency conflicts with {}", other.name));
        }
    }
    Ok(named)
}

fn only_component(
    triggers: &document::Triggers,
    mut components: BTreeMap<String, document::ComponentTable>,
    path: &Path,
) -> Result<(String, document::ComponentTable), ManifestError> {
    let shape = ManifestError::Shape {
        path: path.to_owned(),
        triggers: triggers.http.len(),
        components: components.keys().cloned().collect(),
    };
    let [trigger] = triggers.http.as_slice() else {
        return Err(shape);
    };
    if trigger.route != "/..." {
        return Err(ManifestError::Route { path: path.to_owned(), route: trigger.route.clone() });
    }
    match components.remove(&trigger.component) {
        Some(component) if components.is_empty() => {
            let id = trigger.component.clone();
            check_kebab(&id).map_err(|source| ManifestError::Name {
                path: path.to_owned(),
                place: format!("component.{id}"),
                source,
            })?;
            Ok((id, component))
        }
        Some(_) | None => Err(shape),
    }
}

fn check_name(name: &str, place: &str, path: &Path) -> Result<(), ManifestError> {
    if is_variable_name(name) {
        return Ok(());
    }
    Err(ManifestError::Template {
        path: path.to_owned(),
        place: place.to_owned(),
        source: TemplateError::Name(name.to_owned()),
    })
}

fn template(
    text: &str,
    place: String,
    declared: &BTreeMap<String, Option<String>>,
    path: &Path,
) -> Result<Template, ManifestError> {
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(source) => {
            return Err(ManifestError::Template { path: path.to_owned(), place, source });
        }
    };
    let undeclared = template.names().find(|name| !declared.contains_key(*name));
    if let Some(name) = undeclared {
        return Err(ManifestError::Undeclared { path: path.to_owned(), place, name: name.to_owned() });
    }
    Ok(template)
}

#[cfg(test)]
mod tests;
