//! The application of `spin.toml`, composed and compiled once for all tests of this process.

use std::path::Path;

use tokio::sync::OnceCell;
use tollbridge_runtime::Application;

static COMPILED: OnceCell<Application> = OnceCell::const_new();

/// The compiled application.
pub async fn compiled() -> anyhow::Result<Application> {
    let load = || async {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml");
        Ok(tokio::task::spawn_blocking(move || Application::load(&manifest)).await??)
    };
    COMPILED.get_or_try_init(load).await.cloned()
}
