//! A site's own mapping document in the rules mapper: stored, activated, and swapped while webhooks arrive.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::world::{Setup, SiteHandle, World, assert_acknowledged, shows};

const ORDER: &str = include_str!("../../../profiles/order.toml");

async fn with_mapping(mapping: &'static str) -> anyhow::Result<World> {
    let config = move |text: String| text.replace("[sites.tr]", &format!("[sites.tr]\nmapping = {mapping}"));
    World::with(Setup { config: Box::new(config), ..Setup::default() }).await
}

async fn store(site: &SiteHandle, name: &str, document: &str) -> anyhow::Result<Value> {
    let path = format!("/v1/mappings/{name}");
    Ok(site.call("PUT", &path).bytes(document).send().await?.expect(201))
}

async fn activate(site: &SiteHandle, name: &str, version: u64) -> anyhow::Result<()> {
    let path = format!("/v1/mappings/{name}/activate");
    site.call("POST", &path).json(&json!({"version": version})).send().await?.expect(200);
    Ok(())
}

/// The profile, in which two fields of the Order name the version that wrote them.
fn marked(marker: &str) -> String {
    let mut document = String::new();
    let mut marked = 0;
    for line in ORDER.lines() {
        let field = ["MaldoPay_Status__c = ", "MaldoPay_Transaction_Id__c = "];
        match field.iter().find(|field| line.starts_with(*field)) {
            Some(field) => {
                marked += 1;
                document.push_str(&format!("{field}'if .payment.superseded then empty else \"{marker}\" end'\n"));
            }
            None => document.push_str(&format!("{line}\n")),
        }
    }
    assert_eq!(marked, 4, "the profile has each field on its own line, for Order and for Invoice");
    document
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_writes_what_the_compiled_mapper_writes() -> anyhow::Result<()> {
    let compiled = World::start().await?;
    let own = with_mapping("{ document = \"order\" }").await?;
    store(&own.tr, "order", ORDER).await?;
    activate(&own.tr, "order", 1).await?;
    let mut records = Vec::new();
    for world in [&compiled, &own] {
        let order = world.tr.seed_order();
        let payment = world.tr.charge(&order, "149.90").await?.expect(201);
        world.idle().await?;
        world.tr.payer_confirms(&payment).await?;
        world.idle().await?;
        let mut order = world.tr.order_record(&order);
        for own in ["Id", "OrderNumber", "MaldoPay_Payment__c"] {
            order.as_object_mut().unwrap().remove(own);
        }
        shows(&order, json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 149.90}));
        assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"]);
        records.push(order);
    }
    assert_eq!(records[0].to_string().replace("700001", ""), records[1].to_string().replace("700001", ""));
    compiled.stop().await?;
    own.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_harmful_document_is_refused_with_its_line() -> anyhow::Result<()> {
    let world = with_mapping("{ document = \"order\" }").await?;
    for hostile in ["def f: f; f", "[recurse]", "$ENV", "input", "repeat(1)", "range(1000000)", "now"] {
        let document = ORDER.replacen("'.payment.intent'", &format!("'{hostile}'"), 1);
        assert_ne!(document, ORDER);
        let reply = world.tr.call("PUT", "/v1/mappings/order").bytes(document).send().await?;
        let problem = reply.problem(422, "mapping_refused");
        let named = problem["problems"][0]["field"].as_str().unwrap_or_default();
        assert!(named.contains("Intent__c") && named.contains("line"), "{hostile}: {problem:#}");
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expression_that_grows_is_stopped_and_the_payment_goes_to_review() -> anyhow::Result<()> {
    let world = with_mapping("{ document = \"order\" }").await?;
    let growing = "'reduce range(100) as $i (\"x\"; . + .)'";
    store(&world.tr, "order", &ORDER.replacen("'.payment.intent'", growing, 1)).await?;
    store(&world.tr, "order", ORDER).await?;
    activate(&world.tr, "order", 1).await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    world.idle().await?;
    let in_review = world.tr.get(&payment).await?;
    shows(&in_review, json!({"status": "captured", "reviewReasons": ["salesforce:mapping_error"]}));
    let message = in_review["salesforce"]["errorMessage"].as_str().unwrap_or_default();
    assert!(message.contains("mapping order version 1") && message.contains("Intent__c"), "{message}");
    assert!(!message.contains("xxxx"), "{message}");

    activate(&world.tr, "order", 2).await?;
    let path = format!("/v1/reviews/{}/resolve", in_review["reference"].as_str().unwrap());
    world.tr.call("POST", &path).json(&json!({"action": "retry"})).send().await?.expect(200);
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_under_load_loses_nothing_and_mixes_no_versions() -> anyhow::Result<()> {
    const PAYMENTS: usize = 64;
    let world = with_mapping("{ document = \"order\" }").await?;
    for marker in ["old", "new"] {
        store(&world.tr, "order", &marked(marker)).await?;
    }
    activate(&world.tr, "order", 1).await?;
    let mut payments = Vec::new();
    for _ in 0..PAYMENTS {
        let order = world.tr.seed_order();
        payments.push((world.tr.charge(&order, "149.90").await?.expect(201), order));
    }
    world.idle().await?;
    let done = Arc::new(AtomicBool::new(false));
    let swapping = tokio::spawn({
        let (site, done) = (world.tr.clone(), done.clone());
        async move {
            let mut swaps = 0;
            while !done.load(Ordering::SeqCst) {
                activate(&site, "order", 1 + swaps % 2).await?;
                swaps += 1;
            }
            anyhow::Ok(swaps)
        }
    });
    let mut connections = tokio::task::JoinSet::new();
    for some in payments.chunks(PAYMENTS / 16) {
        let (site, some) = (world.tr.clone(), some.to_vec());
        connections.spawn(async move {
            for (payment, _) in &some {
                let callback = site.confirmation(payment)?;
                assert_acknowledged(&site.maldopay.callback(callback.clone()).await?);
                assert_acknowledged(&site.maldopay.callback(callback).await?);
            }
            anyhow::Ok(())
        });
    }
    while let Some(sent) = connections.join_next().await {
        sent??;
    }
    done.store(true, Ordering::SeqCst);
    assert!(swapping.await?? > 2, "the document was swapped meanwhile");
    world.idle().await?;
    world.tr.drain().await?;
    let mut by = [0, 0];
    for (payment, order) in &payments {
        let record = world.tr.order_record(order);
        assert_eq!(record["MaldoPay_Status__c"], record["MaldoPay_Transaction_Id__c"], "{record:#}");
        by[usize::from(record["MaldoPay_Status__c"] == "new")] += 1;
        shows(&record, json!({"MaldoPay_Captured_Amount__c": 149.90}));
        assert_eq!(world.tr.event_kinds(payment), ["captured", "pending"]);
    }
    assert_eq!(by[0] + by[1], PAYMENTS);
    world.stop().await
}
