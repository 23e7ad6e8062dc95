//! MaldoPay's pages: the payer's page, and the list of transactions with a button for each possible event.

use axum::extract::{Path, State as Shared};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::MaldoPaySandbox;
use super::books::{Transaction, TransactionState, TransactionType};
use super::scenarios::{SCENARIOS, usual_fee};

const STYLE: &str = include_str!("pages.css");

/// `GET /pay/{id}`
pub(crate) async fn payer(Shared(maldopay): Shared<MaldoPaySandbox>, Path(id): Path<u64>) -> Response {
    match maldopay.transaction(id) {
        Some(transaction) => page("Pay", &payer_card(&transaction)).into_response(),
        None => not_found(),
    }
}

/// `POST /pay/{id}/{choice}`
pub(crate) async fn payer_chooses(
    Shared(maldopay): Shared<MaldoPaySandbox>,
    Path((id, choice)): Path<(u64, String)>,
) -> Response {
    // The books record the outcome. Whether the merchant accepted the callback does not concern the payer.
    let _ = match choice.as_str() {
        "pay" => maldopay.payer_confirms(id).await,
        "decline" => maldopay.payer_declines(id).await,
        "cancel" => maldopay.payer_cancels(id).await,
        _ => return not_found(),
    };
    Redirect::to(&format!("/pay/{id}")).into_response()
}

/// `GET /`
pub(crate) async fn transactions(Shared(maldopay): Shared<MaldoPaySandbox>) -> Response {
    let transactions = maldopay.transactions();
    let content = html! {
        h1 { "MaldoPay sandbox" }
        p .note { "Transactions, newest first. Each button enters an event and sends the callback to the merchant." }
        @if transactions.is_empty() { p .empty { "No transactions yet." } }
        @else {
            table {
                thead { tr {
                    th { "Id" } th { "Type" } th { "State" } th .amount { "Amount" } th { "Reference" } th { "Acts on" }
                    th { "What may happen" }
                } }
                tbody { @for transaction in transactions.iter().rev() { (row(transaction)) } }
            }
        }
        h2 { "Scenarios" }
        p .note { "The last two digits of an amount choose a scenario that runs by itself." }
        table .scenarios {
            @for scenario in SCENARIOS {
                tr { td { code { "…" (format!("{:02}", scenario.ending)) } } td { (scenario.description) } }
            }
        }
    };
    page("MaldoPay sandbox", &content).into_response()
}

/// `POST /transactions/{id}/{event}`
pub(crate) async fn happens(
    Shared(maldopay): Shared<MaldoPaySandbox>,
    Path((id, event)): Path<(u64, String)>,
) -> Response {
    let delivered = match event.as_str() {
        "complete" => maldopay.completes(id).await,
        "decline" => maldopay.payer_declines(id).await,
        "cancel" => maldopay.payer_cancels(id).await,
        "settle" => {
            let fee = maldopay.transaction(id).map(|transaction| usual_fee(transaction.amount).to_string());
            maldopay.settle(id, fee.as_deref()).await
        }
        "charge-back" => maldopay.charge_back(id, None).await,
        "decline-later" => maldopay.declined_after_success(id, "Declined after all").await,
        "cancel-later" => maldopay.canceled_after_success(id).await,
        "dispute" => maldopay.dispute(id).await,
        "dispute-won" => maldopay.dispute_won(id).await,
        "refund" => maldopay.refund_by_hand(id, None).await,
        _ => return not_found(),
    };
    match delivered {
        Ok(delivered) if delivered.is_accepted() => Redirect::to("/").into_response(),
        Ok(delivered) => {
            problem(&format!("The merchant answered {} and not 200 OK; the callback is sent again.", delivered.status))
        }
        Err(error) => problem(&format!("{error:#}")),
    }
}

fn problem(what: &str) -> Response {
    let content = html! {
        h1 { "That did not go smoothly" }
        p { (what) }
        p { a href="/" { "Back to the transactions" } }
    };
    (StatusCode::CONFLICT, page("MaldoPay sandbox", &content)).into_response()
}

fn not_found() -> Response {
    let content = html! { h1 { "Not found" } p { a href="/" { "All transactions" } } };
    (StatusCode::NOT_FOUND, page("Not found", &content)).into_response()
}

