//! An application made ready: its manifest read, its components composed, the result compiled and linked.

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

/// A Spin application, ready to be served. Making one compiles it, which takes a while; serving it, any number of
/// times and at once, takes next to nothing. A clone is the same application.
#[derive(Clone)]
pub struct Application {
    prepared: Arc<Prepared>,
}

struct Prepared {
    manifest: Manifest,
    component: ProxyPre<Host>,
    turns: Arc<Semaphore>,
}

/// Why an application could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The manifest is not one that can be served.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A WebAssembly file is not there.
    #[error("the manifest names `{path}`, which does not exist: run `make components` first")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A WebAssembly file cannot be read.
    #[error("cannot read `{path}`, which the manifest names: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The component and its dependencies do not fit together.
    #[error(transparent)]
    Composition(#[from] CompositionError),
    /// The machine cannot run WebAssembly.
    #[error("the WebAssembly engine does not start on this machine: {reason}")]
    Engine {
        /// What the engine says.
        reason: String,
    },
    /// The composed component could not be compiled.
    #[error("`{path}`, composed with its dependencies, does not compile: {reason}")]
    Compilation {
        /// The component's file.
        path: PathBuf,
        /// What the compiler says.
        reason: String,
    },
    /// The component imports what nobody supplies, or does not serve HTTP.
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

impl Application {
    /// Makes the application of a manifest file ready.
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
        Ok(Application { prepared: Arc::new(Prepared { manifest, component, turns: Arc::new(Semaphore::new(turns)) }) })
    }

    /// The application's name, from the manifest.
    pub fn name(&self) -> &str {
        &self.prepared.manifest.application
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.prepared.manifest
    }

    pub(crate) fn component(&self) -> &ProxyPre<Host> {
        &self.prepared.component
    }

    /// One permit for each place in the pool, over all who serve this application.
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
