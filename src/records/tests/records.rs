//! The compiled mapper writes each fact of a payment to the right field of the right record.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test with wrong data should stop")]

use tollbridge_connector::types::*;
use tollbridge_records::records;

fn money(minor_units: i64, currency: &str) -> Money {
    Money { minor_units, currency: currency.to_owned() }
}

fn site(multi_currency: bool) -> Site {
    Site {
        name: "tr".to_owned(),
        legal_entity: "Tollbridge Demo A.Ş.".to_owned(),
        locale: "tr-TR".to_owned(),
        multi_currency,
        provider: ProviderSettings {
            client_id: 1,
            brand_id: 1,
            integration_id: 1,
            services: Vec::new(),
            signature: SignatureScheme::ValuesPipe,
            amount_format: AmountFormat::DecimalString,
            utc_offset_seconds: 0,
            time_zone: None,
            landing_pages: None,
        },
    }
}

fn payment(currency: &str) -> Payment {
    let none = || money(0, currency);
    Payment {
        reference: "tb1".to_owned(),
        intent: Intent::Charge,
        status: PaymentStatus::PartiallyRefunded,
        method: "checkout".to_owned(),
        amount: money(14_990, currency),
        tax: None,
        authorized: none(),
        captured: money(14_990, currency),
        refunded: money(4_990, currency),
        charged_back: none(),
        settled: none(),
        paid_out: none(),
        fees: none(),
        source: Some(SourceRecord {
            object: "Order".to_owned(),
            id: "801Hs00000abcdeIAA".to_owned(),
            number: Some("00000123".to_owned()),
        }),
        invoice: None,
        record: Some(alone(currency)),
        invoice_record: None,
        attempt: 1,
        superseded: false,
        transaction_id: Some("700001".to_owned()),
        conversion: None,
        review_reasons: Vec::new(),
        reason_code: None,
        correlation_id: "c1".to_owned(),
        version: 5,
        created_at: 1_700_000_000_000,
        updated_at: 1_700_000_001_500,
        details: Vec::new(),
    }
}

/// What the record shows if that payment is the only one.
fn alone(currency: &str) -> RecordTotals {
    let none = || money(0, currency);
    RecordTotals {
        status: PaymentStatus::PartiallyRefunded,
        payments: 1,
        authorized: none(),
        captured: money(14_990, currency),
        refunded: money(4_990, currency),
        charged_back: none(),
        settled: none(),
        paid_out: none(),
        fees: none(),
        outstanding: none(),
        reference: "tb1".to_owned(),
        transaction_id: Some("700001".to_owned()),
        review_reasons: Vec::new(),
        version: 5,
    }
}

fn event() -> PaymentEvent {
    PaymentEvent {
        id: "ev1".to_owned(),
        kind: EventKind::Failed(FailedStage::Refund),
        reference: "tb1-3".to_owned(),
        amount: Some(money(4_990, "TRY")),
        fee: None,
        conversion: None,
        transaction_id: Some("700002".to_owned()),
        original_transaction_id: Some("700001".to_owned()),
        method: None,
        occurred_at: Some(1_700_000_000_000),
        code: Some("500".to_owned()),
        reason: Some("said \"no\"".to_owned()),
        reason_code: None,
        redirect_url: None,
        digest: "00".to_owned(),
        details: Vec::new(),
    }
}

fn field<'a>(record: &'a RecordWrite, name: &str) -> Option<&'a str> {
    record.fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
}

#[test]
fn the_payment_comes_first_then_its_events_then_the_record_that_it_is_for() {
    let written = records(&payment("TRY"), &[event()], &site(false)).unwrap();
    let objects: Vec<&str> = written.iter().map(|record| record.object.as_str()).collect();
    assert_eq!(objects, ["MaldoPay_Payment__c", "MaldoPay_Event__c", "Order", "MaldoPay_Payment__c"]);
    let modes: Vec<WriteMode> = written.iter().map(|record| record.mode).collect();
    assert_eq!(modes, [WriteMode::Upsert, WriteMode::InsertOnce, WriteMode::Update, WriteMode::Upsert]);
}

#[test]
fn the_invoice_is_named_where_there_is_one() {
    let of = |invoice: Option<Invoice>| records(&Payment { invoice, ..payment("TRY") }, &[], &site(false)).unwrap();
    let invoice = Invoice { id: None, number: "INV-7".to_owned() };
    assert_eq!(field(&of(Some(invoice))[0], "Invoice_Number__c"), Some("\"INV-7\""));
    assert_eq!(field(&of(None)[0], "Invoice_Number__c"), None, "an organisation without the field is left alone");
}

