//! Facts and steps that the tests beside this file share.

use tollbridge_domain::{
    CorrelationId, Currency, Event, EventId, EventKind, Fact, FailedStage, IdempotencyKey, Money, Operation,
    OperationRequest, Payment, PaymentReference, SiteName, SourceRecord, Timestamp, TransactionId,
};
use tollbridge_ledger::{
    AppendedEntry, Attempt, AttemptError, AuditKey, Claim, Direction, KeyState, Keys, Ledger, NewEntry, StoreError,
    StoredResponse, Writes,
};

use crate::doubles::{CountingRandom, HandClock, MemoryStore, Mishap};

/// The audit key of every ledger that names no other.
pub const AUDIT_KEY: [u8; 32] = [7; 32];

/// A store and a clock, and ledgers over them.
#[derive(Default)]
pub struct World {
    pub store: MemoryStore,
    pub clock: HandClock,
    pub random: CountingRandom,
}

impl World {
    pub fn ledger(&self) -> Ledger<'_> {
        self.ledger_of("tr", AUDIT_KEY)
    }

    pub fn ledger_of(&self, site: &str, key: [u8; 32]) -> Ledger<'_> {
        self.ledger_with(site, keys(&[key]))
    }

    pub fn ledger_with(&self, site: &str, keys: Keys) -> Ledger<'_> {
        Ledger::new(&self.store, &self.clock, &self.random, SiteName::parse(site).unwrap(), keys)
    }

    /// Appends this many different events to a payment.
    pub fn append_events(&self, reference: &str, count: usize) {
        for _ in 0..count {
            append(&self.ledger(), reference, Fact::Event(distinct_event(self))).unwrap();
        }
    }

    /// Allocates this many numbers for a payment, and dies each time before writing under them.
    pub fn leave_gaps(&self, reference: &str, count: usize) {
        self.store.set_mishap(Some(Mishap::Writes));
        for _ in 0..count {
            append(&self.ledger(), reference, Fact::Event(distinct_event(self))).unwrap_err();
        }
        self.store.set_mishap(None);
    }

    /// The sequence numbers that a reader of the payment sees.
    pub fn read_sequences(&self, reference: &str) -> Vec<u64> {
        let history = self.ledger().history(&payment(reference)).unwrap();
        history.entries.iter().map(|entry| entry.sequence).collect()
    }

    pub fn fold(&self, reference: &str) -> Payment {
        self.ledger().history(&payment(reference)).unwrap().payment(currency()).unwrap()
    }
}

/// All keys of a site with these audit keys, the first of which is the current one.
pub fn keys(audit: &[[u8; 32]]) -> Keys {
    let other = |key: &[u8; 32], distance: u8| key.map(|byte| byte.wrapping_add(distance));
    Keys {
        audit: AuditKey::new(audit.to_vec()),
        sealing: audit.iter().map(|key| other(key, 64)).collect(),
        fingerprints: other(&audit[0], 128),
    }
}

fn distinct_event(world: &World) -> Event {
    let allocated = world.store.counters().iter().map(|(_, count)| *count).sum::<i64>();
    Event {
        id: EventId::derive(&["distinct", &allocated.to_string()]),
        transaction: None,
        ..event(EventKind::Pending, "-")
    }
}

pub fn currency() -> Currency {
    Currency::parse("TRY").unwrap()
}

pub fn lira(minor_units: i64) -> Money {
    Money::from_minor_units(minor_units, currency()).unwrap()
}

pub fn payment(reference: &str) -> PaymentReference {
    PaymentReference::parse(reference).unwrap()
}

pub fn transaction(id: &str) -> TransactionId {
    TransactionId::parse(id).unwrap()
}

pub fn correlation() -> CorrelationId {
    CorrelationId::parse("correlation-1").unwrap()
}

pub fn idempotency_key(key: &str) -> IdempotencyKey {
    IdempotencyKey::parse(key).unwrap()
}

pub fn order() -> SourceRecord {
    SourceRecord::parse("Order".into(), "801Hs00000abcde".into(), None).unwrap()
}

