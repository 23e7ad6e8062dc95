//! Reading a history of any length, with the gaps of processes that died between allocating a number and writing.

use crate::doubles::CallCounts;
use crate::stories::*;

/// The sequence numbers of `R` that are read without the counter.
fn reaching(world: &World, sequence: u64) -> Vec<u64> {
    let history = world.ledger().history_reaching(&payment("R"), sequence).unwrap();
    history.entries.iter().map(|entry| entry.sequence).collect()
}

#[test]
fn histories_of_every_length_are_fully_read() {
    let world = World::default();
    for length in 1..=140 {
        world.append_events("R", 1);
        assert_eq!(world.read_sequences("R"), (1..=length).collect::<Vec<_>>(), "with {length} entries");
    }
}

#[test]
fn a_long_history_costs_its_counter_and_one_read() {
    let world = World::default();
    world.append_events("R", 900);
    world.store.take_counts();
    assert_eq!(world.read_sequences("R").len(), 900);
    assert_eq!(world.store.take_counts(), CallCounts { reads: 1, counter_reads: 1, ..CallCounts::default() });
}

#[test]
fn without_its_counter_a_long_history_is_read_in_pages_that_grow() {
    let world = World::default();
    world.append_events("R", 900);
    world.store.take_counts();
    assert_eq!(reaching(&world, 0).len(), 900);
    assert_eq!(world.store.take_counts(), CallCounts { reads: 6, ..CallCounts::default() });
    assert_eq!(reaching(&world, 900).len(), 900);
    assert_eq!(world.store.take_counts(), CallCounts { reads: 1, ..CallCounts::default() });
}

#[test]
fn an_entry_behind_a_gap_of_thirty_one_numbers_and_more_is_read() {
    for (before, gaps) in (0..=40).map(|before| (before, 31)).chain([(1, 32), (3, 63), (0, 64), (16, 500)]) {
        let world = World::default();
        world.append_events("R", before);
        world.leave_gaps("R", gaps);
        world.append_events("R", 1);
        let last = u64::try_from(before + gaps + 1).unwrap();
        let expected: Vec<u64> = (1..=u64::try_from(before).unwrap()).chain([last]).collect();
        assert_eq!(world.read_sequences("R"), expected, "{gaps} gaps after {before}");
    }
}

#[test]
fn without_the_counter_sixteen_numbers_beyond_the_known_one_are_read() {
    for known in [0, 1, 15, 16, 17, 40] {
        for gaps in [0, 14, 15, 16, 31, 32] {
            // The first read ends at 32, and every other one at the end of the block that is 16 beyond the known entry.
            let is_read = known + gaps < 32.max((known + 16_usize).next_multiple_of(16));
            let world = World::default();
            world.append_events("R", known);
            world.leave_gaps("R", gaps);
            world.append_events("R", 1);
            let sequences = reaching(&world, u64::try_from(known).unwrap());
            assert_eq!(sequences.len(), known + usize::from(is_read), "{gaps} gaps after the known {known}");
            assert_eq!(world.read_sequences("R").len(), known + 1, "{gaps} gaps after {known}, with the counter");
        }
    }
}

#[test]
fn a_gap_in_the_middle_is_read_past() {
    for before in 0..=70 {
        let world = World::default();
        world.append_events("R", before);
        world.leave_gaps("R", 1);
        world.append_events("R", 2);
        let before = u64::try_from(before).unwrap();
        let expected: Vec<u64> = (1..=before).chain([before + 2, before + 3]).collect();
        assert_eq!(world.read_sequences("R"), expected, "a gap after {before}");
    }
}

#[test]
fn a_gap_of_fifteen_numbers_is_read_past_wherever_it_is() {
    for before in 0..=100 {
        let world = World::default();
        world.append_events("R", before);
        world.leave_gaps("R", 15);
        world.append_events("R", 1);
        let before = u64::try_from(before).unwrap();
        assert_eq!(world.read_sequences("R").last(), Some(&(before + 16)), "gaps after {before}");
    }
}

#[test]
fn a_gap_of_twenty_numbers_within_a_page_is_read_past() {
    let world = World::default();
    world.append_events("R", 1);
    world.leave_gaps("R", 20);
    world.append_events("R", 60);
    world.leave_gaps("R", 20);
    world.append_events("R", 3);
    let expected: Vec<u64> = [1].into_iter().chain(22..=81).chain(102..=104).collect();
    assert_eq!(world.read_sequences("R"), expected);
}

#[test]
fn everything_up_to_a_known_entry_is_read_whatever_gaps_precede_it() {
    for before in 0..=40 {
        let world = World::default();
        world.append_events("R", before);
        world.leave_gaps("R", 50);
        world.append_events("R", 1);
        let before = u64::try_from(before).unwrap();
        assert_eq!(reaching(&world, before + 51), (1..=before).chain([before + 51]).collect::<Vec<_>>());
    }
}

#[test]
fn entries_beyond_the_known_one_are_read_too() {
    let world = World::default();
    world.append_events("R", 150);
    for known in [0, 1, 16, 100, 149, 150] {
        assert_eq!(reaching(&world, known).len(), 150, "known up to {known}");
    }
}

#[test]
fn entries_of_another_payment_or_site_are_not_read() {
    let world = World::default();
    world.append_events("R", 2);
    world.append_events("R-2", 3);
    assert_eq!(world.read_sequences("R"), [1, 2]);
    assert_eq!(world.read_sequences("R-2"), [1, 2, 3]);
    let elsewhere = world.ledger_of("de", AUDIT_KEY).history(&payment("R")).unwrap();
    assert_eq!(elsewhere.entries, []);
}

#[test]
fn the_fold_is_over_all_that_is_read() {
    let world = World::default();
    world.append_events("R", 40);
    world.leave_gaps("R", 3);
    world.append_events("R", 40);
    assert_eq!(world.fold("R").version, 80);
}
