//! A client that sends a request slowly, or never completes it, holds a connection and nothing else. A client with too
//! many connections gets an error.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tollbridge_runtime::{INSTANCES, Limits};

use crate::world::{Setup, TR, World, needs_embedded_runtime, shows};

const REASON: &str = "what one client may hold is the embedded runtime's";

/// Far longer than a response takes, and far shorter than the limit for a request.
const PROMPTLY: Duration = Duration::from_secs(20);

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);

async fn with(limits: Limits) -> anyhow::Result<World> {
    World::with(Setup { limits, ..Setup::default() }).await
}

/// A connection that has sent the head of a request, and whose body the gateway waits for.
async fn without_its_body(world: &World) -> anyhow::Result<TcpStream> {
    let mut connection = TcpStream::connect(world.runtime.address()).await?;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        TR.webhook()
    );
    connection.write_all(head.as_bytes()).await?;
    // The runtime sends this once it begins to read the body.
    let mut interim = [0; 25];
    connection.read_exact(&mut interim).await?;
    anyhow::ensure!(&interim == b"HTTP/1.1 100 Continue\r\n\r\n", "{:?}", String::from_utf8_lossy(&interim));
    Ok(connection)
}

/// Everything received on the connection until it is closed.
async fn read_to_end(mut connection: TcpStream) -> anyhow::Result<String> {
    let mut response = Vec::new();
    connection.read_to_end(&mut response).await?;
    Ok(String::from_utf8(response)?)
}

/// Asserts that health, a charge and a webhook still work.
async fn serves(world: &World) -> anyhow::Result<()> {
    world.client.call("GET", "/healthz").send().await?.expect(200);
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    world.tr.payer_confirms(&payment).await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "captured"}));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_without_bodies_take_no_instance() -> anyhow::Result<()> {
    if needs_embedded_runtime(REASON) {
        return Ok(());
    }
    let world = with(Limits { body_start: LONG, body_wait: LONG, ..Limits::default() }).await?;
    let mut held = Vec::new();
    for _ in 0..INSTANCES {
        held.push(tokio::time::timeout(PROMPTLY, without_its_body(&world)).await.context("a head waits")??);
    }
    tokio::time::timeout(PROMPTLY, serves(&world)).await.context("slow clients delay other clients")??;
    for connection in &held {
        let more = connection.try_read(&mut [0]);
        let waits = more.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
        assert!(waits, "the gateway answered or closed it meanwhile: {more:?}");
    }
    // A request that is completed late is still answered.
    let mut last = held.pop().context("there are some")?;
    last.write_all(&[b'x'; 100]).await?;
    let mut status = [0; 12];
    last.read_exact(&mut status).await?;
    assert_eq!(&status, b"HTTP/1.1 401");
    drop((held, last));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_arrives_times_out() -> anyhow::Result<()> {
    if needs_embedded_runtime(REASON) {
        return Ok(());
    }
    let world = with(Limits { body_wait: Duration::from_millis(50), ..Limits::default() }).await?;
    let response = read_to_end(without_its_body(&world).await?).await?;
    assert!(response.starts_with("HTTP/1.1 408 ") && response.contains("\"code\":\"body_too_slow\""), "{response}");
    assert_eq!(world.runtime.counters().requests, 0, "the component was not called");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_arrives_times_out() -> anyhow::Result<()> {
    if needs_embedded_runtime(REASON) {
        return Ok(());
    }
    let world = with(Limits { head_wait: Duration::from_millis(50), ..Limits::default() }).await?;
    let mut connection = TcpStream::connect(world.runtime.address()).await?;
    connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: gate").await?;
    assert_eq!(read_to_end(connection).await?, "");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_too_many_connections_gets_an_error() -> anyhow::Result<()> {
    if needs_embedded_runtime(REASON) {
        return Ok(());
    }
    for limits in
        [Limits { connections: 4, ..Limits::default() }, Limits { connections_per_address: 4, ..Limits::default() }]
    {
        let world = with(Limits { body_start: LONG, body_wait: LONG, ..limits }).await?;
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(without_its_body(&world).await?);
        }
        let problem = world.client.call("GET", "/healthz").send().await?;
        problem.problem(503, "too_many_connections");
        assert_eq!(problem.header("connection"), Some("close"));
        assert_eq!(world.runtime.counters().requests, 0, "the component was not called");
        drop(held);
        // The server notices the closed connections after a while.
        let again = async {
            while world.client.call("GET", "/healthz").send().await?.status == 503 {
                tokio::task::yield_now().await;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(PROMPTLY, again).await.context("the closed connections are still counted")??;
        serves(&world).await?;
        world.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_an_instance_times_out() -> anyhow::Result<()> {
    if needs_embedded_runtime(REASON) {
        return Ok(());
    }
    let (gate, limits) = (
        crate::world::Gate::start().await?,
        Limits { instances: 1, instance_wait: Duration::from_millis(50), ..Limits::default() },
    );
    let address = gate.address;
    let config = move |text: String| crate::world::elsewhere(&text, "maldopay", address);
    let world = World::with(Setup { limits, config: Box::new(config), ..Setup::default() }).await?;
    gate.leads_to(world.tr.maldopay.url().trim_end_matches("/json/").to_owned());
    gate.hold_next();
    let order = world.tr.seed_order();
    let charging = tokio::spawn({
        let site = world.tr.clone();
        async move { site.charge(&order, "149.90").await }
    });
    gate.held().await?;
    world.client.call("GET", "/healthz").send().await?.problem(503, "overloaded");
    gate.release();
    charging.await??.expect(201);
    world.idle().await?;
    world.client.call("GET", "/healthz").send().await?.expect(200);
    world.stop().await?;
    gate.end().await;
    Ok(())
}