/// An event of 100.00 about this transaction.
pub fn event(kind: EventKind, id: &str) -> Event {
    Event {
        id: EventId::derive(&[kind.as_str(), id]),
        kind,
        operation: None,
        amount: Some(lira(10_000)),
        fee: None,
        conversion: None,
        transaction: Some(transaction(id)),
        acts_on: None,
        method: None,
        occurred_at: Some(Timestamp::from_milliseconds(HandClock::BEGINNING - 5_000).unwrap()),
        code: None,
        reason: None,
        reason_code: None,
        redirect_url: None,
        digest: "d1".into(),
    }
}

pub fn failed() -> EventKind {
    EventKind::Failed(FailedStage::Authorization)
}

/// A request of 100.00 for the order, as this attempt.
pub fn request(operation: Operation, attempt: u64) -> Fact {
    Fact::OperationRequested(OperationRequest {
        operation,
        amount: lira(10_000),
        method: "checkout".into(),
        source: Some(order()),
        invoice: None,
        tax: None,
        attempt: u32::try_from(attempt).unwrap(),
        digest: "d0".into(),
    })
}

pub fn append(ledger: &Ledger<'_>, reference: &str, fact: Fact) -> Result<AppendedEntry, StoreError> {
    append_with(ledger, reference, fact, Writes::new())
}

pub fn append_with(
    ledger: &Ledger<'_>,
    reference: &str,
    fact: Fact,
    with: Writes,
) -> Result<AppendedEntry, StoreError> {
    let reference = &payment(reference);
    let correlation_id = &correlation();
    ledger.append(
        NewEntry { reference, after: u64::MAX, fact, raw: None, correlation_id, not_before: None, authority: None },
        with,
    )
}

/// Allocates an attempt for the order, and releases the number if the attempt is refused.
pub fn allocate(ledger: &Ledger<'_>, operation: Operation, another: bool, key: &str) -> Result<Attempt, AttemptError> {
    ledger.allocate_attempt(&order(), Direction::from(operation), another, currency())?.into_result().map_err(
        |(allocated, refusal)| {
            ledger
                .refuse(&claim(ledger, key), &allocated, &payment("REFUSED"), &correlation(), Some(response(409)))
                .unwrap();
            refusal
        },
    )
}

/// Writes the first entry of a payment whose attempt was accepted.
pub fn begin(ledger: &Ledger<'_>, reference: &str, operation: Operation, attempt: &Attempt) {
    let accepted = ledger.accepted_attempt(attempt, &payment(reference)).unwrap();
    append_with(ledger, reference, request(operation, attempt.number), accepted).unwrap();
}

/// Opens a payment for the order, as a command does.
pub fn open(ledger: &Ledger<'_>, reference: &str, operation: Operation, another: bool) -> Result<u64, AttemptError> {
    let attempt = allocate(ledger, operation, another, reference)?;
    begin(ledger, reference, operation, &attempt);
    Ok(attempt.number)
}

pub fn claim(ledger: &Ledger<'_>, key: &str) -> Claim {
    try_claim(ledger, key, 1).unwrap()
}

/// Claims this attempt at the command of a key, or returns the state of the key.
pub fn try_claim(ledger: &Ledger<'_>, key: &str, attempt: u32) -> Result<Claim, KeyState> {
    ledger.claim(&idempotency_key(key), "request", attempt).unwrap().into_result()
}

pub fn response(status: u16) -> StoredResponse {
    let body = format!("{{\"status\":{status}}}");
    StoredResponse { status, content_type: "application/json".into(), location: Some("/v1/payments/R".into()), body }
}

/// How many milliseconds the lease lasts from now.
pub fn running(state: &KeyState) -> i64 {
    match state {
        KeyState::Running { milliseconds } => *milliseconds,
        KeyState::Replay(_) | KeyState::OtherRequest | KeyState::Abandoned { .. } => {
            panic!("not running but {state:?}")
        }
    }
}

/// The attempt that died.
pub fn abandoned(state: &KeyState) -> u32 {
    match state {
        KeyState::Abandoned { attempt } => *attempt,
        KeyState::Replay(_) | KeyState::OtherRequest | KeyState::Running { .. } => {
            panic!("not abandoned but {state:?}")
        }
    }
}
