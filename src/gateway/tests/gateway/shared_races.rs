//! Concurrent syncs of several payments of one Order: the Order ends with all of them, wherever a process dies.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::json as value;

use super::doubles::{Callback, Request, Trouble, World, get, post, refused, response, webhook};
use super::durability::salesforce_is_right;
use super::shared_records::{another, drained, open, order, shown, sync_state};

/// Which payments have an event to sync.
#[derive(Clone, Copy)]
enum PendingEvents {
    OfEach,
    OfTheFirst,
}

/// Two charges for the Order, with two events that are not synced yet.
fn with_events(of: PendingEvents) -> (Rc<World>, [String; 2], [Request; 2]) {
    let world = World::new();
    let references =
        [open(&world, "k1", &another("charge", "100.09")), open(&world, "k2", &another("charge", "40.09"))];
    let (second, original) = match of {
        PendingEvents::OfEach => (&references[1], "2"),
        PendingEvents::OfTheFirst => (&references[0], "1"),
    };
    let events = [
        Callback { original: Some("1".into()), ..sync_state(&references[0], "REFUND", "CONFIRMED", "8", "0.09") },
        Callback { original: Some(original.into()), ..sync_state(second, "REFUND", "CONFIRMED", "9", "10.00") },
    ];
    let events = events.map(|events| webhook(&events));
    (world, references, events)
}

/// What happens in full between two steps of another process.
type Meanwhile = fn(&World, &Request);

/// Receives the event of the first payment. Before its n-th step on the store, the meanwhile happens; at its m-th step
/// it dies, if it gets that far.
fn interleaved(of: PendingEvents, meanwhile: Meanwhile, dies: bool) {
    let right = value!(["partially_refunded", "140.18", "10.09", "0.00", "0.00", "0.00", false]);
    for interrupted in 1.. {
        for dies_at in interrupted + 1.. {
            let (world, references, [first, second]) = with_events(of);
            let place = format!("interrupted before step {interrupted}, dead before step {dies_at}");
            let inner = Rc::clone(&world);
            let steps = Rc::new(Cell::new(0));
            let counted = Rc::clone(&steps);
            world.store.plan(move |_| {
                counted.set(counted.get() + 1);
                if counted.get() == interrupted {
                    meanwhile(&inner, &second);
                }
                if dies && counted.get() >= dies_at { Trouble::Refused } else { Trouble::Nothing }
            });
            let (response, after) = world.respond(first.clone());
            world.finish(after);
            world.store.recover();
            if steps.get() < interrupted {
                assert!(interrupted > 5, "the store was hardly used");
                return;
            }
            if response.text != "OK" {
                world.send(first);
            }
            if !dies {
                assert_eq!(shown(&order(&world)), right, "{place}: without a drain");
            }
            for _ in 0..3 {
                drained(&world);
            }
            assert_eq!(shown(&order(&world)), right, "{place}");
            for reference in &references {
                assert_eq!(world.payment(reference)["record"]["refunded"], "10.09", "{place}");
                salesforce_is_right(&world, reference, &place);
            }
            assert_eq!(drained(&world)["taken"], 0, "{place}: the journal is closed");
            if !dies || steps.get() < dies_at {
                break;
            }
        }
    }
}

fn the_other_is_received(world: &World, other: &Request) {
    assert_eq!(world.send(other.clone()).text, "OK");
}

fn the_other_is_received_and_a_drain_runs(world: &World, other: &Request) {
    the_other_is_received(world, other);
    assert_eq!(world.send(post("/v1/drain", "", "")).status, 200);
}

#[test]
fn two_concurrent_syncs_leave_the_order_with_both_payments() {
    interleaved(PendingEvents::OfEach, the_other_is_received, false);
    interleaved(PendingEvents::OfEach, the_other_is_received_and_a_drain_runs, false);
}

#[test]
fn the_order_has_both_payments_wherever_one_of_two_syncs_dies() {
    interleaved(PendingEvents::OfEach, the_other_is_received, true);
}

#[test]
fn the_order_has_all_payments_wherever_a_sync_dies_that_others_overtook() {
    interleaved(PendingEvents::OfEach, the_other_is_received_and_a_drain_runs, true);
}

#[test]
fn the_last_of_three_concurrent_syncs_leaves_the_order_with_all_payments() {
    let right = value!(["partially_refunded", "140.18", "10.10", "0.00", "0.00", "0.00", false]);
    for others_at in 2.. {
        let mut reached = false;
        for own_at in 1..others_at {
            let (world, [_, second], [first, own]) = with_events(PendingEvents::OfTheFirst);
            // The other payment's event is stored, and synced late.
            let other =
                Callback { original: Some("2".into()), ..sync_state(&second, "REFUND", "CONFIRMED", "10", "0.01") };
            let (_, late) = world.respond(webhook(&other));
            let mut late = Some(late);
            let inner = Rc::clone(&world);
            let steps = Rc::new(Cell::new(0));
            let counted = Rc::clone(&steps);
            // First another event of the same payment arrives, which may leave the payment with a summary that lacks
            // the former.
            world.store.plan(move |_| {
                counted.set(counted.get() + 1);
                if counted.get() == own_at {
                    the_other_is_received(&inner, &own);
                }
                if counted.get() == others_at
                    && let Some(late) = late.take()
                {
                    inner.finish(late);
                }
                Trouble::Nothing
            });
            the_other_is_received(&world, &first);
            world.store.recover();
            if steps.get() < others_at {
                continue;
            }
            reached = true;
            assert_eq!(shown(&order(&world)), right, "interrupted before steps {own_at} and {others_at}");
        }
        if !reached {
            assert!(others_at > 10, "the store was hardly used");
            return;
        }
    }
}

#[test]
fn the_summary_after_two_concurrent_appends_is_what_other_syncs_use() {
    interleaved(PendingEvents::OfTheFirst, the_other_is_received, false);
    interleaved(PendingEvents::OfTheFirst, the_other_is_received, true);
    interleaved(PendingEvents::OfTheFirst, the_other_is_received_and_a_drain_runs, true);
}

#[test]
fn a_payment_that_is_refused_to_one_drain_while_another_syncs_it_is_synced_again() {
    let drain = || post("/v1/drain?resume=true", "", "");
    for interrupted in 1.. {
        let world = World::new();
        let references =
            [("k1", "100.09"), ("k2", "40.09")].map(|(key, amount)| open(&world, key, &another("charge", amount)));
        world.clock.advance_seconds(3600);
        let inner = Rc::clone(&world);
        let steps = Rc::new(Cell::new(0));
        let counted = Rc::clone(&steps);
        world.store.plan(move |_| {
            counted.set(counted.get() + 1);
            if counted.get() == interrupted {
                assert_eq!(inner.send(drain()).status, 200);
                let limit = refused("REQUEST_LIMIT_EXCEEDED", "", &[]).to_string();
                inner.network.salesforce.next(Ok(response(403, &limit)));
            }
            Trouble::Nothing
        });
        assert_eq!(world.send(drain()).status, 200);
        world.store.recover();
        let place = format!("interrupted before step {interrupted}");
        for _ in 0..3 {
            drained(&world);
        }
        for reference in &references {
            assert_eq!(world.payment(reference)["reviewReasons"], value!([]), "{place}");
        }
        assert_eq!(world.send(get("/v1/reviews")).json["reviews"], value!([]), "{place}");
        assert_eq!(order(&world)["MaldoPay_Needs_Review__c"], value!(false), "{place}");
        if steps.get() < interrupted {
            assert!(interrupted > 5, "the store was hardly used");
            return;
        }
    }
}
