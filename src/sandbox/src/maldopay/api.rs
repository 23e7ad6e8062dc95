//! `POST transactions/`: checks a request, enters it in the books, and answers as the service, the scenario or an
//! override demands.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use subtle::ConstantTimeEq;

use super::books::{LandingPages, NewTransaction, Transaction, TransactionBooks, TransactionState, TransactionType};
use super::bounds::permitted;
use super::code;
use super::overrides::Behaviour;
use super::response_body::ResponseBody;
use super::scenarios::{FollowUpStep, RequestFate, pending_code, scenario_of};
use super::services::{CodeClass, class};
use super::wire::{self, FollowUpRequest, MerchantRequest, StartRequest, TransactionRefusal};
use super::{MaldoPayCall, MaldoPaySandbox};
use crate::server::unanswered;
use crate::signature::hmac_hex;

/// The result of a request.
enum RequestOutcome {
    /// The transaction that this request, or an earlier one with the same reference, created.
    Made { transaction: Box<Transaction>, then: &'static [FollowUpStep], answered: bool },
    /// The request created no transaction.
    Refused(TransactionRefusal),
    /// MaldoPay failed before it created a transaction.
    BrokeDown,
}

impl RequestOutcome {
    /// A transaction without automatic next steps.
    fn made(transaction: Transaction) -> Self {
        Self::Made { transaction: Box::new(transaction), then: &[], answered: true }
    }
}

/// The planned fate of a transaction that is about to be created.
struct TransactionPlan {
    state: TransactionState,
    code: u64,
    message: &'static str,
    then: &'static [FollowUpStep],
    answered: bool,
    repeats_id: bool,
}

impl TransactionPlan {
    fn new(state: TransactionState, code: u64, message: &'static str) -> Self {
        Self { state, code, message, then: &[], answered: true, repeats_id: false }
    }

    fn approved(code: u64) -> Self {
        Self::new(TransactionState::Confirmed, code, "Approved")
    }

    fn pending(code: u64) -> Self {
        Self::new(TransactionState::Pending, code, "Payment pending")
    }

    fn declined() -> Self {
        Self::new(TransactionState::Declined, code::DECLINED, "Declined")
    }

    fn failed() -> Self {
        Self::new(TransactionState::Failed, code::FAILED, "Transaction failure")
    }
}

/// Answers one request.
pub(crate) async fn transactions(
    Shared(maldopay): Shared<MaldoPaySandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    maldopay.inner.calls.add(MaldoPayCall::noted(&headers, &form));
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
        Err(refusal) => RequestOutcome::Refused(refusal),
    };
    // Built even if it is not sent: the steps that follow the request happen all the same.
    let answer = maldopay.answer_with(outcome);
    if behaviour == Some(Behaviour::NoAnswer) { unanswered() } else { answer }
}

fn broke_down() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response()
}

