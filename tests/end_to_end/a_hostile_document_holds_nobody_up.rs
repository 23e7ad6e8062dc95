//! A site's own document that asks for more than a mapping needs is ended, and its payment waits for a person.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;

use crate::world::{Setup, World, shows};

/// What is far more than ending it takes, and far less than carrying it out would.
const PROMPTLY: Duration = Duration::from_secs(10);

/// 7 KB, of which each line does nothing, thousands of times, in a hundred and eighty steps that make nothing.
fn document() -> String {
    let nothing = vec!["."; 180].join("|");
    let field = format!("[range(99)|range(90)|{nothing}|empty]|length");
    let fields: String = (0..17).map(|index| format!("F{index}__c = '{field}'\n")).collect();
    format!(
        "name = \"hostile\"\n[[record]]\nname = \"one\"\nobject = \"MaldoPay_Payment__c\"\neach = \"payment\"\n\
         mode = \"upsert\"\nexternal_id = {{ field = \"Reference__c\", value = '.payment.reference' }}\n\
         [record.fields]\n{fields}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_ended_and_the_payment_waits_for_a_person() -> anyhow::Result<()> {
    let mapped = |text: String| text.replace("[sites.tr]", "[sites.tr]\nmapping = { document = \"hostile\" }");
    let world = World::with(Setup { config: Box::new(mapped), ..Setup::default() }).await?;
    let document = document();
    assert!(document.len() < 8_000, "{}", document.len());
    world.tr.call("PUT", "/v1/mappings/hostile").bytes(document).send().await?.expect(201);
    let version = json!({"version": 1});
    world.tr.call("POST", "/v1/mappings/hostile/activate").json(&version).send().await?.expect(200);
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    tokio::time::timeout(PROMPTLY, world.settled()).await.context("it goes on and on")??;
    let waiting = world.tr.get(&payment).await?;
    shows(&waiting, json!({"reviewReasons": ["salesforce:mapping_error"]}));
    let message = waiting["salesforce"]["errorMessage"].as_str().unwrap_or_default();
    assert!(message.contains("steps"), "{message}");
    let order = world.eu.seed_order();
    world.eu.captured(&order, "20.00").await?;
    world.settled().await?;
    shows(&world.eu.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}
