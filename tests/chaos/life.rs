//! One order's progress through its history: the next command, and the callbacks that MaldoPay sends meanwhile.

use std::collections::{BTreeSet, VecDeque};

use fastrand::Rng;
use serde_json::{Value, json};
use tollbridge_sandbox::{Callback, MaldoPaySandbox, ProviderEvent, Transaction, TransactionState, TransactionType};
use tollbridge_tests::order::Order;

use crate::amounts::{decimal, minor_units};
use crate::history::{PlannedCommand, PlannedHistory, Step};
use crate::pool::{Delivery, Item, MerchantCommand};

/// How often a refused command is sent again after time has passed. It may have had to wait for MaldoPay's response.
const PATIENCE: u32 = 4;

/// How often one callback is sent at most.
const MOST_COPIES: u32 = 5;

/// An order.
pub struct OrderLife {
    pub number: usize,
    pub site: usize,
    pub history: PlannedHistory,
    pub order: Order,
    /// The payments of the order.
    pub payments: Vec<OpenedPayment>,
    steps: VecDeque<Step>,
    asked: u32,
    refused: u32,
    late: bool,
}

/// A payment that the gateway returned to a caller.
pub struct OpenedPayment {
    pub reference: String,
    /// The intent: `charge`, `authorize` or `payout`.
    pub intent: &'static str,
    /// The requested amount in minor units.
    pub asked: i64,
    /// The part that MaldoPay said it keeps, in minor units.
    pub fees: i64,
    announced: BTreeSet<u64>,
}

/// A task, due now or after time has passed this often.
pub struct DueItem {
    pub rounds: u32,
    pub item: Item,
}

impl OpenedPayment {
    /// A payment that no caller received.
    pub fn abandoned(reference: &str, intent: &'static str, asked: i64) -> Self {
        Self { reference: reference.to_owned(), intent, asked, fees: 0, announced: BTreeSet::new() }
    }
}

impl OrderLife {
    pub fn new(number: usize, site: usize, history: PlannedHistory, order: Order, steps: VecDeque<Step>) -> Self {
        Self { number, site, history, order, payments: Vec::new(), steps, asked: 0, refused: 0, late: false }
    }

    /// Advances to the next command that has to be sent to the gateway.
    pub fn go_on(&mut self, maldopay: &MaldoPaySandbox, random: &mut Rng) -> Vec<DueItem> {
        let mut due = self.announcements(maldopay, random);
        while let Some(step) = self.steps.front().cloned() {
            match step {
                Step::Ask(asked) => {
                    due.extend(self.command(&asked).map(|item| DueItem { rounds: self.delay(random), item }));
                    break;
                }
                Step::Happens(kind, event) => due.extend(self.happens(kind, &event, maldopay, random)),
                Step::Later => self.late = true,
            }
            self.steps.pop_front();
        }
        due
    }

    /// Records that the gateway carried out the command, or refused it for good.
    pub fn answered(&mut self, payment: &Value) {
        if let Some(Step::Ask(PlannedCommand::Open { intent, minor_units: asked, .. })) = self.steps.pop_front() {
            let reference = payment["reference"].as_str().unwrap_or_default().to_owned();
            self.payments.push(OpenedPayment { reference, intent, asked, fees: 0, announced: BTreeSet::new() });
        }
        self.refused = 0;
        self.asked += 1;
    }

    /// Records that the gateway refused the command. The command is sent again under another key after time has passed,
    /// a few times.
    pub fn was_refused(&mut self) -> Option<DueItem> {
        self.refused += 1;
        self.asked += 1;
        if self.refused < PATIENCE
            && let Some(Step::Ask(asked)) = self.steps.front().cloned()
        {
            return self.command(&asked).map(|item| DueItem { rounds: 1, item });
        }
        self.steps.pop_front();
        self.refused = 0;
        None
    }

    fn delay(&self, random: &mut Rng) -> u32 {
        if self.late { random.u32(1..4) } else { 0 }
    }

