//! The customer of a request: from its own fields, or from the Contact or Account that Salesforce hands over with it.

use serde_json::{Value, json as value};

use super::doubles::{Answer, World, body, json};

/// A Contact as Salesforce gives it, with much that nobody asked for.
fn contact() -> Value {
    value!({
        "attributes": {"type": "Contact", "url": "/services/data/v67.0/sobjects/Contact/003Hs00000abcdeIAA"},
        "Id": "003Hs00000abcdeIAA", "FirstName": "Ada-Marker", "LastName": "Yılmaz-Marker", "Salutation": null,
        "Email": "ada.marker@example.com", "MobilePhone": null, "Phone": "+90 (555) 111-22.33",
        "Birthdate": "1990-04-01", "MailingCountryCode": "TR", "MailingCity": "Izmir-Marker",
        "MailingPostalCode": "35000", "MailingStreet": "Kordon-Marker 1\r\n2nd floor\n", "National_Id__c": "",
        "Account": {"Name": "Marker Ltd", "attributes": {"type": "Account"}}, "Score__c": 1.5, "HasOptedOut": false,
    })
}

/// The usual request with these members in the place of the customer.
fn with(members: &Value) -> Value {
    let mut body = body();
    body.as_object_mut().unwrap().remove("customer");
    for (name, member) in members.as_object().unwrap() {
        body[name] = member.clone();
    }
    body
}

fn opened(world: &World, members: &Value) -> Answer {
    world.send(json("/v1/payments", "k", &with(members)))
}

/// What MaldoPay is told of the customer then.
fn user(members: &Value) -> Value {
    let world = World::new();
    let answer = opened(&world, members);
    assert_eq!(answer.status, 201, "{}", answer.text);
    world.network.maldopay.last_user()
}

#[test]
fn a_contact_is_a_customer() {
    assert_eq!(
        user(&value!({"contact": contact()})),
        value!({
            "playerId": "003Hs00000abcdeIAA", "firstName": "Ada-Marker", "lastName": "Yılmaz-Marker",
            "emailAddress": "ada.marker@example.com", "phone": "+905551112233", "birthDate": "1990-04-01",
            "countryCode": "TR", "city": "Izmir-Marker", "postCode": "35000", "address": "Kordon-Marker 1, 2nd floor",
            "languageCode": "TR",
        })
    );
}

#[test]
fn so_is_an_account_and_a_contact_counts_before_it() {
    let person = value!({
        "Id": "001Hs00000abcdeIAA", "PersonContactId": "003Hs00000fghijIAA", "FirstName": "Bo", "LastName": "Li",
        "PersonEmail": "bo@example.com", "Phone": "05551112233", "PersonBirthdate": "1980-01-02",
        "BillingCity": "Ankara", "BillingCountryCode": "TR", "PersonMailingCity": "Bursa",
    });
    assert_eq!(
        user(&value!({"account": person})),
        value!({
            "playerId": "003Hs00000fghijIAA", "firstName": "Bo", "lastName": "Li", "emailAddress": "bo@example.com",
            "phone": "05551112233", "birthDate": "1980-01-02", "countryCode": "TR", "city": "Bursa", "languageCode": "TR",
        })
    );
    let company =
        value!({"Id": "001Hs00000abcdeIAA", "Name": "Li Ltd", "Phone": "05551112233", "BillingCity": "Ankara"});
    let both = user(&value!({"account": company, "contact": {"Id": "003Hs00000abcdeIAA", "MailingCity": " "}}));
    let expected =
        value!({"playerId": "003Hs00000abcdeIAA", "phone": "05551112233", "city": "Ankara", "languageCode": "TR"});
    assert_eq!(both, expected);
    assert_eq!(user(&value!({"account": company}))["playerId"], "001Hs00000abcdeIAA");
}

#[test]
fn what_the_request_says_itself_wins() {
    let user = user(&value!({
        "contact": contact(), "customer": {"email": "billing@example.com", "ip": "203.0.113.7", "language": "de"},
    }));
    assert_eq!(user["emailAddress"], "billing@example.com");
    assert_eq!((&user["ipAddr"], &user["languageCode"]), (&"203.0.113.7".into(), &"DE".into()));
    assert_eq!((&user["firstName"], &user["playerId"]), (&"Ada-Marker".into(), &"003Hs00000abcdeIAA".into()));
}

#[test]
fn a_value_that_cannot_be_taken_is_named_by_the_field_of_salesforce() {
    for (field, wrong) in [
        ("Email", value!("ada")),
        ("Email", value!(true)),
        ("Email", value!({"address": "ada@example.com"})),
        ("Phone", value!("call me")),
        ("Birthdate", value!("01/04/1990")),
        ("MailingCountryCode", value!("Turkey")),
        ("FirstName", value!("x".repeat(101))),
        ("FirstName", value!("a\u{0}b")),
        ("LastName", value!(1.5)),
        ("MailingPostalCode", value!("x".repeat(21))),
    ] {
        let world = World::new();
        let mut contact = contact();
        contact[field] = wrong.clone();
        let answer = opened(&world, &value!({"contact": contact}));
        let path = format!("contact.{field}");
        assert_eq!((answer.status, answer.code()), (422, "invalid_field"), "{wrong}");
        assert_eq!(answer.json["field"], path, "{wrong}");
        assert!(answer.json["detail"].as_str().unwrap().starts_with(&path), "{}", answer.text);
        assert_eq!((world.store.operations(), world.provider_calls()), (0, 0), "{wrong}: nothing came of it");
    }
}

#[test]
fn whoever_has_no_id_is_named_with_where_it_would_have_been_read() {
    let world = World::new();
    for members in [value!({"contact": {"FirstName": "Ada"}}), value!({"account": {}}), value!({"customer": {}})] {
        let answer = opened(&world, &members);
        assert_eq!((answer.status, &answer.json["field"]), (422, &"customer.id".into()), "{}", answer.text);
        let detail = answer.json["detail"].as_str().unwrap();
        assert!(detail.contains("contact.Id, then account.PersonContactId, then account.Id"), "{detail}");
    }
    for nobody in [value!({}), value!({"customer": null, "contact": null})] {
        assert_eq!(opened(&world, &nobody).json["field"], "customer");
    }
    assert_eq!(world.store.operations(), 0);
}

#[test]
fn a_card_number_is_refused_in_a_record_too() {
    let world = World::new();
    let mut contact = contact();
    contact["Notes__c"] = value!("card 4111 1111 1111 1111");
    let answer = opened(&world, &value!({"contact": contact}));
    assert_eq!((answer.code(), &answer.json["field"]), ("card_number_refused", &"contact.Notes__c".into()));
}

#[test]
fn nothing_of_the_records_is_kept_or_logged() {
    let world = World::new();
    assert_eq!(opened(&world, &value!({"contact": contact(), "account": {"Name": "Marker"}})).status, 201);
    let lines = world.lines.0.borrow().join("\n");
    for text in [world.store.text(), lines] {
        assert!(text.contains("tb"), "{text}");
        for hidden in ["Marker", "ada.marker", "905551112233", "1990-04-01", "003Hs00000abcde"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
}
