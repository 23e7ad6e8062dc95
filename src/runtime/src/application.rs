//! Loads an application: reads its manifest, composes its components, compiles and links the result.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};
use wasmtime_wasi_http::p2::bindings::ProxyPre;

use crate::compose::{Binary, CompositionError, compose};
use crate::engine::{INSTANCES, engine};
use crate::host::{Host, link};
use crate::manifest::{Manifest, ManifestError};

/// A Spin application, ready to be served. Loading compiles it, which takes a while. Serving it is cheap, and it can be
/// served several times at once. Clones share the compiled code.
#[derive(Clone)]
pub struct Application {
    prepared: Arc<LoadedApplication>,
}

struct LoadedApplication {
    manifest: Manifest,
    component: ProxyPre<Host>,
    turns: Arc<Semaphore>,
}

/// Why an application cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The manifest cannot be served.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A WebAssembly file does not exist.
    #[error("the manifest names `{path}`, which does not exist: run `make components` first")]
    Missing {
        /// The file's path.
        path: PathBuf,
    },
    /// A WebAssembly file cannot be read.
    #[error("cannot read `{path}`, which the manifest names: {source}")]
    Unreadable {
        /// The file's path.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The component and its dependencies do not fit together.
    #[error(transparent)]
    Composition(Box<CompositionError>),
    /// The machine cannot run WebAssembly.
    #[error("the WebAssembly engine does not start on this machine: {reason}")]
    Engine {
        /// The engine's error.
        reason: String,
    },
    /// The composed component cannot be compiled.
    #[error("`{path}`, composed with its dependencies, does not compile: {reason}")]
    Compilation {
        /// The component's file.
        path: PathBuf,
        /// The compiler's error.
        reason: String,
    },
    /// The component imports something that the runtime does not offer, or does not serve HTTP.
    #[error(
        "`{path}` cannot be served: {reason} (the runtime offers WASI 0.2, wasi:http, wasi:keyvalue@0.2.0-draft2, \
         fermyon:spin/variables@2.0.0 and fermyon:spin/redis@2.0.0; everything else must be a dependency in the manifest)"
    )]
    Unlinked {
        /// The component's file.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
}

impl From<CompositionError> for LoadError {
    fn from(error: CompositionError) -> Self {
        Self::Composition(Box::new(error))
    }
}

impl Application {
    /// Loads the application of a manifest file.
    ///
    /// ```
    /// use tollbridge_runtime::{Application, LoadError};
    ///
    /// let Err(error) = Application::load("no-such-folder/spin.toml".as_ref()) else { panic!("there is no such file")
    /// }; assert!(matches!(error, LoadError::Manifest(_)));
    /// assert!(error.to_string().contains("no-such-folder/spin.toml"));
    /// ```
    pub fn load(manifest: &Path) -> Result<Application, LoadError> {
        let manifest = Manifest::read(manifest)?;
        let path = manifest.component.source.clone();
        let composed = composed(&manifest)?;
        let engine = engine().map_err(|error| LoadError::Engine { reason: format!("{error:#}") })?;
        let component = Component::new(&engine, composed)
            .map_err(|error| LoadError::Compilation { path: path.clone(), reason: format!("{error:#}") })?;
        let component =
            linked(&engine, &component).map_err(|error| LoadError::Unlinked { path, reason: format!("{error:#}") })?;
        let turns = usize::try_from(INSTANCES).unwrap_or(Semaphore::MAX_PERMITS);
        Ok(Application {
            prepared: Arc::new(LoadedApplication { manifest, component, turns: Arc::new(Semaphore::new(turns)) }),
        })
    }

    /// The application's name in the manifest.
    pub fn name(&self) -> &str {
        &self.prepared.manifest.application
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.prepared.manifest
    }

    pub(crate) fn component(&self) -> &ProxyPre<Host> {
        &self.prepared.component
    }

    /// One permit for each instance in the pool, shared by all runtimes that serve this application.
    pub(crate) fn turns(&self) -> &Arc<Semaphore> {
        &self.prepared.turns
    }
}

fn composed(manifest: &Manifest) -> Result<Vec<u8>, LoadError> {
    let component = &manifest.component;
    let file = |path: &Path| Ok::<_, LoadError>(Binary { bytes: read(path)?, path: path.to_owned() });
    let source = file(&component.source)?;
    let dependencies = component
        .dependencies
        .iter()
        .map(|dependency| Ok((dependency, file(&dependency.path)?)))
        .collect::<Result<Vec<_>, LoadError>>()?;
    Ok(compose(&component.id, source, dependencies)?)
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    std::fs::read(path).map_err(|source| {
        let path = path.to_owned();
        if source.kind() == std::io::ErrorKind::NotFound {
            LoadError::Missing { path }
        } else {
            LoadError::Unreadable { path, source }
        }
    })
}

fn linked(engine: &Engine, component: &Component) -> wasmtime::Result<ProxyPre<Host>> {
    let mut linker = Linker::new(engine);
    link(&mut linker)?;
    ProxyPre::new(linker.instantiate_pre(component)?)
}
