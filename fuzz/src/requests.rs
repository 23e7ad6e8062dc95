//! The target `requests`: every HTTP request to the gateway. An input is a request.

use crate::doubles::Request;
use crate::gateway::{Checkpoint, KEYS, world};
use crate::message::Message;
use crate::oracle;
use crate::problems;

/// Passes a request through the gateway.
pub fn requests(data: &[u8]) {
    let message = Message::read(data);
    let request = message.request();
    let (world, _) = world("values-pipe");
    let before = Checkpoint::of(&world);
    let (response, after) = world.respond(request.clone());
    problems::is_well_formed(&response);
    problems::keeps_confidences(&world, &request, &response);
    if response.status >= 400 || request.method != "POST" {
        before.has_no_effect(&world);
    }
    if request.path.contains("/webhooks/") && response.status == 200 {
        let keys = KEYS.map(str::to_owned);
        let delivery = message.delivery();
        let scheme = tollbridge_connector::types::SignatureScheme::ValuesPipe;
        assert!(oracle::is_signed(&delivery, scheme, &keys, crate::deliveries::NOW), "a forged delivery was accepted");
    }
    let is_command = response.status == 201;
    assert!(!is_command || before.calls(&world) <= 1, "MaldoPay is called once");
    world.finish(after);
    if is_command {
        is_carried_out_once(&world, request, &response.text);
    }
}

/// Asserts that a repeated command gets the stored response and is not carried out again.
fn is_carried_out_once(world: &crate::doubles::World, request: Request, first: &str) {
    let before = Checkpoint::of(world);
    let again = world.send(request);
    assert_eq!((again.status, again.text.as_str()), (201, first));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    before.has_no_effect(world);
}
