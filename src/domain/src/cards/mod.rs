//! Finds and masks payment card numbers in text. Tollbridge must neither pass on nor store them.
//!
//! A text is split into [`runs`] of digits. A window of a run begins and ends where a group of digits does. It is a
//! card number if one of the [`schemes`] has its beginning and its length, its check digit is right, and it is not one
//! of the [`other_numbers`].

mod account_numbers;
pub(crate) mod characters;
mod other_numbers;
mod runs;
mod schemes;

use std::borrow::Cow;
use std::ops::Range;

use runs::{DigitRun, runs};
use schemes::LENGTHS;

/// How many digits of a card number may be shown.
const SHOWN: usize = 4;

/// Whether the text contains a payment card number (ISO/IEC 7812): 13 to 19 digits of any script, in one piece or in
/// groups, with or without other digits beside them. Digits that touch letters are part of another kind of number, and
/// so are those of telephone numbers, decimals, dates and longer numbers.
#[must_use]
pub fn looks_like_card(text: &str) -> bool {
    runs(text).iter().any(|run| !cards(run, &[]).is_empty())
}

/// The text with an asterisk for every digit of a card number except its last four. The digits beside it are masked
/// too: they may be its expiry date and its security code.
#[must_use]
pub fn mask_cards(text: &str) -> Cow<'_, str> {
    mask(text, &[], false)
}

/// Like [`mask_cards`], except for these numbers, which are known not to be card numbers.
#[must_use]
pub fn mask_cards_but<'a>(text: &'a str, known: &[&str]) -> Cow<'a, str> {
    mask(text, known, false)
}

/// Like [`mask_cards`], for text that was cut off. The cut may be within a card number, so all digits at the end are
/// masked.
#[must_use]
pub fn mask_cards_of_cut(text: &str) -> Cow<'_, str> {
    mask(text, &[], true)
}

fn mask<'a>(text: &'a str, known: &[&str], is_cut: bool) -> Cow<'a, str> {
    let mut masked = String::new();
    let mut copied = 0;
    for run in runs(text) {
        let cards = cards(&run, known);
        let is_cut = is_cut && run.ends_the_text;
        if cards.is_empty() && !is_cut {
            continue;
        }
        let shown = if is_cut { vec![false; run.digits.len()] } else { shown(&run, &cards) };
        for (digit, is_shown) in run.digits.iter().zip(shown) {
            if !is_shown {
                masked.push_str(text.get(copied..digit.at.start).unwrap_or_default());
                masked.push('*');
                copied = digit.at.end;
            }
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(masked)
}

/// Which digits of a run may be shown: the last four of each card number, unless they are part of another one.
fn shown(run: &DigitRun, cards: &[Range<usize>]) -> Vec<bool> {
    let mut shown = vec![false; run.digits.len()];
    let mut set = |places: Range<usize>, is_shown: bool| {
        shown.get_mut(places).unwrap_or_default().fill(is_shown);
    };
    for card in cards {
        set(card.end.saturating_sub(SHOWN)..card.end, true);
    }
    for card in cards {
        set(card.start..card.end.saturating_sub(SHOWN), false);
    }
    shown
}

/// The card numbers of a run, as ranges of its digits. They may overlap if it is not clear which of them is the right
/// one.
fn cards(run: &DigitRun, known: &[&str]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for first in 0..run.groups.len() {
        for last in first..run.groups.len() {
            let window = run.window(first..last.saturating_add(1));
            let length = window.digits.len();
            if length > *LENGTHS.end() {
                break;
            }
            let is_card = LENGTHS.contains(&length)
                && schemes::is_of_a_scheme(&window)
                && schemes::luhn_valid(window.digits)
                && !other_numbers::is_another_number(run, &window)
                && !known.iter().any(|known| window.says(known));
            if is_card {
                found.push(window.places());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
