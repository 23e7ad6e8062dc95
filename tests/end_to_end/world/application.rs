//! The application: its manifest, and what it was compiled to where this process serves it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tokio::sync::OnceCell;
use tollbridge_tests::spin;

use super::Store;

/// That of the manifest for this process's store, composed and compiled once for all tests of it.
static OF_THE_WORKSPACE: OnceCell<Application> = OnceCell::const_new();

/// An application to be served. A clone is the same.
#[derive(Clone)]
pub struct Application {
    pub manifest: PathBuf,
    /// What the embedded runtime serves. Spin compiles the manifest itself.
    pub compiled: Option<tollbridge_runtime::Application>,
    /// What the manifest lies in, as long as it is read.
    _folder: Option<Arc<TempDir>>,
}

impl Application {
    /// The one of the manifest for this process's store.
    pub async fn of_the_workspace() -> anyhow::Result<Self> {
        let manifest = match Store::chosen() {
            Store::Memory | Store::Redis => "spin.toml",
            Store::OutboundRedis => "spin-redis.toml",
        };
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(manifest);
        OF_THE_WORKSPACE.get_or_try_init(|| Self::load(manifest, None)).await.cloned()
    }

    /// The one of another manifest, which may lie in a folder that is to last as long as it does.
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
