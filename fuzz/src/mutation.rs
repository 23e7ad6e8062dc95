//! Random changes to inputs, for the short runs without libFuzzer. They use the punctuation of the formats, so that
//! many inputs stay partly valid.

use fastrand::Rng;

/// Tokens that readers look for or fail on.
const TOKENS: [&str; 40] = [
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "0.001",
    "9223372036854775807",
    "149.90",
    "149.999",
    "\"",
    "\\",
    "\\ud800",
    "\\u0000",
    "{",
    "}",
    "[",
    "]",
    "[]",
    "{}",
    ",",
    ":",
    "|",
    "&",
    "=",
    "%",
    "%00",
    "+",
    "\n",
    "\n\n",
    "\r\n",
    "../",
    "4111111111111111",
    "JPY",
    "KWD",
    "XXX",
    "CONFIRMED",
    "DECLINED",
    "REFUND",
    "\u{202e}",
    "\u{0}",
];

/// One of the inputs, changed in a few places.
#[must_use]
pub fn mutated(inputs: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    let mut bytes = random.choice(inputs).cloned().unwrap_or_default();
    for _ in 0..random.usize(1..=4) {
        change(&mut bytes, inputs, random);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, inputs: &[Vec<u8>], random: &mut Rng) {
    let at = random.usize(0..=bytes.len());
    match random.u8(0..12) {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.u8(0..8);
            }
        }
        2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.u8(..);
            }
        }
        3 => {
            let digits: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
            if let Some(at) = random.choice(digits) {
                bytes[at] = random.u8(b'0'..=b'9');
            }
        }
        4 => bytes.insert(at, random.u8(..)),
        5 => drop(bytes.drain(within(bytes, random))),
        6 => {
            let copied = bytes[within(bytes, random)].to_vec();
            drop(bytes.splice(at..at, copied));
        }
        7 => bytes.truncate(at),
        8 | 9 => {
            let token = random.choice(TOKENS).unwrap_or_default();
            let replaced = if random.bool() { at..at } else { within(bytes, random) };
            drop(bytes.splice(replaced, token.bytes()));
        }
        10 => {
            let other = random.choice(inputs).cloned().unwrap_or_default();
            let part = other[within(&other, random)].to_vec();
            drop(bytes.splice(within(bytes, random), part));
        }
        _ => swap_parts(bytes, random),
    }
}

/// A range between two punctuation marks, or anywhere.
fn within(bytes: &[u8], random: &mut Rng) -> std::ops::Range<usize> {
    let place = |random: &mut Rng| {
        let marks: Vec<usize> = (0..bytes.len()).filter(|at| b"\",:&=\n{}[]|. ".contains(&bytes[*at])).collect();
        if random.bool() { random.choice(marks) } else { None }.unwrap_or_else(|| random.usize(0..=bytes.len()))
    };
    let (one, other) = (place(random), place(random));
    one.min(other)..one.max(other)
}

/// Swaps two fields or lines.
fn swap_parts(bytes: &mut Vec<u8>, random: &mut Rng) {
    let separator = *random.choice(b",&\n").unwrap_or(&b',');
    let mut parts: Vec<&[u8]> = bytes.split(|byte| *byte == separator).collect();
    let (one, other) = (random.usize(0..parts.len()), random.usize(0..parts.len()));
    parts.swap(one, other);
    *bytes = parts.join(&separator);
}
