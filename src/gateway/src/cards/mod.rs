//! Payment card numbers: refused in requests, and masked in what MaldoPay sends, so that none is ever stored, logged or
//! sent on.

mod bodies;
mod json;
mod refusal;

pub use bodies::masked_body;
pub use refusal::{find, refused};

use tollbridge_domain::{Conversion, Event, TransactionId, mask_cards, mask_cards_but, mask_cards_of_cut};

/// The provider component truncates the texts of an event to this many characters.
const MAX_EVENT_TEXT: usize = 255;

/// The event with the card numbers in its texts masked. Transaction ids stay as they are, because they identify the
/// payment.
pub fn masked(event: Event) -> Event {
    let ids: Vec<String> = ids(&event).map(ToString::to_string).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let conversion = event
        .conversion
        .map(|conversion| Conversion { rate: conversion.rate.as_deref().map(masked_text), ..conversion });
    Event {
        conversion,
        code: event.code.as_deref().map(masked_text),
        reason: event.reason.as_deref().map(masked_text),
        reason_code: event.reason_code.as_deref().map(masked_text),
        redirect_url: event.redirect_url.map(|url| mask_cards_but(&url, &ids).into_owned()),
        ..event
    }
}

fn ids(event: &Event) -> impl Iterator<Item = &TransactionId> {
    event.transaction.iter().chain(event.acts_on.iter())
}

fn masked_text(text: &str) -> String {
    let is_cut = text.chars().count() >= MAX_EVENT_TEXT;
    if is_cut { mask_cards_of_cut(text) } else { mask_cards(text) }.into_owned()
}

/// The digits before the point of a JSON number, however it is written. None where it has more digits than any card
/// number.
fn whole_digits(number: &str) -> Option<String> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('-');
    let exponent: i64 = exponent.parse().ok()?;
    let point = i64::try_from(whole.len()).ok()?.saturating_add(exponent);
    let point = usize::try_from(point).ok().filter(|point| *point <= 32)?;
    Some(whole.chars().chain(fraction.chars()).chain(core::iter::repeat('0')).take(point).collect())
}