#[test]
fn amounts_have_the_decimals_of_their_currency_and_never_pass_through_a_float() {
    for (currency, captured, refunded) in
        [("TRY", "149.90", "49.90"), ("JPY", "14990", "4990"), ("KWD", "14.990", "4.990")]
    {
        let written = records(&payment(currency), &[], &site(false)).unwrap();
        assert_eq!(field(&written[0], "Captured_Amount__c"), Some(captured));
        assert_eq!(field(&written[1], "MaldoPay_Refunded_Amount__c"), Some(refunded));
        assert_eq!(field(&written[0], "Minor_Units__c"), Some("14990"));
    }
}

#[test]
fn every_value_is_valid_json_with_the_expected_content() {
    let written = records(&payment("TRY"), &[event()], &site(false)).unwrap();
    for record in &written {
        for field in &record.fields {
            assert!(serde_json::from_str::<serde_json::Value>(&field.value).is_ok(), "{}", field.name);
        }
    }
    assert_eq!(field(&written[0], "Status__c"), Some("\"partially_refunded\""));
    assert_eq!(field(&written[0], "Last_Event_At__c"), Some("\"2023-11-14T22:13:21.500Z\""));
    assert_eq!(field(&written[1], "Kind__c"), Some("\"refund_failed\""));
    assert_eq!(field(&written[1], "Reason__c"), Some("\"said \\\"no\\\"\""));
    assert_eq!(field(&written[1], "MaldoPay_Payment__r"), Some("{\"Reference__c\":\"tb1\"}"));
    assert_eq!(field(&written[2], "MaldoPay_Needs_Review__c"), Some("false"));
    assert_eq!(field(&written[2], "MaldoPay_Review_Reason__c"), Some("null"));
}

#[test]
fn the_iso_code_is_sent_only_where_the_organisation_has_the_field() {
    for (multi_currency, expected) in [(true, Some("\"TRY\"")), (false, None)] {
        let written = records(&payment("TRY"), &[event()], &site(multi_currency)).unwrap();
        assert_eq!(field(&written[0], "CurrencyIsoCode"), expected);
        assert_eq!(field(&written[1], "CurrencyIsoCode"), expected);
    }
}

#[test]
fn the_record_shows_the_sums_over_all_its_payments_whichever_of_them_is_synced() {
    let together = RecordTotals {
        status: PaymentStatus::Captured,
        payments: 3,
        captured: money(14_018, "TRY"),
        refunded: money(0, "TRY"),
        charged_back: money(1, "TRY"),
        settled: money(2, "TRY"),
        paid_out: money(1_500, "TRY"),
        reference: "tb2".to_owned(),
        transaction_id: Some("700009".to_owned()),
        review_reasons: vec!["paid_after_superseded".to_owned(), "record_in_several_currencies".to_owned()],
        ..alone("TRY")
    };
    let failed = Payment { superseded: true, status: PaymentStatus::Failed, ..payment("TRY") };
    for payment in [payment("TRY"), failed] {
        let of = Payment { record: Some(together.clone()), ..payment };
        let written = records(&of, &[], &site(false)).unwrap();
        assert_eq!(written[1].object, "Order");
        for (name, value) in [
            ("MaldoPay_Status__c", "\"captured\""),
            ("MaldoPay_Captured_Amount__c", "140.18"),
            ("MaldoPay_Refunded_Amount__c", "0.00"),
            ("MaldoPay_Charged_Back_Amount__c", "0.01"),
            ("MaldoPay_Settled_Amount__c", "0.02"),
            ("MaldoPay_Paid_Out_Amount__c", "15.00"),
            ("MaldoPay_Transaction_Id__c", "\"700009\""),
            ("MaldoPay_Payment__r", "{\"Reference__c\":\"tb2\"}"),
            ("MaldoPay_Needs_Review__c", "true"),
            ("MaldoPay_Review_Reason__c", "\"paid_after_superseded; record_in_several_currencies\""),
        ] {
            assert_eq!(field(&written[1], name), Some(value), "{name}");
        }
        assert_eq!(field(&written[0], "Needs_Review__c"), Some("false"), "the payment's own");
    }
}

#[test]
fn an_order_and_an_invoice_list_their_payments() {
    let lookups = |payment: &Payment| {
        let written = records(payment, &[], &site(false)).unwrap();
        let named = written.iter().skip(1).find(|record| record.object == "MaldoPay_Payment__c").cloned();
        named.map(|record| record.fields.into_iter().map(|field| (field.name, field.value)).collect::<Vec<_>>())
    };
    let (order, invoice) = ("\"801Hs00000abcdeIAA\"".to_owned(), "\"3ttHs00000abcdeIAA\"".to_owned());
    let named = |id: Option<&str>| Some(Invoice { id: id.map(str::to_owned), number: "INV-7".to_owned() });
    let beside = Payment { invoice: named(Some("3ttHs00000abcdeIAA")), ..payment("TRY") };
    let both = vec![("Order__c".to_owned(), order.clone()), ("Invoice__c".to_owned(), invoice.clone())];
    assert_eq!(lookups(&beside), Some(both));
    let unknown = Payment { invoice: named(None), ..payment("TRY") };
    assert_eq!(lookups(&unknown), Some(vec![("Order__c".to_owned(), order)]));
    let mut invoiced = payment("TRY");
    let source = invoiced.source.as_mut().unwrap();
    (source.object, source.id) = ("Invoice".to_owned(), "3ttHs00000abcdeIAA".to_owned());
    assert_eq!(lookups(&invoiced), Some(vec![("Invoice__c".to_owned(), invoice)]));
    let mut custom = payment("TRY");
    custom.source.as_mut().unwrap().object = "Subscription__c".to_owned();
    assert_eq!(lookups(&custom), None);
}

