//! The customer of a request: from its own fields, or from the Contact or Account that Salesforce sends with it.

use std::rc::Rc;

use serde_json::{Value, json as value};

use super::doubles::{CONFIG, DecodedResponse, World, body, json, secrets};

/// A Contact as Salesforce sends it, with many fields that nobody needs.
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

/// The usual request with these members in place of the customer.
fn with(members: &Value) -> Value {
    let mut body = body();
    body.as_object_mut().unwrap().remove("customer");
    for (name, member) in members.as_object().unwrap() {
        body[name] = member.clone();
    }
    body
}

fn opened(world: &World, members: &Value) -> DecodedResponse {
    world.send(json("/v1/payments", "k", &with(members)))
}

/// The customer in the request to MaldoPay.
fn user(members: &Value) -> Value {
    let world = World::new();
    let response = opened(&world, members);
    assert_eq!(response.status, 201, "{}", response.text);
    world.network.maldopay.last_user()
}

#[test]
fn a_contact_may_be_the_customer() {
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
fn an_account_may_be_the_customer_and_a_contact_takes_precedence() {
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
fn the_requests_own_fields_take_precedence() {
    let user = user(&value!({
        "contact": contact(), "customer": {"email": "billing@example.com", "ip": "203.0.113.7", "language": "de"},
    }));
    assert_eq!(user["emailAddress"], "billing@example.com");
    assert_eq!((&user["ipAddr"], &user["languageCode"]), (&"203.0.113.7".into(), &"DE".into()));
    assert_eq!((&user["firstName"], &user["playerId"]), (&"Ada-Marker".into(), &"003Hs00000abcdeIAA".into()));
}

#[test]
fn an_invalid_value_is_named_by_its_field_in_salesforce() {
    for (field, wrong) in [
        ("Email", value!("ada")),
        ("Email", value!(true)),
        ("Email", value!({"address": "ada@example.com"})),
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
        let response = opened(&world, &value!({"contact": contact}));
        let path = format!("contact.{field}");
        assert_eq!((response.status, response.code()), (422, "invalid_field"), "{wrong}");
        assert_eq!(response.json["field"], path, "{wrong}");
        assert!(response.json["detail"].as_str().unwrap().starts_with(&path), "{}", response.text);
        assert_eq!((world.store.operations(), world.provider_calls()), (0, 0), "{wrong}: it had an effect");
    }
}

#[test]
fn a_missing_id_is_reported_with_the_fields_it_could_come_from() {
    let world = World::new();
    for members in [value!({"contact": {"FirstName": "Ada"}}), value!({"account": {}}), value!({"customer": {}})] {
        let response = opened(&world, &members);
        assert_eq!((response.status, &response.json["field"]), (422, &"customer.id".into()), "{}", response.text);
        let detail = response.json["detail"].as_str().unwrap();
        assert!(detail.contains("contact.Id, then account.PersonContactId, then account.Id"), "{detail}");
    }
    for nobody in [value!({}), value!({"customer": null, "contact": null})] {
        assert_eq!(opened(&world, &nobody).json["field"], "customer");
    }
    assert_eq!(world.store.operations(), 0);
}

#[test]
fn a_card_number_is_refused_in_what_is_read_of_a_record_and_nowhere_else_in_it() {
    let world = demanding();
    for (field, card) in [
        ("LastName", "card 4111 1111 1111 1111"),
        ("MailingStreet", "4111 1111\n1111 1111"),
        ("National_Id__c", "4111111111111111"),
    ] {
        let mut contact = contact();
        contact["National_Id__c"] = value!("1");
        contact[field] = value!(card);
        let members = value!({"method": "pix", "contact": contact, "customer": {"ip": "203.0.113.7"}});
        let response = opened(&world, &members);
        let path = format!("contact.{field}");
        assert_eq!(
            (response.code(), &response.json["field"]),
            ("card_number_refused", &path.into()),
            "{}",
            response.text
        );
        assert!(!response.text.contains("1111"), "{}", response.text);
    }
    let phone = World::new();
    let mut with_card = contact();
    with_card["Phone"] = value!("378 28 224631 0005");
    let response = opened(&phone, &value!({"contact": with_card}));
    assert_eq!(response.json["field"], "contact.Phone", "what is sent on is looked at: {}", response.text);
    assert_eq!((world.store.operations(), phone.store.operations()), (0, 0));
    let mut contact = contact();
    contact["Notes__c"] = value!("card 4111 1111 1111 1111");
    contact["4111111111111111"] = value!({"x": [4_111_111_111_111_111_u64]});
    let response = opened(&phone, &value!({"contact": contact, "account": {"Fax": "4111 1111 1111 1111"}}));
    assert_eq!(response.status, 201, "nobody reads these: {}", response.text);
    assert!(!phone.store.text().contains("4111"), "they are not stored");
}

#[test]
fn a_telephone_number_is_read_as_people_paste_it() {
    for (own, contact_fields, expected) in [
        (None, value!({"Phone": "\u{202a}+90 (0)555\u{a0}111 22\u{2011}33\u{202c}"}), Some("+905551112233")),
        (None, value!({"MobilePhone": "ask Bo", "Phone": "+90 555 111 22 33"}), Some("+905551112233")),
        (None, value!({"MobilePhone": "0555 1112233 / 0555 1112244", "Phone": "none"}), None),
        (None, value!({"Phone": "4915112345678"}), Some("4915112345678")),
        (Some("+90\u{200b} (0) 555 111 22 33"), value!({"Phone": "1234"}), Some("+905551112233")),
    ] {
        let mut contact = contact();
        for (name, field) in contact_fields.as_object().unwrap() {
            contact[name] = field.clone();
        }
        let mut members = value!({"contact": contact});
        if let Some(own) = own {
            members["customer"] = value!({"phone": own});
        }
        let user = user(&members);
        assert_eq!(user.get("phone").and_then(Value::as_str), expected, "{contact_fields}");
    }
    // A value in the request is the caller's own, and never dropped.
    let response = opened(&World::new(), &value!({"contact": contact(), "customer": {"phone": "call me"}}));
    assert_eq!((response.status, &response.json["field"]), (422, &"customer.phone".into()));
}

#[test]
fn a_telephone_number_that_cannot_be_read_is_a_problem_where_the_method_needs_one() {
    let bank = "bank = { id = 2006, needs = [\"phone\"] }";
    let world = World::configured(&CONFIG.replacen("bank = 2006", bank, 1), &secrets());
    let mut contact = contact();
    contact["MobilePhone"] = value!("ask Bo");
    let response = opened(&world, &value!({"method": "bank", "contact": contact}));
    assert_eq!(response.status, 201, "the next field has one: {}", response.text);
    contact["Phone"] = value!("none");
    let members = with(&value!({"method": "bank", "contact": contact}));
    let response = world.send(json("/v1/payments", "k2", &members));
    let actual = (response.status, response.code(), &response.json["field"]);
    assert_eq!(actual, (422, "invalid_field", &"contact.MobilePhone".into()), "{}", response.text);
    assert!(response.json["detail"].as_str().unwrap().contains("+905551112233"), "{}", response.text);
}

#[test]
fn nothing_of_the_records_is_stored_or_logged() {
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

/// A site with a method that requires many fields, some of which come from the site's own fields.
fn demanding() -> Rc<World> {
    let pix = "pix = { id = 2157, needs = [\"firstName\", \"email\", \"methodData.serviceData1\", \"ip\"], \
               data = { serviceData1 = \"contact.National_Id__c\", serviceData2 = [\"account.Branch__c\"] } }";
    let customer = "customer = { email = [\"contact.Billing_Email__c\", \"contact.Email\"], phone = [] }";
    let config = CONFIG.replacen("bank = 2006", &format!("bank = 2006, {pix}"), 1).replacen(
        "[sites.de]",
        &format!("{customer}\n[sites.de]"),
        1,
    );
    World::configured(&config, &secrets())
}

#[test]
fn all_missing_fields_of_a_method_are_named_at_once() {
    let world = demanding();
    let mut contact = contact();
    contact["Email"] = Value::Null;
    let members = value!({"method": "pix", "contact": contact, "customer": {"lastName": "Y."}});
    let response = opened(&world, &members);
    assert_eq!((response.status, response.code()), (422, "invalid_field"), "{}", response.text);
    let missing = ["customer.email", "methodData.serviceData1", "customer.ip"];
    assert_eq!(response.json["field"], missing[0]);
    let problems = response.json["problems"].as_array().unwrap();
    let named: Vec<&str> = problems.iter().map(|problem| problem["field"].as_str().unwrap()).collect();
    assert_eq!(named, missing);
    let says = |index: usize| problems[index]["detail"].as_str().unwrap();
    assert_eq!(
        says(0),
        "customer.email: missing, and pix needs it; without it this site reads contact.Billing_Email__c, then contact.Email"
    );
    assert!(says(1).ends_with("this site reads contact.National_Id__c"), "{}", says(1));
    assert_eq!(says(2), "customer.ip: missing, and pix needs it");
    let detail = response.json["detail"].as_str().unwrap();
    assert!((0..3).all(|index| detail.contains(says(index))), "{detail}");
    assert_eq!((world.store.operations(), world.provider_calls()), (0, 0), "nothing is claimed, stored or sent");
    assert_eq!(
        opened(&world, &value!({"method": "bank", "contact": contact})).status,
        201,
        "another method requires none of them"
    );
}

#[test]
fn the_fields_of_a_method_are_read_from_where_the_site_says() {
    let world = demanding();
    let mut contact = contact();
    contact["Billing_Email__c"] = value!("billing@example.com");
    contact["National_Id__c"] = value!(12_345_678_901_u64);
    let members = value!({
        "method": "pix", "contact": contact, "customer": {"ip": "203.0.113.7"}, "account": {"Branch__c": "0001"},
    });
    let response = opened(&world, &members);
    assert_eq!(response.status, 201, "{}", response.text);
    let user = world.network.maldopay.last_user();
    assert_eq!((&user["emailAddress"], user.get("phone")), (&"billing@example.com".into(), None));
    let sent = world.network.maldopay.requests()[0]["serviceData"].clone();
    assert_eq!(sent, value!({"serviceData1": "12345678901", "serviceData2": "0001"}));
}

#[test]
fn a_value_in_the_request_takes_precedence_over_the_record() {
    let world = demanding();
    let mut contact = contact();
    contact["National_Id__c"] = value!("1");
    let members = value!({
        "method": "pix", "contact": contact, "customer": {"ip": "203.0.113.7"}, "methodData": {"serviceData1": "2"},
    });
    assert_eq!(opened(&world, &members).status, 201);
    assert_eq!(world.network.maldopay.requests()[0]["serviceData"], value!({"serviceData1": "2"}));
    contact["National_Id__c"] = value!("x".repeat(256));
    let members = value!({"method": "pix", "contact": contact, "customer": {"ip": "203.0.113.7"}});
    let response = world.send(json("/v1/payments", "k2", &with(&members)));
    assert_eq!(
        (response.status, &response.json["field"]),
        (422, &"contact.National_Id__c".into()),
        "{}",
        response.text
    );
}

#[test]
fn the_values_for_a_method_are_sent_only_with_that_method() {
    let world = demanding();
    let mut contact = contact();
    contact["National_Id__c"] = value!("12345678901");
    assert_eq!(opened(&world, &value!({"method": "checkout", "contact": contact})).status, 201);
    assert_eq!(world.network.maldopay.requests()[0].get("serviceData"), None);
}

#[test]
fn the_example_in_the_documentation_is_a_valid_configuration() {
    let page = include_str!("../../../../docs/configuration.md");
    let example =
        page.split("### Customers").nth(1).unwrap().split("```").nth(1).unwrap().strip_prefix("toml").unwrap();
    let usual = CONFIG.replacen(", services = { checkout = 2031, bank = 2006 }", "", 1);
    let usual = usual.replacen("maldopay = {", "[sites.tr.maldopay]\n#", 1).replacen("salesforce = {", "#", 1);
    let site = "url = \"https://maldopay.example/\"\nclient_id = 1\nbrand_id = 2\nintegration_id = 3\n\
                [sites.tr.salesforce]\nurl = \"https://tollbridge.my.salesforce.example\"\n[sites.de]";
    let world = World::configured(&format!("{}\n{example}", usual.replacen("[sites.de]", site, 1)), &secrets());
    let members = value!({
        "method": "pix", "account": {"Id": "001Hs00000abcdeIAA", "Language__c": "pt"},
        "contact": {"FirstName": "Ana", "Email": "ana@example.com", "Phone": "none", "National_Id__c": "12345678909"},
    });
    let response = opened(&world, &members);
    assert_eq!(response.status, 201, "{}", response.text);
    let user = world.network.maldopay.last_user();
    assert_eq!((&user["languageCode"], user.get("phone")), (&"PT".into(), None));
}

#[test]
fn a_repetition_is_recognized_although_the_record_changed() {
    let world = World::new();
    let mut contact = contact();
    let first = opened(&world, &value!({"contact": contact}));
    assert_eq!(first.status, 201, "{}", first.text);
    contact["SystemModstamp"] = value!("2026-11-20T10:15:30.000+0000");
    contact["Account"] = value!({"Name": "Another"});
    let again = opened(&world, &value!({"contact": contact}));
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")), "{}", again.text);
    assert_eq!(again.text, first.text);
    contact["Email"] = value!("another@example.com");
    assert_eq!(opened(&world, &value!({"contact": contact})).code(), "idempotency_key_reused");
    assert_eq!(world.provider_calls(), 1);
}

#[test]
fn only_the_fields_that_a_method_accepts_are_sent_with_it() {
    let bank = "bank = { id = 2006, needs = [\"email\"], takes = [\"city\", \"phone\"] }";
    let world = World::configured(&CONFIG.replacen("bank = 2006", bank, 1), &secrets());
    let members = value!({"method": "bank", "contact": contact(), "customer": {"lastName": "Y."}});
    let response = opened(&world, &members);
    assert_eq!(response.status, 201, "{}", response.text);
    let expected = value!({
        "playerId": "003Hs00000abcdeIAA", "lastName": "Y.", "emailAddress": "ada.marker@example.com",
        "phone": "+905551112233", "city": "Izmir-Marker", "languageCode": "TR",
    });
    assert_eq!(world.network.maldopay.last_user(), expected);
}
