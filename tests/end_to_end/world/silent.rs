//! A service that accepts every connection and never responds.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Stays silent until it is ended, which closes its connections.
pub struct Silent {
    pub address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Silent {
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                held.push(connection);
            }
        });
        Ok(Self { address, accepting })
    }

    pub async fn end(self) {
        self.accepting.abort();
        // The result only says that the task was aborted.
        drop(self.accepting.await);
    }
}
