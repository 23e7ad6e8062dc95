//! A site's document that needs more work than a mapping may is stopped, and its payment goes to review.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;

use crate::world::{Setup, World, shows};

/// Far longer than stopping the document takes, and far shorter than running it to its end would.
const PROMPTLY: Duration = Duration::from_secs(10);

/// A document of 7 KB. Each of its expressions runs thousands of times through a hundred and eighty steps that produce
/// nothing.
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
async fn it_is_stopped_and_the_payment_goes_to_review() -> anyhow::Result<()> {
    let with_document = |text: String| text.replace("[sites.tr]", "[sites.tr]\nmapping = { document = \"hostile\" }");
    let world = World::with(Setup { config: Box::new(with_document), ..Setup::default() }).await?;
    let document = document();
    assert!(document.len() < 8_000, "{}", document.len());
    world.tr.call("PUT", "/v1/mappings/hostile").bytes(document).send().await?.expect(201);
    let version = json!({"version": 1});
    world.tr.call("POST", "/v1/mappings/hostile/activate").json(&version).send().await?.expect(200);
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    tokio::time::timeout(PROMPTLY, world.idle()).await.context("the document still runs")??;
    let in_review = world.tr.get(&payment).await?;
    shows(&in_review, json!({"reviewReasons": ["salesforce:mapping_error"]}));
    let message = in_review["salesforce"]["errorMessage"].as_str().unwrap_or_default();
    assert!(message.contains("steps"), "{message}");
    let order = world.eu.seed_order();
    world.eu.captured(&order, "20.00").await?;
    world.idle().await?;
    shows(&world.eu.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}
