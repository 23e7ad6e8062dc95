//! Compares the three books, payment by payment: MaldoPay's, the ledger's, and Salesforce's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::task::JoinSet;
use tollbridge_sandbox::Transaction;

use crate::amounts::minor_units;
use crate::calling::CommandCaller;
use crate::differences::Differences;
use crate::life::{OpenedPayment, OrderLife, by_the_merchant};
use crate::orders;
use crate::reviews::listed;
use crate::run::{ChaosRun, text};
use crate::truth::Truth;

/// How many payments are read from the gateway at once.
const AT_ONCE: usize = 8;

/// The sandbox keeps this many calls at most.
const CALLS_KEPT: usize = 10_000;

/// How many Orders with differences are printed in full.
const SHOWN: usize = 3;

/// A payment in the ledger: its state and its audited history.
struct LedgerView {
    payment: Value,
    history: Value,
}

/// One payment in all three books.
struct PaymentComparison<'a> {
    made: &'a OpenedPayment,
    family: Vec<Transaction>,
    truth: Truth,
    folded: &'a LedgerView,
    record: Value,
    /// The payment's events in Salesforce.
    events: Vec<Value>,
    /// Whether it is in the review queue.
    is_listed: bool,
    differences: Differences,
}

/// Compares the books. Differences become failures of the report.
pub async fn compare(run: &Arc<ChaosRun>) -> anyhow::Result<()> {
    let folded = folds(run).await?;
    let listed = listed(run).await?;
    let mut failures = Vec::new();
    let lives = run.lives();
    let mut events = events_by_payment(run);
    let mut shown = 0;
    for life in lives.iter() {
        let mut payments = Vec::new();
        for made in &life.payments {
            let Some(folded) = folded.get(&made.reference) else {
                failures.push(format!("{} was answered and is not found in the ledger", made.reference));
                continue;
            };
            let family = run.maldopay(life.site).family(&made.reference);
            let record = run.salesforce(life.site).find("MaldoPay_Payment__c", "Reference__c", made.reference.as_str());
            let record = record.map_or(Value::Null, Value::Object);
            let mut compared = PaymentComparison {
                made,
                truth: Truth::of(&family, made),
                family,
                folded,
                events: events.remove(&(life.site, text(&record, "Id").to_owned())).unwrap_or_default(),
                record,
                is_listed: listed.contains(&made.reference),
                differences: Differences::default(),
            };
            compared.compare();
            count(run, life, folded);
            payments.push(compared);
        }
        let order = run.salesforce(life.site).record("Order", &life.order.id);
        let of_order: Vec<orders::ExpectedPayment<'_>> = payments.iter().map(PaymentComparison::of_order).collect();
        let differences = orders::differences(order.as_ref(), &of_order, life.order.currency);
        if !differences.is_empty() || payments.iter().any(|compared| !compared.differences.is_empty()) {
            shown += 1;
            let site = run.sites[life.site].settings.name;
            let mut failure = format!("Order {} of {site} ({:?}): {differences}", life.order.number, life.history);
            for compared in &payments {
                failure.push_str(&if shown <= SHOWN { compared.whole() } else { compared.brief() });
            }
            if shown <= SHOWN {
                // A String takes everything.
                let _ = writeln!(failure, "\n  the Order: {}", order.map_or(Value::Null, Value::Object));
            }
            failures.push(failure);
        }
    }
    failures.extend(nothing_else(run, &lives));
    failures.extend(made_twice(run));
    failures.extend(asked_too_much(run));
    failures.extend(lost(run, &folded));
    drop(lives);
    run.report().failures.extend(failures);
    Ok(())
}

