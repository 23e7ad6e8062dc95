//! A store that reads several keys one after another while other processes write. A reader must see a state that
//! existed at one moment; otherwise two readers could each know of an entry that the other does not.

use std::sync::Mutex;

use tollbridge_domain::SiteName;
use tollbridge_ledger::{Ledger, Store, StoreError};

use crate::stories::*;

/// A store that does something before the n-th key is read, counted from 1.
struct InterferingStore<'a, F> {
    world: &'a World,
    keys_read: Mutex<usize>,
    before: F,
}

impl<F: Fn(usize)> Store for InterferingStore<'_, F> {
    fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let mut values = Vec::new();
        for key in keys {
            let read = {
                let mut read = self.keys_read.lock().unwrap();
                *read += 1;
                *read
            };
            (self.before)(read);
            values.extend(self.world.store.get_many(std::slice::from_ref(key))?);
        }
        Ok(values)
    }

    fn set_many(&self, writes: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        self.world.store.set_many(writes)
    }

    fn delete_many(&self, keys: &[String]) -> Result<(), StoreError> {
        self.world.store.delete_many(keys)
    }

    fn increment(&self, key: &str, by: i64) -> Result<i64, StoreError> {
        self.world.store.increment(key, by)
    }
}

/// The sequence numbers of `R` that a reader of the slow store sees.
fn slowly(world: &World, before: impl Fn(usize)) -> Vec<u64> {
    let store = InterferingStore { world, keys_read: Mutex::new(0), before };
    let site = SiteName::parse("tr").unwrap();
    let ledger = Ledger::new(&store, &world.clock, &world.random, site, keys(&[AUDIT_KEY]));
    let history = ledger.history_reaching(&payment("R"), 0).unwrap();
    history.entries.iter().map(|entry| entry.sequence).collect()
}

/// Entries of `R` whose numbers other processes allocated and did not write yet.
struct UnwrittenEntries(Vec<(String, Vec<u8>)>);

impl UnwrittenEntries {
    /// Writes this many entries and removes them again.
    fn allocate(world: &World, count: u64) -> Self {
        let first = u64::try_from(world.read_sequences("R").len()).unwrap() + 1;
        world.append_events("R", usize::try_from(count).unwrap());
        let entry = |number| {
            let key = format!("pay/tr/R/{number}");
            let value = world.store.value(&key);
            world.store.remove(&key);
            (key, value)
        };
        Self((first..first + count).map(entry).collect())
    }

    fn write(&self, world: &World, n: usize) {
        let (key, value) = &self.0[n];
        world.store.tamper(key, value.clone());
    }
}

#[test]
fn an_entry_that_is_written_before_a_later_one_is_read_with_it() {
    // Number 3 is read and absent; then 3 and 4 are written in this order; then 4 is read.
    let world = World::default();
    world.append_events("R", 2);
    let pending = UnwrittenEntries::allocate(&world, 2);
    let seen = slowly(&world, |key| {
        if key == 4 {
            pending.write(&world, 0);
            pending.write(&world, 1);
        }
    });
    assert_eq!(seen, [1, 2, 3, 4]);
}

#[test]
fn a_gap_that_is_filled_after_the_later_entry_is_no_contradiction() {
    // The writer of 3 sees 4 as well.
    let world = World::default();
    world.append_events("R", 2);
    let pending = UnwrittenEntries::allocate(&world, 2);
    pending.write(&world, 1);
    assert_eq!(slowly(&world, |_| {}), [1, 2, 4]);
}

#[test]
fn of_any_two_reads_one_contains_the_other() {
    // Two entries are written at any two moments of a slow read, and each writer reads after its write.
    for first in 1..60 {
        for second in 1..60 {
            for reversed in [false, true] {
                let world = World::default();
                world.append_events("R", 2);
                let pending = UnwrittenEntries::allocate(&world, 2);
                let others = Mutex::new(Vec::new());
                let order = if reversed { [1, 0] } else { [0, 1] };
                let seen = slowly(&world, |key| {
                    for (moment, entry) in [first, second].into_iter().zip(order) {
                        if key == moment {
                            pending.write(&world, entry);
                            others.lock().unwrap().push(world.read_sequences("R"));
                        }
                    }
                });
                for other in others.into_inner().unwrap() {
                    let comparable = seen.iter().all(|n| other.contains(n)) || other.iter().all(|n| seen.contains(n));
                    assert!(comparable, "{seen:?} and {other:?}, written before the keys {first} and {second}");
                }
            }
        }
    }
}

#[test]
fn without_a_gap_nothing_is_read_twice() {
    let world = World::default();
    world.append_events("R", 20);
    world.store.take_counts();
    assert_eq!(world.read_sequences("R").len(), 20);
    assert_eq!(world.store.take_counts().reads, 1);
    world.leave_gaps("R", 1);
    world.append_events("R", 1);
    world.store.take_counts();
    assert_eq!(world.read_sequences("R").len(), 21);
    assert_eq!(world.store.take_counts().reads, 2, "once more for the gaps");
}