#[test]
fn another_object_gets_no_record_since_its_fields_are_unknown() {
    let mut custom = payment("TRY");
    custom.source.as_mut().unwrap().object = "Subscription__c".to_owned();
    assert_eq!(records(&custom, &[], &site(false)).unwrap().len(), 1);
    let unmatched = Payment { source: None, record: None, intent: Intent::Unmatched, ..payment("TRY") };
    let written = records(&unmatched, &[], &site(false)).unwrap();
    assert_eq!((written.len(), field(&written[0], "Source_Id__c")), (1, Some("null")));
}

#[test]
fn an_unknown_currency_is_refused_with_the_name_of_its_field() {
    let Err(error) = records(&payment("XXX"), &[], &site(false)) else { panic!("it was written") };
    assert_eq!(error.field, "Amount__c");
}

#[test]
fn tax_is_written_if_there_is_any_with_every_digit_of_its_rate() {
    let tax = Tax {
        amount: money(771, "TRY"),
        rate: Some("7.7".to_owned()),
        country: Some("CH".to_owned()),
        inclusive: false,
    };
    let taxed = Payment { tax: Some(tax.clone()), ..payment("TRY") };
    let record = &records(&taxed, &[], &site(false)).unwrap()[0];
    for (name, value) in
        [("Tax_Amount__c", "7.71"), ("Tax_Rate__c", "7.7"), ("Tax_Country__c", "\"CH\""), ("Tax_Inclusive__c", "false")]
    {
        assert_eq!(field(record, name), Some(value), "{name}");
    }
    let unsaid = Payment { tax: Some(Tax { rate: None, country: None, ..tax.clone() }), ..payment("TRY") };
    let record = &records(&unsaid, &[], &site(false)).unwrap()[0];
    assert_eq!((field(record, "Tax_Rate__c"), field(record, "Tax_Country__c")), (Some("null"), Some("null")));
    let untaxed = &records(&payment("TRY"), &[], &site(false)).unwrap()[0];
    assert!(untaxed.fields.iter().all(|field| !field.name.starts_with("Tax_")), "{untaxed:?}");
    let broken = Payment { tax: Some(Tax { rate: Some("\"7\"".to_owned()), ..tax }), ..payment("TRY") };
    assert_eq!(records(&broken, &[], &site(false)).unwrap_err().field, "Tax_Rate__c");
}

#[test]
fn a_conversion_is_written_whole_on_the_payment_and_on_the_event() {
    let conversion = Conversion {
        original: Some(money(14_990, "TRY")),
        amount: money(435, "EUR"),
        rate: Some("0.02900000000000000000001".to_owned()),
    };
    let converted = Payment { conversion: Some(conversion.clone()), ..payment("TRY") };
    let written =
        records(&converted, &[PaymentEvent { conversion: Some(conversion.clone()), ..event() }], &site(true)).unwrap();
    for record in &written[..2] {
        for (name, value) in [
            ("Original_Amount__c", "149.90"),
            ("Original_Currency__c", "\"TRY\""),
            ("Converted_Amount__c", "4.35"),
            ("Converted_Currency__c", "\"EUR\""),
            ("Conversion_Rate__c", "\"0.02900000000000000000001\""),
            ("CurrencyIsoCode", "\"TRY\""),
        ] {
            assert_eq!(field(record, name), Some(value), "{name}");
        }
    }
    let partial =
        Payment { conversion: Some(Conversion { original: None, rate: None, ..conversion }), ..payment("TRY") };
    let record = &records(&partial, &[], &site(true)).unwrap()[0];
    assert_eq!(field(record, "Converted_Amount__c"), Some("4.35"));
    for name in ["Original_Amount__c", "Original_Currency__c", "Conversion_Rate__c"] {
        assert_eq!(field(record, name), Some("null"), "{name}");
    }
    let none = &records(&payment("TRY"), &[], &site(true)).unwrap()[0];
    assert!(none.fields.iter().all(|field| !field.name.contains("onver") && !field.name.starts_with("Original_")));
}
