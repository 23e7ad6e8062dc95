//! A request whose body breaks off was not made: in particular, an operation that lost its amount on the way is not one
//! for all that is left.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{TR, World, shows, text};

/// Sends a refund whose caller goes away after this much of its body; what was answered once the gateway is done with
/// it, if anything was.
async fn broken_off(world: &World, payment: &Value, framing: &str, body: &str) -> anyhow::Result<String> {
    let mut connection = TcpStream::connect(world.runtime.address()).await?;
    let reference = text(payment, "reference");
    let request = format!(
        "POST /v1/payments/{reference}/refunds HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {}\r\n\
         Idempotency-Key: {reference}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n{body}",
        TR.api_key,
    );
    connection.write_all(request.as_bytes()).await?;
    connection.shutdown().await?;
    let mut answer = Vec::new();
    // A connection that is reset is an answer as well.
    drop(connection.read_to_end(&mut answer).await);
    world.settled().await?;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_lost_its_amount_refunds_nothing() -> anyhow::Result<()> {
    let world = World::start().await?;
    let mut taken = Vec::new();
    for (framing, body) in [
        ("Content-Length: 19", ""),
        ("Content-Length: 19", "{\"amount\""),
        // A whole value that is not the whole body.
        ("Content-Length: 19", "{}"),
        ("Transfer-Encoding: chunked", ""),
        ("Transfer-Encoding: chunked", "13\r\n{\"amount\""),
        ("Transfer-Encoding: chunked", "2\r\n{}\r\n"),
    ] {
        let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
        let answer = broken_off(&world, &payment, framing, body).await?;
        let refunded = text(&world.tr.get(&payment).await?, "refunded").to_owned();
        if refunded != "0.00" || answer.starts_with("HTTP/1.1 2") {
            taken.push(format!("{framing} and {body:?} refunded {refunded}: {answer}"));
        }
    }
    assert!(taken.is_empty(), "{taken:#?}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn its_key_is_free_for_the_whole_request() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    broken_off(&world, &payment, "Content-Length: 19", "{\"amount\"").await?;
    let whole = world.tr.operation(&payment, "refunds", Some("10.00")).key(text(&payment, "reference"));
    shows(&whole.send().await?.expect(201), json!({"refunded": "10.00"}));
    world.stop().await
}
