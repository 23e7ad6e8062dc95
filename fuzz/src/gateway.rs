//! The gateway over its doubles, as every target starts with it: with one charged and one authorized payment.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::doubles::{self, Request, World};

/// The encrypting keys of the site `tr` in its secrets.
pub const KEYS: [&str; 2] = ["marker-encrypting-key-tr", "marker-old-key-tr"];

/// Values that must never be returned, stored or logged in clear, whoever calls.
pub const SECRETS: [&str; 6] = [
    "marker-api-key-tr",
    "marker-encrypting-key-tr",
    "marker-old-key-tr",
    "marker-secret-tr",
    "marker-caller-key-tr",
    "6H7R7sTjqFVlSg61SOz37ArdFGx56nfG5RaTbWH+4oM=",
];

/// The order of the authorized payment.
const OTHER_ORDER: &str = "801Hs00000abcdfIAA";

/// The gateway, where the site `tr` has this signature scheme, and its two payments.
pub fn world(signature: &str) -> (Rc<World>, [String; 2]) {
    let services = "bank = 2006 }";
    let config = doubles::CONFIG.replace(services, &format!("{services}, signature = \"{signature}\""));
    let world = World::configured(&config, &doubles::secrets());
    let charged = world.charge("charged");
    let request = doubles::json("/v1/payments", "authorized", &authorization());
    let authorized = world.send(request).json["reference"].as_str().unwrap().to_owned();
    (world, [charged, authorized])
}

/// The body of a request to authorize 149.90 for another order.
pub fn authorization() -> Value {
    let mut body = doubles::order_body(OTHER_ORDER);
    body["intent"] = json!("authorize");
    body
}

/// A moment, to count what happened since.
#[derive(Clone, Copy)]
pub struct Checkpoint {
    operations: usize,
    calls: usize,
}

impl Checkpoint {
    /// This moment.
    pub fn of(world: &World) -> Self {
        Self { operations: world.store.operations(), calls: world.network.requests().len() }
    }

    /// The number of store writes since.
    pub fn writes(self, world: &World) -> usize {
        world.store.writes_since(self.operations).len()
    }

    /// The number of calls to peers since.
    pub fn calls(self, world: &World) -> usize {
        world.network.requests().len() - self.calls
    }

    /// Asserts that there were no store writes and no calls since.
    pub fn has_no_effect(self, world: &World) {
        assert_eq!((self.writes(world), self.calls(world)), (0, 0), "a refused input had an effect");
    }
}

/// The request as it arrived, as one text.
pub fn text(request: &Request) -> String {
    let headers: String = request.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let body = request.body.clone().unwrap_or_default();
    format!("{} {}?{}\n{headers}{}", request.method, request.path, request.query, String::from_utf8_lossy(&body))
}
