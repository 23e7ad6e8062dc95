//! The request for each command.

use serde_json::{Value, json};
use tollbridge_connector::types::{AmountFormat, Command, MethodValue, Operation, Site};
use tollbridge_maldopay::{Credentials, EncodeError, EncodedRequest, RequestTypes, encode};

use crate::{KEY, command, customer, hex_hmac, money, site};

const CONTRACT: &str = r#""clientId":81433,"brandId":15,"integrationId":12980"#;
const LANDING_PAGES: &str = r#""landingPages":{"landingSuccess":"https://shop.example/paid","landingPending":"https://shop.example/wait","landingDeclined":"https://shop.example/declined","landingFailed":"https://shop.example/failed"}"#;
const USER: &str = r#""user":{"firstName":"Ada","lastName":"Yılmaz","birthDate":"1990-04-01","countryCode":"TR","playerId":"003Hs00000abcdeIAA","postCode":"35000","languageCode":"TR","emailAddress":"ada@example.com","phone":"+905551112233","city":"İzmir","address":"Kordon 1","ipAddr":"203.0.113.7"}"#;

fn credentials() -> Credentials {
    Credentials { api_key: "api & key".to_owned(), encrypting_key: KEY.to_owned() }
}

fn sent_to(command: &Command, site: &Site) -> Result<EncodedRequest, EncodeError> {
    encode(command, site, &credentials(), RequestTypes::Always)
}

/// The form's fields, in order.
fn fields(request: &EncodedRequest) -> Vec<(String, String)> {
    form_urlencoded::parse(&request.body).into_owned().collect()
}

fn sent_json(command: &Command, site: &Site) -> String {
    fields(&sent_to(command, site).unwrap()).swap_remove(0).1
}

fn sent_value(command: &Command, site: &Site) -> Value {
    serde_json::from_str(&sent_json(command, site)).unwrap()
}