impl MaldoPaySandbox {
    /// The request, if it comes from the merchant and matches MaldoPay's documentation.
    fn checked(&self, headers: &HeaderMap, form: &[(String, String)]) -> Result<MerchantRequest, TransactionRefusal> {
        let field = |name: &str| form.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str());
        let merchant = &self.inner.merchant;
        if !accepts_version_2_1(headers) {
            let message = "Accept must be application/json; version=2.1";
            return Err(TransactionRefusal::new(code::WRONG_VERSION, message));
        }
        if !same(field("apiKey"), &merchant.api_key) {
            let message = "brand has no API credentials";
            return Err(TransactionRefusal::new(code::NO_CREDENTIALS, message));
        }
        let json = field("json");
        let expected = hmac_hex(merchant.encrypting_key.as_bytes(), json.as_bytes());
        if !same(field("checksum"), &expected) {
            return Err(TransactionRefusal::new(code::BAD_CHECKSUM, "checksum does not match"));
        }
        wire::read(json, merchant.client_id)
    }

    fn carry_out(&self, request: MerchantRequest, behaviour: Option<Behaviour>) -> RequestOutcome {
        let mut books = self.books();
        match request {
            MerchantRequest::Start(start) => begin(&mut books, start, behaviour),
            MerchantRequest::Follow(follow) => follow_up(&mut books, follow, behaviour),
            MerchantRequest::Status { original, reference } => status(&books, original, &reference),
        }
    }

    fn answer_with(&self, outcome: RequestOutcome) -> Response {
        let key = &self.inner.merchant.encrypting_key;
        match outcome {
            RequestOutcome::BrokeDown => broke_down(),
            RequestOutcome::Refused(refusal) => Json(ResponseBody::refused(&refusal, key)).into_response(),
            RequestOutcome::Made { transaction, then, answered } => {
                // As in production, the callback may overtake the response.
                self.play(&transaction, then);
                if !answered {
                    return unanswered();
                }
                let redirect = self.redirect(&transaction);
                Json(ResponseBody::about(&transaction, redirect, key)).into_response()
            }
        }
    }

    /// The payer's page, while the payer still has to decide.
    fn redirect(&self, transaction: &Transaction) -> Option<String> {
        let begins = matches!(transaction.kind, TransactionType::Deposit | TransactionType::Authorize);
        let redirects = transaction.service.is_some_and(|service| service.redirects);
        (begins && redirects && transaction.state == TransactionState::Pending)
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

fn begin(books: &mut TransactionBooks, start: StartRequest, behaviour: Option<Behaviour>) -> RequestOutcome {
    if let Some(outcome) = already_made(books, start.kind, &start.reference, |made| made.asked == start.amount) {
        return outcome;
    }
    let Some(plan) = plan(&start, behaviour) else {
        return RequestOutcome::BrokeDown;
    };
    let transaction = books.enter(NewTransaction {
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
    RequestOutcome::Made { transaction: Box::new(transaction), then: plan.then, answered: plan.answered }
}

/// `None` if nothing is to be created.
fn plan(start: &StartRequest, behaviour: Option<Behaviour>) -> Option<TransactionPlan> {
    let pending = pending_code(start.service);
    match behaviour {
        Some(Behaviour::Approve) => return Some(TransactionPlan::approved(code::APPROVED)),
        Some(Behaviour::Pending) => return Some(TransactionPlan::pending(pending)),
        Some(Behaviour::Decline) => return Some(TransactionPlan::declined()),
        Some(Behaviour::Fail) => return Some(TransactionPlan::failed()),
        Some(Behaviour::Http500 | Behaviour::NotArrived) => return None,
        Some(Behaviour::NoAnswer) | None => {}
    }
    let Some(scenario) = scenario_of(start.amount) else {
        return Some(usual_plan(start));
    };
    let mut plan = match scenario.beginning {
        RequestFate::Approved | RequestFate::ApprovedUnderOneId | RequestFate::NoAnswer => {
            TransactionPlan::approved(code::APPROVED)
        }
        RequestFate::Declined => TransactionPlan::declined(),
        RequestFate::Pending => TransactionPlan::pending(pending),
        RequestFate::ServerError => return None,
    };
    plan.then = scenario.then;
    plan.answered = scenario.beginning != RequestFate::NoAnswer;
    plan.repeats_id = scenario.beginning == RequestFate::ApprovedUnderOneId;
    Some(plan)
}

fn usual_plan(start: &StartRequest) -> TransactionPlan {
    let at_once = class(start.service.start_code) == CodeClass::Succeeded;
    // A reservation needs nobody's decision where the method does not redirect the payer.
    let reserved = start.kind == TransactionType::Authorize && !start.service.redirects;
    match (at_once, reserved) {
        (true, _) => TransactionPlan::approved(start.service.start_code),
        (false, true) => TransactionPlan::approved(code::APPROVED),
        (false, false) => TransactionPlan::pending(start.service.start_code),
    }
}

fn follow_up(books: &mut TransactionBooks, follow: FollowUpRequest, behaviour: Option<Behaviour>) -> RequestOutcome {
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
            return RequestOutcome::Refused(refusal);
        }
    };
    let plan = match behaviour {
        Some(Behaviour::Pending) => TransactionPlan::pending(code::PENDING),
        Some(Behaviour::Decline) => TransactionPlan::declined(),
        Some(Behaviour::Fail) => TransactionPlan::failed(),
        Some(Behaviour::Approve | Behaviour::NoAnswer | Behaviour::Http500 | Behaviour::NotArrived) | None => {
            TransactionPlan::approved(code::APPROVED)
        }
    };
    let service = books.get(follow.original).and_then(|original| original.service);
    let transaction = books.enter(NewTransaction {
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
    if follow.kind == TransactionType::Void && transaction.state == TransactionState::Confirmed {
        books.decide_pending(follow.original, TransactionState::Canceled, None);
    }
    RequestOutcome::made(transaction)
}

/// The response to a reference that an earlier transaction of the same kind already uses.
fn already_made(
    books: &TransactionBooks,
    kind: TransactionType,
    reference: &str,
    same: impl Fn(&Transaction) -> bool,
) -> Option<RequestOutcome> {
    let made = books.with_reference(reference).find(|made| made.kind == kind)?;
    Some(if same(made) {
        RequestOutcome::made(made.clone())
    } else {
        let message = "referenceOrderId is that of another transaction";
        RequestOutcome::Refused(TransactionRefusal::new(code::REFERENCE_IN_USE, message))
    })
}

fn status(books: &TransactionBooks, original: Option<u64>, reference: &str) -> RequestOutcome {
    // Several transactions may share one id, so the reference is looked up first.
    let found = match original.filter(|_| reference.is_empty()) {
        Some(id) => books.get(id),
        None => books.with_reference(reference).next(),
    };
    match found {
        Some(transaction) => RequestOutcome::made(transaction.clone()),
        None => RequestOutcome::Refused(wire::no_such_transaction()),
    }
}
