//! A request whose body is cut off is not carried out. In particular, an operation that lost its amount on the way does
//! not become one for the complete remaining amount.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{TR, World, shows, text};

/// Sends a refund whose caller disconnects after this much of its body. Returns the status line of the response once
/// the gateway is done with the request; it is empty where there was no response.
async fn send_truncated(world: &World, payment: &Value, framing: &str, body: &str) -> anyhow::Result<String> {
    let mut connection = TcpStream::connect(world.runtime.address()).await?;
    let reference = text(payment, "reference");
    let request = format!(
        "POST /v1/payments/{reference}/refunds HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {}\r\n\
         Idempotency-Key: {reference}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n{body}",
        TR.api_key,
    );
    connection.write_all(request.as_bytes()).await?;
    connection.shutdown().await?;
    let mut response = Vec::new();
    // A reset connection is a response too.
    drop(connection.read_to_end(&mut response).await);
    world.idle().await?;
    Ok(String::from_utf8_lossy(&response).lines().next().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_lost_its_amount_refunds_nothing() -> anyhow::Result<()> {
    let world = World::start().await?;
    let mut carried_out = Vec::new();
    for (framing, body) in [
        ("Content-Length: 19", ""),
        ("Content-Length: 19", "{\"amount\""),
        // A complete JSON value that is not the complete body.
        ("Content-Length: 19", "{}"),
        ("Transfer-Encoding: chunked", ""),
        ("Transfer-Encoding: chunked", "13\r\n{\"amount\""),
        ("Transfer-Encoding: chunked", "2\r\n{}\r\n"),
    ] {
        let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
        let response = send_truncated(&world, &payment, framing, body).await?;
        let refunded = text(&world.tr.get(&payment).await?, "refunded").to_owned();
        if refunded != "0.00" || response.starts_with("HTTP/1.1 2") {
            carried_out.push(format!("{framing} and {body:?} refunded {refunded}: {response}"));
        }
    }
    assert!(carried_out.is_empty(), "{carried_out:#?}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn its_key_stays_free_for_the_complete_request() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    send_truncated(&world, &payment, "Content-Length: 19", "{\"amount\"").await?;
    let complete = world.tr.operation(&payment, "refunds", Some("10.00")).key(text(&payment, "reference"));
    shows(&complete.send().await?.expect(201), json!({"refunded": "10.00"}));
    world.stop().await
}
