//! A Contact and an invoice go to MaldoPay as the payment method requires. What MaldoPay returns about the customer and
//! the method goes to the fields that the site's document names.

use serde_json::{Map, Value, json};

use crate::world::{Order, Setup, World, assert_acknowledged, shows};

const DOCUMENT: &str = include_str!("../../../profiles/customer-and-method.toml");

const CONTACT: &str = "003Hs00000Pixy1IAA";

/// A world whose Pix requires the same fields as the sandbox's, and whose site has the document.
async fn start() -> anyhow::Result<World> {
    let config = |text: String| {
        let pix = "pix = { id = 2157, needs = [\"firstName\", \"lastName\", \"email\"], \
                   data = { serviceData1 = \"contact.National_Id__c\" } }";
        let customer = "[sites.tr]\nmapping = { document = \"what-maldopay-says\" }\n\
                        customer = { email = [\"contact.Billing_Email__c\", \"contact.Email\"] }";
        let payment = "\"result\", \"type\", \"codeId\", \"serviceId\", \"dateUpdated\", \"referenceOrderId\", \"maldoTransactionId\"";
        let amount = "\"amount\", \"currencyCode\"";
        let fixed = format!(
            "callback_fields = [[{payment}, {amount}, \"bankName\"], \
             [{payment}, \"originalTransactionId\", {amount}, \"reason\", \"reasonCode\"]], brand_id = 15"
        );
        let text = text.replacen("brand_id = 15", &fixed, 1);
        text.replacen("pix = 2157", pix, 1).replacen("[sites.tr]", customer, 1)
    };
    let world = World::with(Setup { config: Box::new(config), ..Setup::default() }).await?;
    let path = "/v1/mappings/what-maldopay-says";
    world.tr.call("PUT", path).bytes(DOCUMENT).send().await?.expect(201);
    world.tr.call("POST", &format!("{path}/activate")).json(&json!({})).send().await?.expect(200);
    world.tr.salesforce.seed("Contact", CONTACT, Map::from_iter([("LastName".to_owned(), json!("Silva"))]));
    Ok(world)
}

/// A charge by Pix for this Contact.
fn by_pix(order: &Order, contact: &Value) -> Value {
    let mut body = order.body("charge", "149.90", "pix");
    body.as_object_mut().unwrap().remove("customer");
    body["contact"] = contact.clone();
    body["invoice"] = json!({"number": "INV-2026-7"});
    body
}