async fn folds(run: &Arc<ChaosRun>) -> anyhow::Result<BTreeMap<String, LedgerView>> {
    let mut references: Vec<(usize, String)> = Vec::new();
    for life in run.lives().iter() {
        references.extend(life.payments.iter().map(|made| (life.site, made.reference.clone())));
    }
    let mut reading = JoinSet::new();
    for part in references.chunks(references.len().div_ceil(AT_ONCE).max(1)) {
        let (part, mut caller) = (part.to_vec(), CommandCaller::new(run.clone(), run.random().fork()));
        reading.spawn(async move {
            let mut folds = Vec::new();
            for (site, reference) in part {
                let payment = caller.get(site, &format!("/v1/payments/{reference}")).await?;
                let history = caller.get(site, &format!("/v1/payments/{reference}/events")).await?;
                if payment.status == 200 && history.status == 200 {
                    folds.push((reference, LedgerView { payment: payment.json(), history: history.json() }));
                }
            }
            anyhow::Ok(folds)
        });
    }
    let mut all = BTreeMap::new();
    while let Some(folds) = reading.join_next().await {
        all.extend(folds??);
    }
    Ok(all)
}

/// The events in Salesforce, by site and the id of their payment's record.
fn events_by_payment(run: &ChaosRun) -> BTreeMap<(usize, String), Vec<Value>> {
    let mut events: BTreeMap<(usize, String), Vec<Value>> = BTreeMap::new();
    for (number, site) in run.sites.iter().enumerate() {
        for event in site.sandbox.salesforce.records("MaldoPay_Event__c") {
            let event = Value::Object(event);
            events.entry((number, text(&event, "MaldoPay_Payment__c").to_owned())).or_default().push(event);
        }
    }
    events
}

fn count(run: &ChaosRun, life: &OrderLife, folded: &LedgerView) {
    let mut report = run.report();
    report.count("payments", text(&folded.payment, "status"));
    for reason in folded.payment["reviewReasons"].as_array().into_iter().flatten() {
        report.count("reviews", format!("{:?}: {}", life.history, reason.as_str().unwrap_or_default()));
    }
    let missing = folded.history["audit"]["missing"].as_array().map_or(0, Vec::len);
    report.add("entries", "numbers drawn and never written", u64::try_from(missing).unwrap_or(0));
    let written = folded.history["events"].as_array().map_or(0, Vec::len);
    report.add("entries", "written", u64::try_from(written).unwrap_or(0));
}

