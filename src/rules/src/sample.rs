//! A payment with every possible fact, which documents are checked with before they map a real one.

use tollbridge_connector::types::{
    AmountFormat, Conversion, EventKind, Intent, Invoice, Money, Payment, PaymentEvent, PaymentStatus,
    ProviderSettings, RecordTotals, SignatureScheme, Site, SourceRecord, Tax,
};

use crate::input::Input;

fn money() -> Money {
    Money { minor_units: 14_990, currency: "TRY".to_owned() }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn conversion() -> Option<Conversion> {
    Some(Conversion { original: Some(money()), amount: money(), rate: some("1.0") })
}

fn totals() -> Option<RecordTotals> {
    Some(RecordTotals {
        status: PaymentStatus::Captured,
        payments: 1,
        authorized: money(),
        captured: money(),
        refunded: money(),
        charged_back: money(),
        settled: money(),
        paid_out: money(),
        fees: money(),
        outstanding: money(),
        reference: "tb0".to_owned(),
        transaction_id: some("1"),
        review_reasons: vec!["disputed".to_owned()],
        version: 1,
    })
}

/// The sample input; `None` only if the sample itself were invalid.
pub fn input() -> Option<Input> {
    let payment = Payment {
        reference: "tb0".to_owned(),
        intent: Intent::Charge,
        status: PaymentStatus::Captured,
        method: "checkout".to_owned(),
        amount: money(),
        tax: Some(Tax { amount: money(), rate: some("20"), country: some("TR"), inclusive: true }),
        authorized: money(),
        captured: money(),
        refunded: money(),
        charged_back: money(),
        settled: money(),
        paid_out: money(),
        fees: money(),
        source: Some(SourceRecord {
            object: "Order".to_owned(),
            id: "801000000000000AAA".to_owned(),
            number: some("1"),
        }),
        invoice: Some(Invoice { id: some("3tt000000000000AAA"), number: "1".to_owned() }),
        record: totals(),
        invoice_record: totals(),
        attempt: 1,
        superseded: false,
        transaction_id: some("1"),
        conversion: conversion(),
        review_reasons: vec!["disputed".to_owned()],
        reason_code: some("1"),
        correlation_id: "c".to_owned(),
        version: 1,
        created_at: 0,
        updated_at: 0,
        details: Vec::new(),
    };
    let event = PaymentEvent {
        id: "ev0".to_owned(),
        kind: EventKind::Captured,
        reference: "tb0".to_owned(),
        amount: Some(money()),
        fee: Some(money()),
        conversion: conversion(),
        transaction_id: some("1"),
        original_transaction_id: some("1"),
        method: some("checkout"),
        occurred_at: Some(0),
        code: some("1"),
        reason: some("1"),
        reason_code: some("1"),
        redirect_url: some("1"),
        digest: "0".to_owned(),
        details: Vec::new(),
    };
    let site = Site {
        name: "tr".to_owned(),
        legal_entity: "L".to_owned(),
        locale: "tr-TR".to_owned(),
        multi_currency: true,
        provider: ProviderSettings {
            client_id: 0,
            brand_id: 0,
            integration_id: 0,
            services: Vec::new(),
            signature: SignatureScheme::ValuesPipe,
            amount_format: AmountFormat::DecimalString,
            utc_offset_seconds: 0,
            time_zone: None,
            landing_pages: None,
        },
    };
    Input::new(&payment, &[event], &site).ok()
}