fn silva() -> Value {
    json!({
        "attributes": {"type": "Contact", "url": format!("/services/data/v67.0/sobjects/Contact/{CONTACT}")},
        "Id": CONTACT, "FirstName": "Ana", "LastName": "Silva", "Email": "ana.silva@example.com",
        "MobilePhone": "+55 (11) 91234-5678", "MailingStreet": "Rua Um 1\nCasa 2", "MailingCity": "São Paulo",
        "National_Id__c": "12345678909", "Account": {"Name": "Silva Ltda"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_field_of_the_method_is_named_before_maldopay_is_called() -> anyhow::Result<()> {
    let world = start().await?;
    let order = world.tr.seed_order();
    let mut contact = silva();
    contact["FirstName"] = json!("");
    contact.as_object_mut().unwrap().remove("Email");
    let problem = world.tr.open(&by_pix(&order, &contact)).send().await?;
    let problem = problem.problem_with(422, "invalid_field", "customer.firstName");
    let named: Vec<&str> =
        problem["problems"].as_array().unwrap().iter().map(|problem| problem["field"].as_str().unwrap()).collect();
    assert_eq!(named, ["customer.firstName", "customer.email"]);
    assert!(
        problem["detail"].as_str().unwrap().contains("contact.Billing_Email__c, then contact.Email"),
        "{problem:#}"
    );
    assert_eq!(world.tr.maldopay.calls(), []);
    // The sandbox checks the requirements too: a site that did not configure them would learn of them from a decline.
    world.tr.open(&by_pix(&order, &silva())).send().await?.expect(201);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn customer_and_invoice_reach_maldopay_and_its_response_reaches_salesforce() -> anyhow::Result<()> {
    let world = start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.open(&by_pix(&order, &silva())).send().await?.expect(201);
    shows(&payment, json!({"status": "pending", "method": "pix", "invoice": {"number": "INV-2026-7"}}));
    let call = world.tr.maldopay.calls().remove(0);
    let sent = &call.form.iter().find(|(name, _)| name == "json").unwrap().1;
    let sent: Value = serde_json::from_str(sent)?;
    assert_eq!(
        sent["transaction"]["user"],
        json!({
            "playerId": CONTACT, "firstName": "Ana", "lastName": "Silva", "emailAddress": "ana.silva@example.com",
            "phone": "+5511912345678", "address": "Rua Um 1, Casa 2", "city": "São Paulo", "languageCode": "TR",
        })
    );
    assert_eq!(sent["transaction"]["request"]["serviceData"], json!({"serviceData1": "12345678909"}));
    assert_eq!(sent["transaction"]["request"]["reason"], format!("Order {} / INV-2026-7", order.number));

    // The response names the customer. The bank is known only once the payer has paid.
    world.idle().await?;
    let contact = world.tr.salesforce.record("Contact", CONTACT).unwrap();
    assert_eq!(contact["MaldoPay_Customer_Status__c"], "VERIFIED");
    shows(&world.tr.payment_record(&payment), json!({"Invoice_Number__c": "INV-2026-7"}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Method__c": "pix", "MaldoPay_Bank__c": null}));
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "captured", "MaldoPay_Bank__c": "Banco Sandbox"}),
    );

    // An event that does not name the bank, and a refund, leave the bank in place.
    let transaction = world.tr.transaction(&payment)?;
    assert_acknowledged(&world.tr.maldopay.dispute(transaction.id).await?);
    world.idle().await?;
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "disputed", "MaldoPay_Bank__c": "Banco Sandbox"}),
    );
    let path = format!("/v1/payments/{}/sync", payment["reference"].as_str().unwrap());
    world.tr.call("POST", &path).send().await?.expect(200);
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Bank__c": "Banco Sandbox"}));

    // Nothing of the records in the request was logged.
    let log = world.log.text();
    for hidden in ["ana.silva", "91234", "12345678909", "Rua Um", "Silva", "Banco Sandbox"] {
        assert!(!log.contains(hidden), "{hidden} is in the log:\n{log}");
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_values_stay_within_their_field() -> anyhow::Result<()> {
    let world = start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.open(&by_pix(&order, &silva())).send().await?.expect(201);
    let hostile = "\",\"OwnerId\":\"005000000000000AAA\u{0}\n".to_owned() + &"x".repeat(400);
    let forged = serde_json::value::to_raw_value(&json!({"playerId": CONTACT, "status": "BLOCKED"}))?;
    let callback = world.tr.confirmation(&payment)?;
    let callback = callback.field("bankName", serde_json::value::to_raw_value(&hostile)?).field("user", forged);
    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    world.idle().await?;
    let record = world.tr.order_record(&order);
    let bank = record["MaldoPay_Bank__c"].as_str().unwrap();
    assert_eq!((bank.chars().count(), bank.contains(char::is_control)), (255, false), "{bank}");
    assert!(bank.starts_with("\",\"OwnerId\":\"005000000000000AAA  xx"), "{bank}");
    assert_eq!(record.get("OwnerId"), None);
    shows(&record, json!({"MaldoPay_Status__c": "captured", "MaldoPay_Needs_Review__c": false}));
    // This site's signature scheme does not sign the customer's status, so the forged one was ignored.
    let contact = world.tr.salesforce.record("Contact", CONTACT).unwrap();
    assert_eq!(contact["MaldoPay_Customer_Status__c"], "VERIFIED");
    world.stop().await
}
