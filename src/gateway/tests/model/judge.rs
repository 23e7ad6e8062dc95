//! What must hold at the end of every run, after a quiet time in which MaldoPay repeats unacknowledged callbacks,
//! drains run and persons decide. What MaldoPay carried out and what Salesforce has are the truth.

use std::collections::BTreeSet;

use serde_json::{Value, json as value};

use super::actor::{Actor, read_feed};
use super::doubles::sync;
use super::run::ModelRun;
use super::world::World;

/// The wait before each drain of the quiet time, in seconds.
const WAITS: [i64; 12] = [1, 61, 61, 400, 400, 3_700, 3_700, 3_700, 14_400, 90_000, 90_000, 90_000];

/// The least number of drains.
const LEAST: usize = 2;

/// Returns what is wrong at the end of a run.
pub fn judge(run: &ModelRun, actor: &Actor<'_>) -> Result<(), String> {
    let closed = quiet(run, actor)?;
    let world = run.lock().world.clone();
    let wrong = world.notes.wrong.first();
    wrong.map_or(Ok(()), |wrong| Err(wrong.clone()))?;
    money(&world)?;
    let references = references(&world, actor);
    audit(&world, actor, &references)?;
    salesforce(&world, run, actor, &references)?;
    reviews(actor, &references)?;
    feed(&world, actor)?;
    closed
}

/// The quiet time. The inner result says whether everything is closed at its end. The outer error ends the judgement at
/// once.
fn quiet(run: &ModelRun, actor: &Actor<'_>) -> Result<Result<(), String>, String> {
    run.lock().land_all();
    actor.change("Salesforce is repaired", |world| {
        world.salesforce_refuses = false;
        world.salesforce.set_down(false);
    });
    // A later entry follows the last one in the journal, as it would in operation.
    actor.store_mapping("quiet");
    let follows = run.lock().world.notes.feed.is_some();
    if !actor.deliver_the_rest() {
        return Err("a delivery that is repeated in the quiet time is not answered OK".to_owned());
    }
    let mut open = String::new();
    for (round, wait) in WAITS.into_iter().enumerate() {
        actor.sleep(wait);
        let drained = actor.drain();
        if drained.status != 200 {
            return Err(format!("a drain in the quiet time returned {}", drained.text));
        }
        if follows {
            actor.follow();
        }
        decide(actor);
        let ready = actor.get("/readyz").json;
        let site = |ready: &Value| {
            let sites = ready["sites"].as_array().unwrap().clone();
            sites.into_iter().find(|site| site["site"] == "tr").unwrap()
        };
        let after = site(&ready)["afterCursor"].clone();
        open = format!("{after} numbers are after the cursor, and the last drain returned {}", drained.text);
        if round + 1 >= LEAST && after == 0 && drained.json["deferred"] == 0 && drained.json["taken"] == 0 {
            return Ok(Ok(()));
        }
    }
    Ok(Err(format!("not everything is closed after the quiet days: {open}")))
}

/// A person retries what Salesforce refused.
fn decide(actor: &Actor<'_>) {
    for (reference, reasons) in listed(actor) {
        if reasons.iter().any(|reason| reason.starts_with("salesforce:")) {
            actor.resolve(&reference, &value!({"action": "retry"}));
        }
    }
}

/// The payments in the list of reviews, with their reasons.
fn listed(actor: &Actor<'_>) -> Vec<(String, Vec<String>)> {
    let mut listed = Vec::new();
    let mut after = Value::from(0);
    while !after.is_null() {
        let page = actor.get(&format!("/v1/reviews?after={after}&limit=100")).json;
        for review in page["reviews"].as_array().unwrap() {
            let reasons = review["reasons"].as_array().unwrap();
            let reasons = reasons.iter().map(|reason| reason.as_str().unwrap().to_owned()).collect();
            listed.push((review["reference"].as_str().unwrap().to_owned(), reasons));
        }
        after = page["next"].clone();
    }
    listed
}

/// Every payment in a response, a callback or the journal.
fn references(world: &World, actor: &Actor<'_>) -> BTreeSet<String> {
    let mut references: BTreeSet<String> = world.notes.answered.clone();
    references.extend(world.notes.acknowledged.iter().map(|(_, reference)| reference.clone()));
    for entry in journal(actor) {
        references.extend(entry["reference"].as_str().map(ToOwned::to_owned));
    }
    references
}

/// All entries of the journal.
fn journal(actor: &Actor<'_>) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut after = 0;
    loop {
        let page = actor.get(&format!("/v1/journal?after={after}&limit=500")).json;
        entries.extend(page["entries"].as_array().unwrap().iter().filter(|entry| entry["kind"].is_string()).cloned());
        let next = page["next"].as_u64().unwrap();
        if next == after {
            return entries;
        }
        after = next;
    }
}