fn invalid_field(result: Result<EncodedRequest, EncodeError>) -> &'static str {
    match result {
        Err(EncodeError::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_operation_has_its_expected_request() {
    let opening = |service: u64, kind: &str| {
        format!(
            r#""request":{{"serviceId":{service},"currencyCode":"TRY","amount":"50.00","referenceOrderId":"tb1","type":"{kind}"}}"#
        )
    };
    let following = |kind: &str| {
        format!(
            r#"{{"transaction":{{{CONTRACT},"request":{{"serviceId":2031,"currencyCode":"TRY","amount":"50.00","referenceOrderId":"tb1-4","type":"{kind}","originalTransactionId":"987"}}}}}}"#
        )
    };
    let money_in = |kind| format!(r#"{{"transaction":{{{CONTRACT},{LANDING_PAGES},{},{USER}}}}}"#, opening(2031, kind));
    let money_out = format!(r#"{{"transaction":{{{CONTRACT},{},{USER}}}}}"#, opening(2012, "WITHDRAW"));
    for (operation, expected) in [
        (Operation::Charge, money_in("DEPOSIT")),
        (Operation::Authorize, money_in("AUTHORIZE")),
        (Operation::Payout, money_out),
        (Operation::Capture, following("CAPTURE")),
        (Operation::Refund, following("REFUND")),
        (Operation::Void, following("VOID")),
        (Operation::Status, following("STATUS")),
    ] {
        assert_eq!(sent_json(&command(operation), &site()), expected, "{operation:?}");
    }
}

#[test]
fn a_request_is_a_form_for_api_2_1() {
    let request = sent_to(&command(Operation::Charge), &site()).unwrap();
    assert_eq!(request.path, "transactions/");
    assert_eq!(
        request.headers,
        [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json; version=2.1")]
    );
    let fields = fields(&request);
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["json", "apiKey", "checksum"]);
    assert_eq!(fields[1].1, "api & key");
}

#[test]
fn the_checksum_is_over_exactly_the_json_that_is_sent() {
    for operation in [Operation::Charge, Operation::Refund, Operation::Payout] {
        let mut command = command(operation);
        command.description = Some("Sipariş \"1\" & 50% / ödeme + \u{1f4b3}".to_owned());
        let fields = fields(&sent_to(&command, &site()).unwrap());
        assert_eq!(fields[2].1, hex_hmac(KEY, &fields[0].1));
    }
}

#[test]
fn the_same_command_is_sent_byte_for_byte_the_same() {
    let command = command(Operation::Charge);
    assert_eq!(sent_to(&command, &site()), sent_to(&command, &site()));
}

#[test]
fn landing_pages_are_sent_only_if_the_payer_is_redirected() {
    for operation in [Operation::Charge, Operation::Authorize] {
        assert!(sent_json(&command(operation), &site()).contains("landingSuccess"), "{operation:?}");
    }
    let others = [Operation::Payout, Operation::Capture, Operation::Refund, Operation::Void, Operation::Status];
    for operation in others {
        assert!(!sent_json(&command(operation), &site()).contains("landing"), "{operation:?}");
    }
    let mut without = site();
    without.provider.landing_pages = None;
    assert!(!sent_json(&command(Operation::Charge), &without).contains("landing"));
}

#[test]
fn an_amount_has_the_decimals_of_its_currency() {
    for (units, currency, written) in [
        (5_000, "TRY", "50.00"),
        (1, "TRY", "0.01"),
        (500, "JPY", "500"),
        (1_250, "KWD", "1.250"),
        (i64::MAX, "EUR", "92233720368547758.07"),
    ] {
        let mut command = command(Operation::Charge);
        command.amount = money(units, currency);
        let request = sent_value(&command, &site())["transaction"]["request"].take();
        assert_eq!(request["amount"], json!(written));
        assert_eq!(request["currencyCode"], json!(currency));
    }
}

#[test]
fn whole_number_amounts_are_numbers_and_a_fraction_is_refused() {
    let mut whole = site();
    whole.provider.amount_format = AmountFormat::WholeNumber;
    for (units, currency, written) in [(5_000, "TRY", "50"), (500, "JPY", "500"), (2_000, "KWD", "2")] {
        let mut command = command(Operation::Charge);
        command.amount = money(units, currency);
        let json = sent_json(&command, &whole);
        assert!(json.contains(&format!(r#""amount":{written},"#)), "{json}");
    }
    for (units, currency) in [(5_001, "TRY"), (2_001, "KWD"), (10, "TRY")] {
        let mut command = command(Operation::Charge);
        command.amount = money(units, currency);
        assert_eq!(invalid_field(sent_to(&command, &whole)), "amount");
    }
}

#[test]
fn an_invalid_amount_is_not_sent() {
    for (units, currency) in [(-1, "TRY"), (1, "XXX"), (1, "try"), (1, "")] {
        let mut command = command(Operation::Charge);
        command.amount = money(units, currency);
        assert_eq!(invalid_field(sent_to(&command, &site())), "amount");
    }
}

#[test]
fn an_unknown_method_is_named_in_the_error() {
    for method in ["pix", "Checkout", ""] {
        let command = Command { method: method.to_owned(), ..command(Operation::Charge) };
        assert_eq!(sent_to(&command, &site()), Err(EncodeError::UnknownMethod(method.to_owned())));
    }
}

#[test]
fn only_the_first_command_of_a_payment_needs_a_customer() {
    for operation in [Operation::Charge, Operation::Authorize, Operation::Payout] {
        let nobody = Command { customer: None, ..command(operation) };
        assert_eq!(sent_to(&nobody, &site()), Err(EncodeError::Missing("customer")), "{operation:?}");
    }
    let refund = Command { customer: Some(customer()), ..command(Operation::Refund) };
    assert!(sent_json(&refund, &site()).contains(USER), "and sends one that it has");
}

#[test]
fn capture_refund_and_void_need_the_original_transaction_and_a_status_inquiry_does_not() {
    for operation in [Operation::Capture, Operation::Refund, Operation::Void] {
        let of_nothing = Command { original_transaction_id: None, ..command(operation) };
        assert_eq!(sent_to(&of_nothing, &site()), Err(EncodeError::Missing("original-transaction-id")));
    }
    let by_reference = Command { original_transaction_id: None, ..command(Operation::Status) };
    assert!(!sent_json(&by_reference, &site()).contains("originalTransactionId"));
}

#[test]
fn the_description_is_the_reason_and_service_data_follows_it() {
    let value = |name: &str, value: &str| MethodValue { name: name.to_owned(), value: value.to_owned() };
    let command = Command {
        description: Some("Order 00000123".to_owned()),
        method_values: vec![value("serviceData8", "8"), value("serviceData1", "TR33 0006")],
        ..command(Operation::Refund)
    };
    let expected = r#""type":"REFUND","originalTransactionId":"987","reason":"Order 00000123","serviceData":{"serviceData1":"TR33 0006","serviceData8":"8"}}"#;
    let json = sent_json(&command, &site());
    assert!(json.contains(expected), "{json}");
}

#[test]
fn the_reason_contains_the_invoice_number() {
    let reason = |description: Option<&str>, invoice: Option<&str>| {
        let command = Command {
            description: description.map(ToOwned::to_owned),
            invoice: invoice.map(ToOwned::to_owned),
            ..command(Operation::Charge)
        };
        sent_value(&command, &site())["transaction"]["request"]["reason"].as_str().map(ToOwned::to_owned)
    };
    assert_eq!(reason(None, None), None);
    assert_eq!(reason(None, Some("INV-7")).as_deref(), Some("INV-7"));
    assert_eq!(reason(Some("Order 1"), Some("INV-7")).as_deref(), Some("Order 1 / INV-7"));
    assert_eq!(reason(Some("Your invoice INV-7"), Some("INV-7")).as_deref(), Some("Your invoice INV-7"));
    let cut = reason(Some(&"ş".repeat(255)), Some("INV-7")).unwrap();
    assert_eq!((cut.chars().count(), cut.ends_with("ş / INV-7")), (255, true), "{cut}");
}

#[test]
fn method_values_are_service_data_1_to_8_and_nothing_else() {
    for name in
        ["serviceData", "serviceData0", "serviceData9", "serviceData01", "serviceData+1", "servicedata1", "iban", ""]
    {
        let mut command = command(Operation::Charge);
        command.method_values = vec![MethodValue { name: name.to_owned(), value: "x".to_owned() }];
        assert_eq!(invalid_field(sent_to(&command, &site())), "method-values", "{name:?}");
    }
}

#[test]
fn a_repeated_method_value_is_refused() {
    let value = |value: &str| MethodValue { name: "serviceData1".to_owned(), value: value.to_owned() };
    let command = Command { method_values: vec![value("1"), value("2")], ..command(Operation::Charge) };
    assert_eq!(invalid_field(sent_to(&command, &site())), "method-values");
}

#[test]
fn the_language_is_the_customers_or_else_the_locales() {
    for (language, locale, expected) in
        [(Some("de"), "tr-TR", "DE"), (None, "tr-TR", "TR"), (None, "pt_BR", "PT"), (None, "en", "EN"), (None, "", "")]
    {
        let mut command = command(Operation::Charge);
        command.customer =
            Some(tollbridge_connector::types::Customer { language: language.map(ToOwned::to_owned), ..customer() });
        let site = Site { locale: locale.to_owned(), ..site() };
        let user = sent_value(&command, &site)["transaction"]["user"].take();
        assert_eq!(user["languageCode"], json!(expected));
    }
}

#[test]
fn unknown_customer_fields_are_left_out() {
    let mut bare = customer();
    bare.first_name = None;
    bare.last_name = None;
    bare.birth_date = None;
    bare.country = None;
    bare.postal_code = None;
    bare.language = None;
    bare.email = None;
    bare.phone = None;
    bare.city = None;
    bare.street = None;
    bare.ip = None;
    let command = Command { customer: Some(bare), ..command(Operation::Payout) };
    let user = sent_value(&command, &site())["transaction"]["user"].take();
    assert_eq!(user, json!({"playerId": "003Hs00000abcdeIAA", "languageCode": "TR"}));
}

/// Public integrations send no type with deposits and payouts. Without it, a refund would be taken for a payment.
#[test]
fn a_site_may_leave_out_the_type_where_the_service_says_what_the_request_is() {
    for operation in [
        Operation::Charge,
        Operation::Payout,
        Operation::Authorize,
        Operation::Capture,
        Operation::Refund,
        Operation::Void,
        Operation::Status,
    ] {
        let kind = |types| {
            let request = encode(&command(operation), &site(), &credentials(), types).unwrap();
            let json: Value = serde_json::from_str(&fields(&request).swap_remove(0).1).unwrap();
            json["transaction"]["request"].get("type").cloned()
        };
        let is_left_out = matches!(operation, Operation::Charge | Operation::Payout);
        assert_eq!(kind(RequestTypes::WhereNeeded).is_none(), is_left_out, "{operation:?}");
        assert!(kind(RequestTypes::Always).is_some(), "{operation:?}");
    }
}

#[test]
fn values_of_the_method_have_the_place_where_other_integrations_send_them() {
    let value = |name: &str| MethodValue { name: name.to_owned(), value: format!("{name}!") };
    let values = ["serviceData1", "locale", "chainMode", "bonusCode", "company", "passportNo"];
    let command = Command { method_values: values.map(value).to_vec(), ..command(Operation::Charge) };
    let sent = sent_value(&command, &site())["transaction"].clone();
    let data = json!({"serviceData1": "serviceData1!", "locale": "locale!"});
    assert_eq!(sent["request"]["serviceData"], data);
    assert_eq!(
        (&sent["request"]["chainMode"], &sent["request"]["bonusCode"]),
        (&json!("chainMode!"), &json!("bonusCode!"))
    );
    assert_eq!((&sent["user"]["company"], &sent["user"]["passportNo"]), (&json!("company!"), &json!("passportNo!")));
    let twice = Command { method_values: vec![value("company"), value("company")], ..command };
    assert_eq!(invalid_field(sent_to(&twice, &site())), "method-values");
}
