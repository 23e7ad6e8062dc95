//! `POST transactions/`: checks a request, enters it in the books, and answers as the service, the scenario or an
//! override demands.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use subtle::ConstantTimeEq;

use super::answers::Answer;
use super::books::{Books, Entry, Kind, LandingPages, State, Transaction};
use super::bounds::permitted;
use super::code;
use super::overrides::Behaviour;
use super::scenarios::{Beginning, Step, pending_code, scenario_of};
use super::services::{CodeClass, class};
use super::wire::{self, Follow, Refusal, Request, Start};
use super::{Call, MaldoPay};
use crate::server::unanswered;
use crate::signature::hmac_hex;

/// The result of a request.
enum Outcome {
    /// The transaction that this request, or an earlier one with the same reference, created.
    Made { transaction: Box<Transaction>, then: &'static [Step], answered: bool },
    /// The request created no transaction.
    Refused(Refusal),
    /// MaldoPay failed before it created a transaction.
    BrokeDown,
}

impl Outcome {
    /// A transaction without automatic next steps.
    fn made(transaction: Transaction) -> Self {
        Self::Made { transaction: Box::new(transaction), then: &[], answered: true }
    }
}

/// The planned fate of a transaction that is about to be created.
struct Plan {
    state: State,
    code: u64,
    message: &'static str,
    then: &'static [Step],
    answered: bool,
    repeats_id: bool,
}

impl Plan {
    fn new(state: State, code: u64, message: &'static str) -> Self {
        Self { state, code, message, then: &[], answered: true, repeats_id: false }
    }

    fn approved(code: u64) -> Self {
        Self::new(State::Confirmed, code, "Approved")
    }

    fn pending(code: u64) -> Self {
        Self::new(State::Pending, code, "Payment pending")
    }

    fn declined() -> Self {
        Self::new(State::Declined, code::DECLINED, "Declined")
    }

    fn failed() -> Self {
        Self::new(State::Failed, code::FAILED, "Transaction failure")
    }
}

/// Answers one request.
pub(crate) async fn transactions(Shared(maldopay): Shared<MaldoPay>, headers: HeaderMap, body: Bytes) -> Response {
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    maldopay.inner.calls.add(Call::noted(&headers, &form));
    maldopay.inner.arrivals.send_modify(|arrivals| *arrivals = arrivals.saturating_add(1));
    let behaviour = maldopay.overrides().take();
    match behaviour {
        Some(Behaviour::NotArrived) => return unanswered(),
        Some(Behaviour::Http500) => return broke_down(),
        Some(Behaviour::Approve | Behaviour::Pending | Behaviour::Decline | Behaviour::Fail | Behaviour::NoAnswer)
        | None => {}
    }
    let outcome = match maldopay.checked(&headers, &form) {
        Ok(request) => maldopay.carry_out(request, behaviour),
        Err(refusal) => Outcome::Refused(refusal),
    };
    // Built even if it is not sent: the steps that follow the request happen all the same.
    let answer = maldopay.answer_with(outcome);
    if behaviour == Some(Behaviour::NoAnswer) { unanswered() } else { answer }
}

fn broke_down() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response()
}

impl MaldoPay {
    /// The request, if it comes from the merchant and matches MaldoPay's documentation.
    fn checked(&self, headers: &HeaderMap, form: &[(String, String)]) -> Result<Request, Refusal> {
        let field = |name: &str| form.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str());
        let merchant = &self.inner.merchant;
        if !accepts_version_2_1(headers) {
            let message = "Accept must be application/json; version=2.1";
            return Err(Refusal::new(code::WRONG_VERSION, message));
        }
        if !same(field("apiKey"), &merchant.api_key) {
            let message = "brand has no API credentials";
            return Err(Refusal::new(code::NO_CREDENTIALS, message));
        }
        let json = field("json");
        let expected = hmac_hex(merchant.encrypting_key.as_bytes(), json.as_bytes());
        if !same(field("checksum"), &expected) {
            return Err(Refusal::new(code::BAD_CHECKSUM, "checksum does not match"));
        }
        wire::read(json, merchant.client_id)
    }

    fn carry_out(&self, request: Request, behaviour: Option<Behaviour>) -> Outcome {
        let mut books = self.books();
        match request {
            Request::Start(start) => begin(&mut books, start, behaviour),
            Request::Follow(follow) => follow_up(&mut books, follow, behaviour),
            Request::Status { original, reference } => status(&books, original, &reference),
        }
    }

    fn answer_with(&self, outcome: Outcome) -> Response {
        let key = &self.inner.merchant.encrypting_key;
        match outcome {
            Outcome::BrokeDown => broke_down(),
            Outcome::Refused(refusal) => Json(Answer::refused(&refusal, key)).into_response(),
            Outcome::Made { transaction, then, answered } => {
                // As in production, the callback may overtake the answer.
                self.play(&transaction, then);
                if !answered {
                    return unanswered();
                }
                let redirect = self.redirect(&transaction);
                Json(Answer::about(&transaction, redirect, key)).into_response()
            }
        }
    }

    /// The payer's page, while the payer still has to decide.
    fn redirect(&self, transaction: &Transaction) -> Option<String> {
        let begins = matches!(transaction.kind, Kind::Deposit | Kind::Authorize);
        let redirects = transaction.service.is_some_and(|service| service.redirects);
        (begins && redirects && transaction.state == State::Pending)
            .then(|| format!("http://{}/pay/{}", self.inner.address, transaction.id))
    }
}