impl PaymentComparison<'_> {
    fn of_order(&self) -> orders::ExpectedPayment<'_> {
        orders::ExpectedPayment { made: self.made, truth: &self.truth, record: &self.record }
    }

    fn compare(&mut self) {
        let (payment, truth) = (&self.folded.payment, &self.truth);
        let currency = text(payment, "currency").to_owned();
        let reviews: BTreeSet<&str> =
            payment["reviewReasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let differences = &mut self.differences;
        differences.is("the ledger's status", &payment["status"], &json!(truth.status));
        differences.is("the ledger's intent", &payment["intent"], &json!(self.made.intent));
        differences.is("the ledger's outcome", &payment["outcome"], &json!("known"));
        differences.is("the ledger's reviews", &json!(reviews), &json!(truth.reviews));
        differences.is("its place in the review queue", &json!(self.is_listed), &json!(!truth.reviews.is_empty()));
        for (name, field, expected) in [
            ("authorized", "Authorized_Amount__c", truth.authorized),
            ("captured", "Captured_Amount__c", truth.captured),
            ("refunded", "Refunded_Amount__c", truth.refunded),
            ("chargedBack", "Charged_Back_Amount__c", truth.charged_back),
            ("settled", "Settled_Amount__c", truth.settled),
            ("fees", "Fee_Amount__c", truth.fees),
        ] {
            differences.comes_to(name, &payment[name], &currency, expected);
            differences.comes_to(field, &self.record[field], &currency, expected);
        }
        differences.comes_to("paidOut", &payment["paidOut"], &currency, truth.paid_out);
        differences.comes_to("amount", &payment["amount"], &currency, self.made.asked);
        differences.comes_to("Amount__c", &self.record["Amount__c"], &currency, self.made.asked);
        self.audit();
        self.salesforce_record();
        self.salesforce_events(&currency);
    }

    fn audit(&mut self) {
        let audit = &self.folded.history["audit"];
        // A number is missing if the gateway that allocated it was killed. Nothing may be changed or added.
        self.differences.is("changed entries", &audit["changed"], &json!([]));
        self.differences.is("entries beyond the counter", &audit["beyond"], &json!([]));
    }

    fn salesforce_record(&mut self) {
        let (payment, truth) = (&self.folded.payment, &self.truth);
        let needs_review = !truth.reviews.is_empty();
        let reasons: Vec<&str> =
            payment["reviewReasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let reason = if needs_review { json!(reasons.join("; ")) } else { Value::Null };
        for (field, expected) in [
            ("Status__c", json!(truth.status)),
            ("Currency__c", payment["currency"].clone()),
            ("Needs_Review__c", json!(needs_review)),
            ("Review_Reason__c", reason),
            ("Provider_Reference__c", payment["transactionId"].clone()),
            ("Reason_Code__c", payment["reasonCode"].clone()),
            ("Correlation_Id__c", payment["correlationId"].clone()),
            ("Attempt__c", payment["attempt"].clone()),
            ("Source_Id__c", payment["source"]["id"].clone()),
        ] {
            self.differences.is(field, &self.record[field], &expected);
        }
        let version = &payment["version"];
        self.differences.is("the version that the sync state confirms", &payment["salesforce"]["version"], version);
        self.is_newest_version(version);
    }

    /// Salesforce has the newest version, or the one before if the last entry changes only the version.
    fn is_newest_version(&mut self, version: &Value) {
        let (has, is) = (self.record["Version__c"].as_u64(), version.as_u64());
        if has > is || has.is_none() {
            self.differences.add(format!("Version__c is {has:?}, and the payment's version {is:?}"));
        }
    }

    /// Salesforce has each event of the ledger once, and no other.
    fn salesforce_events(&mut self, currency: &str) {
        let entries = self.folded.history["events"].as_array().cloned().unwrap_or_default();
        let events = entries.iter().filter(|entry| entry["fact"] == "event");
        let ledger: BTreeMap<&str, &Value> = events.map(|event| (text(event, "id"), event)).collect();
        let salesforce: BTreeMap<&str, &Value> =
            self.events.iter().map(|event| (text(event, "Event_Id__c"), event)).collect();
        let differences = &mut self.differences;
        if salesforce.len() != self.events.len() {
            differences.add(format!("Salesforce has {} events, {} different", self.events.len(), salesforce.len()));
        }
        let names = |events: &BTreeMap<&str, &Value>| events.keys().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        if names(&ledger) != names(&salesforce) {
            differences.add(format!("the ledger's events are {:?}", names(&ledger)));
            differences.add(format!("Salesforce's events are {:?}", names(&salesforce)));
        }
        for (id, event) in &ledger {
            let Some(record) = salesforce.get(id) else { continue };
            let written = minor_units(&record["Amount__c"], currency).ok();
            let kept = event["amount"]["minorUnits"].as_i64().or(event["amount"]["minor_units"].as_i64());
            if !event["amount"].is_null() && kept.is_some() && written != kept {
                differences.add(format!("the event {id} is about {kept:?}, and in Salesforce about {written:?}"));
            }
        }
    }

    fn brief(&self) -> String {
        format!("\n  {} ({}): {}", self.made.reference, self.made.intent, self.differences)
    }

    /// Everything that the three books have about this payment, for the report.
    fn whole(&self) -> String {
        let mut whole = self.brief();
        // A String takes everything.
        let _ = writeln!(whole, "\n  MaldoPay:");
        for one in &self.family {
            let amount = format!("{} {}", one.amount, one.amount.currency());
            let _ = writeln!(
                whole,
                "    {} (as {} on the wire) {} {:?} {amount} {} of {:?}",
                one.id, one.wire_id, one.kind, one.state, one.reference, one.original
            );
        }
        let _ = writeln!(whole, "  the ledger: {:#}", self.folded.payment);
        let _ = writeln!(whole, "  its entries: {:#}", self.folded.history);
        let _ = writeln!(whole, "  Salesforce: {:#}", self.record);
        for event in &self.events {
            let _ = writeln!(whole, "    event {event}");
        }
        whole
    }
}

/// Checks that MaldoPay and Salesforce have no payment that no caller received.
fn nothing_else(run: &ChaosRun, lives: &[OrderLife]) -> Vec<String> {
    let known: BTreeSet<&str> =
        lives.iter().flat_map(|life| &life.payments).map(|made| made.reference.as_str()).collect();
    let mut failures = Vec::new();
    for site in &run.sites {
        let firsts = site.sandbox.maldopay.transactions().into_iter().filter(|one| one.original.is_none());
        let unknown = firsts.filter(|one| !known.contains(one.reference.as_str()));
        failures.extend(unknown.map(|one| format!("MaldoPay has a payment that nobody was answered: {one:?}")));
        let records = site.sandbox.salesforce.records("MaldoPay_Payment__c").into_iter().map(Value::Object);
        let unknown = records.filter(|record| !known.contains(text(record, "Reference__c")));
        failures.extend(unknown.map(|record| format!("Salesforce has a payment that nobody was answered: {record}")));
    }
    failures
}

/// Checks that MaldoPay received each operation once and carried it out once.
fn made_twice(run: &ChaosRun) -> Vec<String> {
    let mut failures = Vec::new();
    for site in &run.sites {
        let calls = site.sandbox.maldopay.calls();
        if calls.len() >= CALLS_KEPT {
            failures
                .push(format!("MaldoPay took more calls than the {CALLS_KEPT} that it keeps: compare fewer payments"));
        }
        let mut asked: BTreeMap<(String, String), u32> = BTreeMap::new();
        for call in calls.into_iter().filter(|call| call.kind != "STATUS") {
            *asked.entry((call.kind, call.reference)).or_default() += 1;
        }
        let twice = asked.iter().filter(|(_, times)| **times > 1);
        failures
            .extend(twice.map(|((kind, reference), times)| format!("{kind} {reference} was asked for {times} times")));
        let mut made: BTreeMap<(&'static str, String), u32> = BTreeMap::new();
        for one in site.sandbox.maldopay.transactions().into_iter().filter(|one| by_the_merchant(one.kind)) {
            *made.entry((one.kind.as_str(), one.reference)).or_default() += 1;
        }
        let twice = made.iter().filter(|(_, times)| **times > 1);
        failures.extend(twice.map(|((kind, reference), times)| format!("{kind} {reference} was made {times} times")));
    }
    failures
}

/// Checks that MaldoPay was never asked to move more money than there was.
fn asked_too_much(run: &ChaosRun) -> Vec<String> {
    let beyond = run.sites.iter().flat_map(|site| site.sandbox.maldopay.beyond_bounds());
    beyond.map(|reference| format!("{reference} asked MaldoPay for more than was left")).collect()
}

/// Checks that every acknowledged request is in the ledger.
fn lost(run: &ChaosRun, folded: &BTreeMap<String, LedgerView>) -> Vec<String> {
    let report = run.report();
    let mut failures = Vec::new();
    let mut bodies: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (reference, folded) in folded {
        let entries = folded.history["events"].as_array().into_iter().flatten();
        bodies.insert(reference, entries.filter_map(|entry| entry["raw"].as_str()).collect());
    }
    for (reference, body) in &report.taken {
        if !bodies.get(reference.as_str()).is_some_and(|bodies| bodies.contains(body.as_str())) {
            failures.push(format!("a callback about {reference} was answered OK and is not in the ledger: {body}"));
        }
    }
    for answer in &report.answered {
        let found = folded.get(text(answer, "reference")).is_some_and(|folded| {
            folded.payment["version"].as_u64() >= answer["version"].as_u64()
                && folded.payment["createdAt"] == answer["createdAt"]
        });
        if !found {
            failures.push(format!("an answer is of more than the ledger has: {}", brief(answer)));
        }
    }
    failures
}

fn brief(answer: &Value) -> Value {
    let mut brief = Map::new();
    for member in ["reference", "status", "version", "createdAt"] {
        brief.insert(member.to_owned(), answer[member].clone());
    }
    Value::Object(brief)
}