fn page(title: &str, content: &Markup) -> Html<String> {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (content) } }
        }
    };
    Html(markup.into_string())
}

fn payer_card(transaction: &Transaction) -> Markup {
    html! {
        section .card {
            p .brand { "MaldoPay" span { "sandbox" } }
            p .price { (transaction.amount) " " span { (transaction.amount.currency()) } }
            p .note { "Reference " code { (transaction.reference) } }
            @if transaction.state == TransactionState::Pending {
                form method="post" {
                    button .primary formaction={ "/pay/" (transaction.id) "/pay" } { "Pay" }
                    button formaction={ "/pay/" (transaction.id) "/decline" } { "Decline" }
                    button formaction={ "/pay/" (transaction.id) "/cancel" } { "Cancel" }
                }
            } @else {
                p .state { (payer_outcome(transaction.state)) }
                @if let Some(url) = landing_page(transaction) {
                    p { a .primary href=(url) rel="noreferrer" { "Back to the shop" } }
                }
            }
        }
    }
}

fn payer_outcome(state: TransactionState) -> &'static str {
    match state {
        TransactionState::Pending => "Waiting for you.",
        TransactionState::Confirmed => "Paid. Thank you.",
        TransactionState::Declined => "Your bank declined the payment.",
        TransactionState::Canceled => "The payment was canceled.",
        TransactionState::Failed => "The payment failed.",
    }
}

/// Where the shop wants the payer to return. Only web addresses: a request must not make the page run a script.
fn landing_page(transaction: &Transaction) -> Option<&str> {
    let landing = &transaction.landing;
    let page = match transaction.state {
        TransactionState::Pending => &landing.landing_pending,
        TransactionState::Confirmed => &landing.landing_success,
        TransactionState::Declined | TransactionState::Canceled => &landing.landing_declined,
        TransactionState::Failed => &landing.landing_failed,
    };
    page.as_deref().filter(|url| url.starts_with("https://") || url.starts_with("http://"))
}

fn row(transaction: &Transaction) -> Markup {
    html! {
        tr {
            td {
                code { (transaction.id) }
                @if transaction.wire_id != transaction.id { span .note { " sent as " (transaction.wire_id) } }
            }
            td { (transaction.kind.as_str()) }
            td { span class={ "badge " (transaction.state.result()) } { (transaction.state.result()) } }
            td .amount { (transaction.amount) " " (transaction.amount.currency()) }
            td { code { (transaction.reference) } }
            td { @if let Some(original) = transaction.original { code { (original) } } }
            td {
                form method="post" {
                    @for (event, label) in possible_events(transaction) {
                        button formaction={ "/transactions/" (transaction.id) "/" (event) } { (label) }
                    }
                }
            }
        }
    }
}

/// The possible events of a transaction: the last part of the path, and the button's label.
fn possible_events(transaction: &Transaction) -> &'static [(&'static str, &'static str)] {
    match (transaction.state, transaction.kind) {
        (TransactionState::Pending, TransactionType::Dispute) => &[],
        (TransactionState::Pending, _) => &[("complete", "Complete"), ("decline", "Decline"), ("cancel", "Cancel")],
        (TransactionState::Confirmed, TransactionType::Deposit | TransactionType::Capture) => &[
            ("settle", "Settle less a fee"),
            ("refund", "Refund by hand"),
            ("dispute", "Dispute"),
            ("dispute-won", "Dispute won"),
            ("charge-back", "Charge back"),
            ("decline-later", "Decline after all"),
            ("cancel-later", "Cancel after all"),
        ],
        (
            TransactionState::Confirmed,
            TransactionType::Authorize
            | TransactionType::Withdraw
            | TransactionType::Refund
            | TransactionType::Settlement,
        ) => &[("decline-later", "Decline after all"), ("cancel-later", "Cancel after all")],
        (TransactionState::Confirmed, TransactionType::Chargeback) => {
            &[("decline-later", "Won by the merchant"), ("cancel-later", "Cancel after all")]
        }
        (TransactionState::Confirmed, TransactionType::Void | TransactionType::Dispute)
        | (TransactionState::Declined | TransactionState::Canceled | TransactionState::Failed, _) => &[],
    }
}
