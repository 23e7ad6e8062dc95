//! A service that answers every request with an endless body.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Sends body bytes until the client hangs up.
pub struct Flood {
    pub address: SocketAddr,
    accepting: JoinHandle<()>,
    sent: mpsc::UnboundedReceiver<usize>,
}

impl Flood {
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (report, sent) = mpsc::unbounded_channel();
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                let report = report.clone();
                connections.spawn(async move {
                    if let Some(bytes) = flooded(connection).await {
                        // The receiver is gone once the test is over.
                        let _ = report.send(bytes);
                    }
                });
            }
        });
        Ok(Self { address, accepting, sent })
    }

    /// Waits until the next client has hung up, and returns how many body bytes were sent to it.
    pub async fn sent(&mut self) -> usize {
        self.sent.recv().await.expect("the service runs")
    }

    pub async fn end(self) {
        self.accepting.abort();
        // The result only says that the task was aborted.
        drop(self.accepting.await);
    }
}

/// Responds to one request, and returns how many body bytes were sent; `None` for `HEAD`, whose response has no body.
async fn flooded(mut connection: TcpStream) -> Option<usize> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match connection.read_buf(&mut head).await {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
    }
    let response = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    if head.starts_with(b"HEAD ") {
        // The client has what it wants, or has hung up.
        let _ = connection.write_all(response.as_bytes()).await;
        return None;
    }
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x1_0000], b"\r\n"].concat();
    let mut bytes = 0;
    if connection.write_all(response.as_bytes()).await.is_ok() {
        while connection.write_all(&chunk).await.is_ok() {
            bytes += 0x1_0000;
        }
    }
    Some(bytes)
}
