//! The target `answers`: MaldoPay's responses to commands, decoded alone and handled by the gateway. An input is a
//! response.

use serde_json::Value;
use tollbridge_connector::Details;
use tollbridge_connector::types::{Command, EventKind, Money, Operation, PaymentEvent, SignatureScheme};
use tollbridge_domain::Event;
use tollbridge_maldopay::{InterpretError, interpret};

use crate::doubles::{self, HttpResponse, World};
use crate::message::{Message, cannot_be_held, json};
use crate::problems;

const OPERATIONS: [Operation; 7] = [
    Operation::Charge,
    Operation::Authorize,
    Operation::Capture,
    Operation::Refund,
    Operation::Void,
    Operation::Payout,
    Operation::Status,
];

/// Interprets this response to every kind of command.
pub fn answers(data: &[u8]) {
    let response = Message::read(data).response();
    for operation in OPERATIONS {
        let command = command(operation);
        match interpret(&command, response.status, &response.body) {
            Ok(event) => matches_the_response(&command, &response, event),
            Err(InterpretError::Inconclusive(status)) => {
                // The response may refuse the inquiry itself, which says nothing about the operation.
                let may_be_refused = operation == Operation::Status;
                assert!(may_be_refused || !(200..300).contains(&status), "a success has an outcome, or cannot be read");
            }
            Err(InterpretError::Unreadable(problem)) => assert!(!problem.contains("marker"), "{problem}"),
        }
    }
    has_valid_additional_data(&response);
    is_an_outcome(&response);
}

/// Asserts that a mapper gets few additional values, each with a name and a value that fit a field.
fn has_valid_additional_data(response: &HttpResponse) {
    let Ok(text) = core::str::from_utf8(&response.body) else { return };
    for scheme in [SignatureScheme::ValuesPipe, SignatureScheme::Body] {
        let details = Details::contained(tollbridge_maldopay::details(text, scheme.into()));
        assert!(details.len() <= 32, "{details:?}");
        for detail in details {
            assert!(detail.name.len() <= 64 && detail.value.chars().count() <= 255, "{detail:?}");
            assert!(!detail.value.contains(char::is_control), "{detail:?}");
        }
    }
}

fn matches_the_response(command: &Command, response: &HttpResponse, event: PaymentEvent) {
    assert!(
        matches!(response.status, 200..=299 | 400..=407 | 410..=424 | 431),
        "with {} the operation may have been carried out, and it is read as {:?}",
        response.status,
        event.kind
    );
    if cannot_be_held(response) {
        return;
    }
    let body = json(response);
    let code = match &body["transaction"]["codeId"] {
        Value::String(code) => code.clone(),
        Value::Number(code) => code.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    let expected = code.bytes().next();
    match event.kind {
        EventKind::Pending => assert_eq!(expected, Some(b'3')),
        // An unreadable 4xx is a refusal by its status.
        EventKind::Failed(_) if event.code == Some(format!("http-{}", response.status)) => {
            assert!((400..500).contains(&response.status));
        }
        EventKind::Failed(_) => assert_ne!(expected, Some(b'2'), "{code} was read as a failure"),
        EventKind::Authorized
        | EventKind::Captured
        | EventKind::Canceled
        | EventKind::Refunded
        | EventKind::PaidOut => {
            assert_eq!(expected, Some(b'2'), "{code:?} was read as {:?}", event.kind);
        }
        EventKind::Reported(_) => assert_eq!(command.operation, Operation::Status),
        EventKind::Settled | EventKind::Disputed | EventKind::DisputeWon | EventKind::ChargedBack => {
            panic!("no command has the outcome {:?}", event.kind)
        }
    }
    assert_eq!(event.reference, command.reference);
    if let Some(url) = &event.redirect_url {
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        assert!(is_web && url.bytes().all(|byte| byte.is_ascii_graphic()), "{url:?}");
    }
    Event::try_from(event).expect("the ledger can store the event");
}

/// Asserts that the caller gets a payment, whatever MaldoPay returns: made, declined, or unknown, and that MaldoPay is
/// never called twice.
fn is_an_outcome(response: &HttpResponse) {
    let world = World::new();
    world.network.maldopay.next(Ok(response.clone()));
    let request = || doubles::json("/v1/payments", "charged", &doubles::body());
    let decoded = world.send(request());
    problems::is_well_formed(&decoded);
    problems::keeps_confidences(&world, &request(), &decoded);
    let unknown = decoded.json["outcome"] == "unknown";
    assert_eq!(decoded.status, if unknown { 202 } else { 201 }, "{decoded:?}");
    let charge = command(Operation::Charge);
    let readable = interpret(&charge, response.status, &response.body);
    assert_eq!(unknown, readable.map(Event::try_from).is_err(), "{decoded:?}");
    world.send(request());
    assert_eq!(world.provider_calls(), 1, "MaldoPay was called twice");
}

fn command(operation: Operation) -> Command {
    let acts = matches!(operation, Operation::Capture | Operation::Refund | Operation::Void);
    Command {
        operation,
        reference: "tb1".to_owned(),
        amount: Money { minor_units: 14_990, currency: "TRY".to_owned() },
        method: "checkout".to_owned(),
        original_transaction_id: acts.then(|| "987".to_owned()),
        customer: None,
        description: None,
        invoice: None,
        method_values: Vec::new(),
    }
}
