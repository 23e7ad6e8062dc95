//! The application under test: its manifest, and its compiled form where this process serves it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tokio::sync::OnceCell;
use tollbridge_tests::spin;

use super::StoreKind;

/// The application for this process's store, composed and compiled once for all tests of the process.
static WORKSPACE_APPLICATION: OnceCell<ServedApplication> = OnceCell::const_new();

/// An application to serve. Clones share the compiled form.
#[derive(Clone)]
pub struct ServedApplication {
    pub manifest: PathBuf,
    /// For the embedded runtime. Spin compiles the manifest itself.
    pub compiled: Option<tollbridge_runtime::Application>,
    /// Keeps the manifest's folder alive as long as Spin may read it.
    _folder: Option<Arc<TempDir>>,
}

impl ServedApplication {
    /// The application whose manifest is for this process's store.
    pub async fn from_workspace() -> anyhow::Result<Self> {
        let manifest = match StoreKind::chosen() {
            StoreKind::Memory | StoreKind::Redis => "spin.toml",
            StoreKind::OutboundRedis => "spin-redis.toml",
        };
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(manifest);
        WORKSPACE_APPLICATION.get_or_try_init(|| Self::load(manifest, None)).await.cloned()
    }

    /// The application of another manifest, with its temporary folder if it has one.
    pub async fn load(manifest: PathBuf, folder: Option<TempDir>) -> anyhow::Result<Self> {
        let compiled = if spin::program().is_some() {
            None
        } else {
            let manifest = manifest.clone();
            Some(tokio::task::spawn_blocking(move || tollbridge_runtime::Application::load(&manifest)).await??)
        };
        let folder = folder.filter(|_| compiled.is_none());
        Ok(Self { manifest, compiled, _folder: folder.map(Arc::new) })
    }
}
