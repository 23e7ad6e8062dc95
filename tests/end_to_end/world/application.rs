//! The application, composed and compiled once for all tests of this process.

use std::path::Path;

use tokio::sync::OnceCell;
use tollbridge_runtime::Application;

use super::Store;

static COMPILED: OnceCell<Application> = OnceCell::const_new();

/// The compiled application of the manifest for this process's store.
pub async fn compiled() -> anyhow::Result<Application> {
    let load = || async {
        let manifest = match Store::chosen() {
            Store::Memory | Store::Redis => "spin.toml",
            Store::OutboundRedis => "spin-redis.toml",
        };
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(manifest);
        Ok(tokio::task::spawn_blocking(move || Application::load(&manifest)).await??)
    };
    COMPILED.get_or_try_init(load).await.cloned()
}