    fn command(&self, asked: &PlannedCommand) -> Option<Item> {
        let (path, body) = match asked {
            PlannedCommand::Open { intent, method, minor_units, another } => {
                let mut body = self.order.body(intent, &decimal(*minor_units, self.order.currency), method);
                if *another {
                    body["another"] = json!(true);
                }
                ("/v1/payments".to_owned(), body)
            }
            PlannedCommand::Operation { name, amount } => {
                let body = amount.as_ref().map_or_else(|| json!({}), |amount| json!({ "amount": amount }));
                // Without a payment there is nothing to operate on.
                (format!("/v1/payments/{}/{name}", self.payments.last()?.reference), body)
            }
        };
        let key = format!("order-{}-{}", self.order.number, self.asked);
        Some(Item::Command(MerchantCommand { life: self.number, site: self.site, path, key, body }))
    }

    /// Applies an event to every transaction of this kind that it fits. Returns the callbacks about it.
    fn happens(
        &mut self,
        kind: TransactionType,
        event: &ProviderEvent,
        maldopay: &MaldoPaySandbox,
        random: &mut Rng,
    ) -> Vec<DueItem> {
        let Some(made) = self.payments.last_mut() else { return Vec::new() };
        let met = maldopay.family(&made.reference).into_iter().filter(|transaction| transaction.kind == kind);
        let mut callbacks = Vec::new();
        for transaction in met {
            // Nothing more happens to a transaction that never arrived or was declined.
            let Ok(callback) = maldopay.happens(transaction.id, event.clone()) else { continue };
            if let ProviderEvent::Settled(Some(fee)) = event {
                let currency = transaction.amount.currency();
                made.fees += minor_units(&Value::from(fee.as_str()), currency).expect("an amount of ours");
            }
            // A transaction that fails later succeeded before. The two callbacks may arrive in either order.
            if matches!(event, ProviderEvent::DeclinedAfterSuccess(_) | ProviderEvent::CanceledAfterSuccess)
                && by_the_merchant(kind)
            {
                callbacks.push(Callback::for_transaction(&transaction, transaction.state.result()));
            }
            callbacks.push(callback);
        }
        made.announced.extend(maldopay.family(&made.reference).iter().map(|transaction| transaction.id));
        let reference = made.reference.clone();
        callbacks.into_iter().flat_map(|callback| self.copies(callback, &reference, random)).collect()
    }

    /// MaldoPay often, but not always, sends a callback about an operation that it was asked for.
    fn announcements(&mut self, maldopay: &MaldoPaySandbox, random: &mut Rng) -> Vec<DueItem> {
        let Some(made) = self.payments.last_mut() else { return Vec::new() };
        let reference = made.reference.clone();
        let new: Vec<Transaction> = maldopay
            .family(&reference)
            .into_iter()
            .filter(|transaction| {
                made.announced.insert(transaction.id) && transaction.state != TransactionState::Failed
            })
            .collect();
        let callbacks = new.into_iter().filter(|_| random.u8(0..10) < 6).collect::<Vec<_>>();
        callbacks
            .iter()
            .flat_map(|transaction| {
                let callback = Callback::for_transaction(transaction, transaction.state.result());
                self.copies(callback, &reference, random)
            })
            .collect()
    }

    fn copies(&self, callback: Callback, reference: &str, random: &mut Rng) -> Vec<DueItem> {
        (0..random.u32(1..=MOST_COPIES))
            .map(|_| DueItem {
                rounds: if random.u8(0..5) == 0 { random.u32(1..4) } else { self.delay(random) },
                item: Item::Delivery(Delivery {
                    site: self.site,
                    reference: reference.to_owned(),
                    callback: callback.clone(),
                }),
            })
            .collect()
    }
}

/// Whether a transaction of this kind starts with a request of the merchant.
pub fn by_the_merchant(kind: TransactionType) -> bool {
    match kind {
        TransactionType::Deposit
        | TransactionType::Withdraw
        | TransactionType::Authorize
        | TransactionType::Capture
        | TransactionType::Refund
        | TransactionType::Void => true,
        TransactionType::Settlement | TransactionType::Dispute | TransactionType::Chargeback => false,
    }
}