fn accepts_version_2_1(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.split(';').any(|parameter| parameter.trim() == "version=2.1"))
}

/// Compares secrets in constant time, so that the duration does not reveal how much of a guess was right.
fn same(given: &str, expected: &str) -> bool {
    given.as_bytes().ct_eq(expected.as_bytes()).into()
}

fn begin(books: &mut Books, start: Start, behaviour: Option<Behaviour>) -> Outcome {
    if let Some(outcome) = already_made(books, start.kind, &start.reference, |made| made.asked == start.amount) {
        return outcome;
    }
    let Some(plan) = plan(&start, behaviour) else {
        return Outcome::BrokeDown;
    };
    let transaction = books.enter(Entry {
        kind: start.kind,
        state: plan.state,
        code: plan.code,
        message: plan.message.to_owned(),
        reference: start.reference,
        amount: start.amount,
        original: None,
        service: Some(start.service),
        player: Some(start.player),
        landing: start.landing,
        repeats_id: plan.repeats_id,
    });
    Outcome::Made { transaction: Box::new(transaction), then: plan.then, answered: plan.answered }
}

/// `None` if nothing is to be created.
fn plan(start: &Start, behaviour: Option<Behaviour>) -> Option<Plan> {
    let pending = pending_code(start.service);
    match behaviour {
        Some(Behaviour::Approve) => return Some(Plan::approved(code::APPROVED)),
        Some(Behaviour::Pending) => return Some(Plan::pending(pending)),
        Some(Behaviour::Decline) => return Some(Plan::declined()),
        Some(Behaviour::Fail) => return Some(Plan::failed()),
        Some(Behaviour::Http500 | Behaviour::NotArrived) => return None,
        Some(Behaviour::NoAnswer) | None => {}
    }
    let Some(scenario) = scenario_of(start.amount) else {
        return Some(usual_plan(start));
    };
    let mut plan = match scenario.beginning {
        Beginning::Approved | Beginning::ApprovedUnderOneId | Beginning::NoAnswer => Plan::approved(code::APPROVED),
        Beginning::Declined => Plan::declined(),
        Beginning::Pending => Plan::pending(pending),
        Beginning::ServerError => return None,
    };
    plan.then = scenario.then;
    plan.answered = scenario.beginning != Beginning::NoAnswer;
    plan.repeats_id = scenario.beginning == Beginning::ApprovedUnderOneId;
    Some(plan)
}

fn usual_plan(start: &Start) -> Plan {
    let at_once = class(start.service.start_code) == CodeClass::Succeeded;
    // A reservation needs nobody's decision where the method does not redirect the payer.
    let reserved = start.kind == Kind::Authorize && !start.service.redirects;
    match (at_once, reserved) {
        (true, _) => Plan::approved(start.service.start_code),
        (false, true) => Plan::approved(code::APPROVED),
        (false, false) => Plan::pending(start.service.start_code),
    }
}

fn follow_up(books: &mut Books, follow: Follow, behaviour: Option<Behaviour>) -> Outcome {
    if let Some(outcome) = already_made(books, follow.kind, &follow.reference, |made| {
        made.original == Some(follow.original) && follow.amount.is_none_or(|amount| made.asked == amount)
    }) {
        return outcome;
    }
    let amount = match permitted(books, &follow) {
        Ok(amount) => amount,
        Err(refusal) => {
            if refusal.code == code::BEYOND_BOUND {
                books.note_beyond_bounds(follow.reference);
            }
            return Outcome::Refused(refusal);
        }
    };
    let plan = match behaviour {
        Some(Behaviour::Pending) => Plan::pending(code::PENDING),
        Some(Behaviour::Decline) => Plan::declined(),
        Some(Behaviour::Fail) => Plan::failed(),
        Some(Behaviour::Approve | Behaviour::NoAnswer | Behaviour::Http500 | Behaviour::NotArrived) | None => {
            Plan::approved(code::APPROVED)
        }
    };
    let service = books.get(follow.original).and_then(|original| original.service);
    let transaction = books.enter(Entry {
        kind: follow.kind,
        state: plan.state,
        code: plan.code,
        message: plan.message.to_owned(),
        reference: follow.reference,
        amount,
        original: Some(follow.original),
        service,
        player: None,
        landing: LandingPages::default(),
        repeats_id: false,
    });
    // A released deposit can no longer be paid. An authorization keeps the part that was captured.
    if follow.kind == Kind::Void && transaction.state == State::Confirmed {
        books.decide_pending(follow.original, State::Canceled, None);
    }
    Outcome::made(transaction)
}

/// The answer to a reference that an earlier transaction of the same kind already uses.
fn already_made(books: &Books, kind: Kind, reference: &str, same: impl Fn(&Transaction) -> bool) -> Option<Outcome> {
    let made = books.with_reference(reference).find(|made| made.kind == kind)?;
    Some(if same(made) {
        Outcome::made(made.clone())
    } else {
        let message = "referenceOrderId is that of another transaction";
        Outcome::Refused(Refusal::new(code::REFERENCE_IN_USE, message))
    })
}

fn status(books: &Books, original: Option<u64>, reference: &str) -> Outcome {
    // Several transactions may share one id, so the reference is looked up first.
    let found = match original.filter(|_| reference.is_empty()) {
        Some(id) => books.get(id),
        None => books.with_reference(reference).next(),
    };
    match found {
        Some(transaction) => Outcome::made(transaction.clone()),
        None => Outcome::Refused(wire::no_such_transaction()),
    }
}
