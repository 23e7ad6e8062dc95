//! What the organisation says about its objects, fields and rules.

use super::*;
use crate::Signature::ValuesPipe;
use crate::testing::sandbox;

const DESCRIBE: &str = "sobjects/MaldoPay_Payment__c/describe";

/// The query for the rules of an object, in the form of a URL.
const RULES: &str = "tooling/query?q=SELECT+Id,Active,ErrorDisplayField+FROM+ValidationRule+WHERE+\
                     EntityDefinition.QualifiedApiName='MaldoPay_Payment__c'";

fn field<'a>(description: &'a Value, name: &str) -> &'a Value {
    let fields = description["fields"].as_array().unwrap();
    fields.iter().find(|field| field["name"] == name).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn an_object_is_described_with_its_fields() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let described = connector.call("GET", DESCRIBE, Value::Null).await.json();
    assert_eq!((&described["name"], &described["createable"]), (&json!("MaldoPay_Payment__c"), &json!(true)));
    let reference = field(&described, "Reference__c");
    assert_eq!(
        (&reference["type"], &reference["length"], &reference["externalId"], &reference["unique"]),
        (&json!("string"), &json!(40), &json!(true), &json!(true))
    );
    let amount = field(&described, "Amount__c");
    assert_eq!((&amount["type"], &amount["scale"], &amount["precision"]), (&json!("double"), &json!(3), &json!(18)));
    assert_eq!(field(&described, "Review_Reason__c")["type"], "textarea");
    let order = field(&described, "Order__c");
    assert_eq!((&order["referenceTo"], &order["relationshipName"]), (&json!(["Order"]), &json!("Order__r")));
    assert_eq!(field(&described, "CurrencyIsoCode")["length"], 3);
    let unknown = connector.call("GET", "sobjects/None__c/describe", Value::Null).await;
    assert_eq!(error_code(&unknown), refused(404, "NOT_FOUND"));
}

#[tokio::test]
async fn an_organisation_can_be_described_differently() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let salesforce = &sandbox.salesforce;
    salesforce.describe_differently("MaldoPay_Payment__c", Some("Status__c"), Value::Null);
    salesforce.describe_differently("MaldoPay_Payment__c", Some("Site__c"), json!({ "length": 10 }));
    let described = connector.call("GET", DESCRIBE, Value::Null).await.json();
    assert_eq!(field(&described, "Status__c"), &Value::Null);
    assert_eq!(field(&described, "Site__c")["length"], 10);
    salesforce.describe_differently("MaldoPay_Payment__c", None, Value::Null);
    let gone = connector.call("GET", DESCRIBE, Value::Null).await;
    assert_eq!(error_code(&gone), refused(404, "NOT_FOUND"));
}

#[tokio::test]
async fn the_validation_rule_can_be_queried() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let rules = connector.call("GET", RULES, Value::Null).await.json();
    assert_eq!((&rules["totalSize"], &rules["records"][0]["ErrorDisplayField"]), (&json!(1), &json!("Version__c")));
    assert_eq!(rules["records"][0].get("Metadata"), None, "only a query that selects it gets it");
    let other = connector.call("GET", "tooling/query?q=SELECT+Id+FROM+ApexClass", Value::Null).await;
    assert_eq!(error_code(&other), refused(400, "MALFORMED_QUERY"));
}
