//! A million deliveries that an attacker changed after MaldoPay signed them, or signed without the key. None is
//! accepted.
//!
//! `oracle`, which is not part of the component, decides whether a change touches what the scheme covers. Changes that
//! do not are left out and counted: under `values-pipe` field names, nested values and white space are not signed, as
//! `docs/maldopay.md` says; hex may be in either case; and some changes have no effect.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod forgery;
mod honest;

use std::collections::BTreeMap;

use fastrand::Rng;
use tollbridge_connector::types::SignatureScheme;
use tollbridge_fuzz::oracle::{SCHEMES, covered, in_window};
use tollbridge_maldopay::verify;

use forgery::{Forgery, KINDS, forge};
use honest::{GenuineDelivery, honest};

/// The number of forged deliveries that the component verifies.
const FORGED: usize = 1_000_000;

/// The number of threads that forge, each with its own random numbers. Half of them use fixed random seeds.
const SHARDS: usize = 8;

/// How many deliveries are forged from one set of honest ones.
const ROUND: usize = 1_000;

/// The counts for one kind of forgery under one scheme.
#[derive(Clone, Copy, Debug, Default)]
struct ForgeryCount {
    refused: usize,
    left_out: usize,
}

type ForgeryCounts = BTreeMap<(&'static str, &'static str), ForgeryCount>;

#[test]
fn none_of_a_million_forged_deliveries_is_accepted() {
    let chosen = std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u64 = chosen.unwrap_or_else(|| fastrand::u64(..));
    println!("FUZZ_SEED={seed}");
    let started = std::time::Instant::now();
    let shards: Vec<ForgeryCounts> = std::thread::scope(|scope| {
        let numbered = (0..SHARDS).map(|shard| {
            let own = u64::try_from(shard).unwrap();
            let seed = if shard % 2 == 0 { own } else { seed.wrapping_add(own) };
            scope.spawn(move || refuse(FORGED / SHARDS, &mut Rng::with_seed(seed)))
        });
        let running: Vec<_> = numbered.collect();
        running.into_iter().map(|shard| shard.join().unwrap()).collect()
    });
    let mut counts = ForgeryCounts::new();
    for (key, count) in shards.into_iter().flatten() {
        let sum = counts.entry(key).or_default();
        sum.refused += count.refused;
        sum.left_out += count.left_out;
    }
    println!("{:<18} {:<28} {:>9} {:>9}", "scheme", "forgery", "refused", "left out");
    for ((scheme, kind), count) in &counts {
        println!("{scheme:<18} {kind:<28} {:>9} {:>9}", count.refused, count.left_out);
    }
    let refused: usize = counts.values().map(|count| count.refused).sum();
    let left_out: usize = counts.values().map(|count| count.left_out).sum();
    println!("{refused} refused, {left_out} left out, in {:.1?}", started.elapsed());
    assert_eq!(refused, FORGED);
    for scheme in SCHEMES.map(name) {
        let of_scheme: usize = counts.iter().filter(|(key, _)| key.0 == scheme).map(|(_, count)| count.refused).sum();
        assert!(of_scheme > FORGED / 4, "{of_scheme} of {scheme}");
    }
    for kind in KINDS {
        let of_kind: usize = counts.iter().filter(|(key, _)| key.1 == kind.0).map(|(_, count)| count.refused).sum();
        assert!(of_kind > FORGED / 1_000, "{of_kind} of {:?}", kind.0);
    }
}

/// Forges deliveries until this many of them changed something that is signed, and asserts that each of those is
/// refused.
fn refuse(forged: usize, random: &mut Rng) -> ForgeryCounts {
    let mut counts = ForgeryCounts::new();
    let mut refused = 0;
    while refused < forged {
        let pool: Vec<GenuineDelivery> = (0..30).map(|number| honest(SCHEMES[number % 3], random)).collect();
        for honest in &pool {
            let keys = [honest.key.clone()];
            assert_eq!(verify(&honest.delivery, honest.scheme.into(), &keys, honest.now), Ok(()), "{honest:?}");
        }
        for _ in 0..ROUND {
            let honest = random.choice(&pool).unwrap();
            let (kind, forgery) = forge(honest, &pool, random);
            let count = counts.entry((name(honest.scheme), kind)).or_default();
            if is_unchanged(honest, &forgery) {
                count.left_out += 1;
                continue;
            }
            let verdict = verify(&forgery.delivery, forgery.scheme.into(), &forgery.keys, forgery.now);
            assert!(verdict.is_err(), "accepted, although {kind}:\n{forgery:#?}\nforged from {honest:#?}");
            count.refused += 1;
            refused += 1;
            if refused == forged {
                break;
            }
        }
    }
    counts
}

/// Whether nothing that the signature covers was changed: the message is the same, one of the signatures is MaldoPay's,
/// the verification uses its key, and it is not too old.
fn is_unchanged(honest: &GenuineDelivery, forgery: &Forgery) -> bool {
    let before = covered(&honest.delivery, honest.scheme).unwrap();
    covered(&forgery.delivery, forgery.scheme).is_some_and(|after| {
        after.message == before.message
            && after.signatures.iter().any(|signature| before.signatures.contains(signature))
            && forgery.keys.contains(&honest.key)
            && after.sent_at.is_none_or(|sent_at| in_window(sent_at, forgery.now))
    })
}

fn name(scheme: SignatureScheme) -> &'static str {
    match scheme {
        SignatureScheme::ValuesPipe => "values-pipe",
        SignatureScheme::Body => "body",
        SignatureScheme::StandardWebhooks => "standard-webhooks",
    }
}
