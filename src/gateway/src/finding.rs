//! `GET /v1/payments`: finds payments by what people have in hand: a record, its number, an invoice, or MaldoPay's
//! transaction.

use serde::Serialize;
use tollbridge_domain::{Payment, PaymentReference, SourceRecord, TransactionId};
use tollbridge_ledger::{FoundPayments, Ledger, is_same_number, linked_invoice};

use crate::config::Site;
use crate::http::message::{Request, Response};
use crate::http::parameters::invalid_parameter;
use crate::http::problem::Problem;
use crate::http::view::PaymentView;

/// The most payments in one response.
const MAX_PAYMENTS: u64 = 50;

/// The object of the records that are invoices.
const INVOICE: &str = "Invoice";

#[derive(Serialize)]
struct FoundView {
    /// The newest first.
    payments: Vec<PaymentView>,
    /// Whether there are no others.
    complete: bool,
}

/// What is looked for.
enum Wanted {
    /// A record, in Salesforce's spelling and as the caller spelled it: an older version stored it so.
    Source([SourceRecord; 2]),
    Number(String),
    Invoice(String),
    Transaction(TransactionId),
}

impl Wanted {
    fn read(request: &Request) -> Result<Self, Problem> {
        const NAMES: [&str; 4] = ["source", "number", "transaction", "invoice"];
        let mut given = NAMES.into_iter().filter_map(|name| Some((name, request.parameter(name)?)));
        let (Some((name, value)), None) = (given.next(), given.next()) else {
            return Err(invalid_parameter("source", "give one of source, number, transaction and invoice"));
        };
        let invalid = |what: &str| Err(invalid_parameter(name, what));
        match name {
            "source" => match records(&value) {
                Some(records) => Ok(Self::Source(records)),
                None => {
                    invalid("write the object and the record's id of 15 or 18 characters: Order:801Hs00000abcdeIAA")
                }
            },
            "transaction" => match TransactionId::parse(value) {
                Ok(transaction) => Ok(Self::Transaction(transaction)),
                Err(_) => invalid("write MaldoPay's id of the transaction"),
            },
            _ if value.trim().is_empty() => invalid("write the number"),
            "number" => Ok(Self::Number(value)),
            _ => Ok(Self::Invoice(value)),
        }
    }

    /// The payments that may be what is looked for, each once.
    fn candidates(&self, ledger: &Ledger<'_>, limit: u64) -> Result<FoundPayments, Problem> {
        Ok(match self {
            Self::Source([record, as_written]) => {
                let found = ledger.payments_of_record(record, limit)?;
                if record.is_same_record(as_written) {
                    found
                } else {
                    joined(found, ledger.payments_of_record(as_written, limit)?)
                }
            }
            Self::Number(number) => ledger.payments_of_number(number, limit)?,
            Self::Invoice(number) => {
                let found = ledger.payments_of_number(number, limit)?;
                // The record's id will do as well.
                match SourceRecord::parse(INVOICE.to_owned(), number.clone(), None) {
                    Ok(record) => joined(found, ledger.payments_of_record(&record, limit)?),
                    Err(_) => found,
                }
            }
            Self::Transaction(id) => {
                let found = ledger.find(None, &[id])?.map(|history| history.reference);
                FoundPayments { references: found.into_iter().collect(), is_complete: true }
            }
        })
    }

    /// Whether it is what is looked for. A payment may have been assigned to another record since, and one number may
    /// be that of a record and of another's invoice.
    fn is(&self, payment: &Payment) -> bool {
        let invoice = payment.invoice.as_ref();
        let source = payment.source.as_ref();
        let linked = source.and_then(|source| linked_invoice(source, invoice));
        let is_for = |record: &SourceRecord| {
            payment.is_for(record) || linked.as_ref().is_some_and(|linked| linked.is_same_record(record))
        };
        match self {
            Self::Source(records) => records.iter().any(is_for),
            Self::Number(number) => {
                source.and_then(SourceRecord::number).is_some_and(|known| is_same_number(known, number))
            }
            Self::Invoice(wanted) => {
                invoice.is_some_and(|invoice| is_same_number(invoice.number(), wanted))
                    || SourceRecord::parse(INVOICE.to_owned(), wanted.clone(), None).is_ok_and(|record| is_for(&record))
            }
            Self::Transaction(_) => true,
        }
    }
}

/// The record that `Order:801…` names, in Salesforce's spelling and as it is written.
fn records(value: &str) -> Option<[SourceRecord; 2]> {
    let (object, id) = value.split_once(':')?;
    let (object, id) = (object.trim().to_owned(), id.trim().to_owned());
    let as_written = SourceRecord::as_written(object.clone(), id.clone(), None).ok()?;
    Some([SourceRecord::parse(object, id, None).ok()?, as_written])
}

fn joined(mut found: FoundPayments, others: FoundPayments) -> FoundPayments {
    let new: Vec<PaymentReference> =
        others.references.into_iter().filter(|reference| !found.references.contains(reference)).collect();
    found.references.extend(new);
    FoundPayments { is_complete: found.is_complete && others.is_complete, ..found }
}

/// `GET /v1/payments?source=…`, `?number=…`, `?transaction=…` or `?invoice=…`, with `&limit=N`
///
/// # Errors
/// A parameter is invalid, or the store does not answer.
pub fn find(site: &Site, ledger: &Ledger<'_>, request: &Request) -> Result<Response, Problem> {
    let limit = request.whole_number("limit", 20, 1..=MAX_PAYMENTS)?;
    let wanted = Wanted::read(request)?;
    let FoundPayments { references, mut is_complete } = wanted.candidates(ledger, limit)?;
    let mut payments = Vec::new();
    for reference in references {
        let mut history = ledger.history_reaching(&reference, 0)?;
        ledger.derive_missing_summaries(&mut history)?;
        let payment = history.payment(site.main_currency).filter(|payment| wanted.is(payment));
        let Some(payment) = payment else { continue };
        if u64::try_from(payments.len()).is_ok_and(|found| found >= limit) {
            is_complete = false;
            break;
        }
        let totals = history.totals(&payment, history.sync_state.refusal());
        let view = PaymentView::new(site.name.as_str(), payment, &history.sync_state);
        payments.push(view.with_record(totals.record).with_erasure(history.erased_at()));
    }
    Ok(Response::json(200, &FoundView { payments, complete: is_complete }))
}