/// Asserts that MaldoPay carried out no more than was requested: no actor charges the order a second time on purpose.
fn money(world: &World) -> Result<(), String> {
    let charges = world.maldopay.made("DEPOSIT").count();
    if charges > 1 {
        return Err(format!("the order was charged {charges} times"));
    }
    for charge in world.maldopay.made("DEPOSIT") {
        let refunds = world.maldopay.made("REFUND").filter(|refund| refund.payment == charge.payment);
        let refunded: i64 = refunds.map(|refund| refund.minor_units).sum();
        if refunded > charge.minor_units {
            return Err(format!("{refunded} of {} were refunded", charge.minor_units));
        }
    }
    let (made, requested) = (world.maldopay.made("REFUND").count(), world.notes.refunds_requested.len());
    if made > requested {
        return Err(format!("{requested} commands refunded {made} times"));
    }
    Ok(())
}

/// Asserts that nothing was lost or changed after it was acknowledged.
fn audit(world: &World, actor: &Actor<'_>, references: &BTreeSet<String>) -> Result<(), String> {
    let mut events = BTreeSet::new();
    for reference in references {
        let shown = actor.get(&format!("/v1/payments/{reference}/events")).json;
        let entries = shown["events"].as_array().cloned().unwrap_or_default();
        if entries.is_empty() && world.notes.answered.contains(reference) {
            return Err(format!("{reference} was in a response and has no entries"));
        }
        if entries.is_empty() {
            continue;
        }
        if (!world.notes.torn && shown["audit"]["changed"] != value!([])) || shown["audit"]["beyond"] != value!([]) {
            return Err(format!("the audit of {reference} returned {}", shown["audit"]));
        }
        events.extend(entries.iter().filter_map(|entry| Some((entry["id"].as_str()?.to_owned(), reference.clone()))));
    }
    match world.notes.acknowledged.iter().find(|acknowledged| !events.contains(*acknowledged)) {
        Some((event, reference)) => Err(format!("event {event} of {reference} was answered OK and is no entry of it")),
        None => Ok(()),
    }
}

/// Asserts that Salesforce has every acknowledged event and the newest state of everything.
fn salesforce(world: &World, run: &ModelRun, actor: &Actor<'_>, references: &BTreeSet<String>) -> Result<(), String> {
    let records = || {
        let mut records = run.lock().world.salesforce.records.borrow().clone();
        // A new version alone is not synced.
        records.values_mut().for_each(|record| drop(record.remove("Version__c")));
        records
    };
    let before = records();
    for (event, reference) in &world.notes.acknowledged {
        let Some(record) = before.get(&format!("MaldoPay_Event__c/Event_Id__c/{event}")) else {
            return Err(format!("event {event} of {reference} was answered OK and is not in Salesforce"));
        };
        if record["MaldoPay_Payment__r"]["Reference__c"] != reference.as_str() {
            return Err(format!("event {event} of {reference} is at another payment in Salesforce"));
        }
    }
    if let Some((_, order)) = before.iter().find(|(name, _)| name.starts_with("Order/")) {
        for (field, kind) in [("MaldoPay_Captured_Amount__c", "DEPOSIT"), ("MaldoPay_Refunded_Amount__c", "REFUND")] {
            let sum = world.maldopay.sum(kind);
            let truth: Value = serde_json::from_str(&format!("{}.{:02}", sum / 100, sum % 100)).unwrap();
            if order.get(field) != Some(&truth) {
                return Err(format!(
                    "the order shows {:?} in {field}, and MaldoPay carried out {truth}",
                    order.get(field)
                ));
            }
        }
    }
    for reference in references {
        let shown = actor.get(&format!("/v1/payments/{reference}")).json;
        if shown["status"].is_null() {
            continue;
        }
        if shown["salesforce"]["version"] != shown["version"] {
            return Err(format!("{reference} is at {} and Salesforce at {}", shown["version"], shown["salesforce"]));
        }
        actor.send(sync(reference));
        let after = records();
        if let Some((name, now)) = after.iter().find(|(name, record)| before.get(*name) != Some(*record)) {
            return Err(format!("{name} was {:?} in Salesforce, and {reference} makes it {now:?}", before.get(name)));
        }
    }
    Ok(())
}

/// Asserts that every payment in review is listed.
fn reviews(actor: &Actor<'_>, references: &BTreeSet<String>) -> Result<(), String> {
    let listed: BTreeSet<String> = listed(actor).into_iter().map(|(reference, _)| reference).collect();
    for reference in references {
        let shown = actor.get(&format!("/v1/payments/{reference}")).json;
        let reasons = &shown["reviewReasons"];
        if reasons.as_array().is_some_and(|reasons| !reasons.is_empty()) && !listed.contains(reference) {
            return Err(format!("{reference} is in review for {reasons} and is not listed"));
        }
    }
    Ok(())
}

/// Asserts that the reader of the feed has seen every entry of the journal.
fn feed(world: &World, actor: &Actor<'_>) -> Result<(), String> {
    let Some((mut after, mut seen)) = world.notes.feed.clone() else { return Ok(()) };
    loop {
        let (next, more) = read_feed(&actor.get(&format!("/v1/journal?after={after}&limit=500")));
        seen.extend(more);
        if next.is_none_or(|next| next == after) {
            break;
        }
        after = next.unwrap_or(after);
    }
    let numbers = journal(actor).into_iter().filter_map(|entry| entry["number"].as_u64());
    match numbers.into_iter().find(|number| !seen.contains(number)) {
        Some(number) => Err(format!("the reader of the feed never saw entry {number}")),
        None => Ok(()),
    }
}
