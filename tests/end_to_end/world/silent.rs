//! A service that takes every connection and never answers.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// It is silent until it is ended, which closes its connections.
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
        // It was aborted, which is what its result says.
        drop(self.accepting.await);
    }
}
