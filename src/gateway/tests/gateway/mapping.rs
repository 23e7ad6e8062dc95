//! A mapper may be anybody's: invalid records from it are sent nowhere, and the payment goes to review.

use tollbridge_connector::types::{ExternalId, Field, Payment, PaymentEvent, RecordKey, RecordWrite, Site, WriteMode};

use super::doubles::{Mapper, MappingProblem, World, body, json};

/// Always returns this.
struct FixedMapper(Result<Vec<RecordWrite>, MappingProblem>);

impl Mapper for FixedMapper {
    fn records(&self, _: &Payment, _: &[PaymentEvent], _: &Site, _: &str) -> Result<Vec<RecordWrite>, MappingProblem> {
        self.0.clone()
    }

    fn check(&self, _: &str) -> Result<(), Vec<MappingProblem>> {
        Ok(())
    }
}

fn write(object: &str, field: &str, key: &str, value: &str) -> RecordWrite {
    let external = ExternalId { field: field.to_owned(), value: key.to_owned() };
    RecordWrite {
        object: object.to_owned(),
        key: RecordKey::ExternalId(external),
        mode: WriteMode::Upsert,
        fields: vec![Field { name: "Status__c".to_owned(), value: value.to_owned() }],
    }
}

#[test]
fn invalid_records_from_a_mapper_are_not_sent() {
    let by_id = |id: &str| RecordWrite { key: RecordKey::Id(id.to_owned()), ..write("Order", "", "", "1") };
    for (records, says) in [
        (Ok(vec![write("A__c", "B__c", "c", "not json")]), "Status__c"),
        (Ok(vec![write("A__c", "B__c", "c", "")]), "Status__c"),
        (Ok(vec![write("A__c", "B__c", "c", "1,\"Id\":2")]), "Status__c"),
        (Ok(vec![write("../Account", "B__c", "c", "1")]), "character"),
        (Ok(vec![write("A__c", "B__c?x=", "c", "1")]), "character"),
        (Ok(vec![write("A__c", "B__c", "c/d", "1")]), "character"),
        (Ok(vec![write("A__c", "B__c", "", "1")]), "character"),
        (Ok(vec![by_id("801%2e%2e")]), "character"),
        (Err(MappingProblem { field: "Amount__c".to_owned(), detail: "no amount".to_owned() }), "Amount__c"),
    ] {
        let world = World::new();
        let mapper = FixedMapper(records.clone());
        let gateway = world.gateway_with(&mapper);
        let answered = gateway.handle(json("/v1/payments", "k", &body()));
        assert_eq!(answered.response.status, 201, "the payment was made nevertheless");
        gateway.finish(answered.deferred);
        assert_eq!(world.salesforce_calls(), 0, "{records:?}");
        let payment = world.payment(&world.payment_of_order());
        assert_eq!(payment["reviewReasons"][0], "salesforce:mapping_error", "{records:?}");
        assert_eq!(payment["salesforce"]["nextAttemptAt"], serde_json::Value::Null);
        assert!(payment["salesforce"]["errorMessage"].as_str().unwrap().contains(says), "{records:?}: {payment}");
    }
}

#[test]
fn oversized_records_from_a_mapper_are_neither_sent_nor_stored() {
    let megabyte = "x".repeat(1_000_000);
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let many_records = vec![write("A__c", "B__c", "c", "1"); 100_000];
    let many_fields = RecordWrite {
        fields: vec![Field { name: "Status__c".to_owned(), value: text(&"x".repeat(1_000)) }; 1_000],
        ..write("A__c", "B__c", "c", "1")
    };
    let empty = RecordWrite { fields: Vec::new(), ..write("A__c", "B__c", "c", "1") };
    for (what, response, says) in [
        ("a value", Ok(vec![write("A__c", "B__c", "c", &text(&megabyte))]), "A__c: Status__c: "),
        ("a key", Ok(vec![write("A__c", "B__c", &megabyte, "1")]), "bytes"),
        ("an object", Ok(vec![write(&megabyte, "B__c", "c", "1")]), "bytes"),
        ("many fields", Ok(vec![many_fields]), "A__c: Status__c: "),
        ("many records", Ok(many_records), "bytes"),
        ("many empty records", Ok(vec![empty; 100_000]), "the records of this payment: "),
        ("a problem", Err(MappingProblem { field: "Amount__c".to_owned(), detail: megabyte.clone() }), "Amount__c: xx"),
        ("a field of a problem", Err(MappingProblem { field: megabyte.clone(), detail: "bad".to_owned() }), "…: bad"),
    ] {
        let world = World::new();
        let mapper = FixedMapper(response);
        let gateway = world.gateway_with(&mapper);
        let answered = gateway.handle(json("/v1/payments", "k", &body()));
        assert_eq!(answered.response.status, 201, "{what}: the payment was made nevertheless");
        gateway.finish(answered.deferred);
        assert_eq!(world.salesforce_calls(), 0, "{what}");
        let payment = world.payment(&world.payment_of_order());
        assert_eq!(payment["reviewReasons"][0], "salesforce:mapping_error", "{what}");
        let message = payment["salesforce"]["errorMessage"].as_str().unwrap();
        assert!(message.contains(says) && message.len() < 1_200, "{what}: {} bytes", message.len());
    }
}
