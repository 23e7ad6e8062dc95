//! An unknown path or method returns a problem, whatever the path looks like.

use serde_json::json;

use crate::world::{World, shows};

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_are_404() -> anyhow::Result<()> {
    let world = World::start().await?;
    for path in
        ["/", "/v1", "/v1/", "/v2/payments", "/v1/payments/a/b/c", "/v1/refunds", "/webhooks", "/healthz/x", "/%2e"]
    {
        world.tr.call("GET", path).send().await?.problem(404, "not_found");
    }
    for reference in ["unknown", "a%20b", "..%2f..", "%00", "%ff", "tr%2Fx", &"r".repeat(300)] {
        let reply = world.tr.call("GET", &format!("/v1/payments/{reference}")).send().await?;
        reply.problem(404, "payment_not_found");
    }
    world.tr.command("/v1/payments/unknown/refunds", &json!({})).send().await?.problem(404, "payment_not_found");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_405() -> anyhow::Result<()> {
    let world = World::start().await?;
    for (method, path) in [
        ("PUT", "/v1/payments"),
        ("DELETE", "/v1/payments/a"),
        ("POST", "/v1/payments/a"),
        ("GET", "/v1/payments/a/refunds"),
        ("PUT", "/v1/payments/a/events"),
        ("POST", "/v1/journal"),
        ("GET", "/v1/drain"),
        ("GET", "/webhooks/maldopay/tr"),
        ("POST", "/healthz"),
    ] {
        world.tr.call(method, path).send().await?.problem(405, "method_not_allowed");
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_is_alive_and_ready() -> anyhow::Result<()> {
    let world = World::start().await?;
    world.client.call("GET", "/healthz").send().await?.expect(200);
    assert_eq!(world.client.call("GET", "/readyz").send().await?.expect(200), json!({"status": "ready"}));
    let ready = world.tr.call("GET", "/readyz").send().await?.expect(200);
    shows(&ready, json!({"status": "ready", "problems": []}));
    world.stop().await
}
