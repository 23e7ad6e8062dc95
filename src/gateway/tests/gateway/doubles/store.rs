//! A store in memory that records its operations, and fails on request.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tollbridge_ledger::{Store, StoreError};

use super::Timeline;

/// An operation on the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreOperation {
    Get(Vec<String>),
    Set(Vec<String>),
    Delete(Vec<String>),
    Increment(String, i64),
}

impl StoreOperation {
    pub fn is_write(&self) -> bool {
        match self {
            Self::Get(_) => false,
            Self::Set(_) | Self::Delete(_) => true,
            Self::Increment(_, by) => *by != 0,
        }
    }

    /// Whether it writes this key.
    pub fn sets(&self, key: &str) -> bool {
        matches!(self, Self::Set(keys) if keys.iter().any(|written| written == key))
    }
}

/// The fault of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    Nothing,
    /// The operation is refused and has no effect.
    Refused,
    /// The operation takes effect, and its caller gets an error.
    LostResponse,
}

type StorePlan = Box<dyn FnMut(&StoreOperation) -> Trouble>;

#[derive(Default)]
pub struct MemoryStore {
    values: RefCell<BTreeMap<String, Vec<u8>>>,
    counters: RefCell<BTreeMap<String, i64>>,
    operations: RefCell<Vec<StoreOperation>>,
    plan: RefCell<Option<StorePlan>>,
    timeline: Timeline,
}

impl MemoryStore {
    pub fn new(timeline: Timeline) -> Self {
        Self { timeline, ..Self::default() }
    }

    /// Calls this before every operation from now on, except before operations that the plan itself makes.
    pub fn plan(&self, plan: impl FnMut(&StoreOperation) -> Trouble + 'static) {
        *self.plan.borrow_mut() = Some(Box::new(plan));
    }

    /// The n-th operation from now has this fault, and no other.
    pub fn trouble_at(&self, n: usize, trouble: Trouble) {
        let mut seen = 0;
        self.plan(move |_| {
            seen += 1;
            if seen == n { trouble } else { Trouble::Nothing }
        });
    }

    /// The n-th operation from now and all later ones are refused.
    pub fn down_from(&self, n: usize) {
        let mut seen = 0;
        self.plan(move |_| {
            seen += 1;
            if seen >= n { Trouble::Refused } else { Trouble::Nothing }
        });
    }

    pub fn recover(&self) {
        *self.plan.borrow_mut() = None;
    }

    /// The number of operations so far.
    pub fn operations(&self) -> usize {
        self.operations.borrow().len()
    }

    /// The writes after this many operations.
    pub fn writes_since(&self, operations: usize) -> Vec<StoreOperation> {
        self.operations.borrow().iter().skip(operations).filter(|operation| operation.is_write()).cloned().collect()
    }

    pub fn value(&self, key: &str) -> Option<String> {
        self.values.borrow().get(key).map(|value| String::from_utf8(value.clone()).unwrap())
    }

    pub fn put(&self, key: &str, value: &str) {
        self.values.borrow_mut().insert(key.to_owned(), value.as_bytes().to_vec());
    }

    /// Removes a key without the ledger.
    pub fn remove(&self, key: &str) {
        assert!(self.values.borrow_mut().remove(key).is_some(), "nothing is stored under {key}");
    }

    /// Everything stored, keys and values.
    pub fn text(&self) -> String {
        let values = self.values.borrow();
        values.iter().map(|(key, value)| format!("{key} {}\n", String::from_utf8_lossy(value))).collect()
    }

    /// The number of entries of payments that contain this text.
    pub fn entries_with(&self, part: &str) -> usize {
        let values = self.values.borrow();
        let entries = values.iter().filter(|(key, _)| key.starts_with("pay/") && key.matches('/').count() == 3);
        entries.filter(|(_, value)| String::from_utf8_lossy(value).contains(part)).count()
    }

    /// Records the operation, and decides its fault.
    fn begin(&self, operation: StoreOperation) -> Trouble {
        let plan = self.plan.borrow_mut().take();
        let trouble = match plan {
            None => Trouble::Nothing,
            Some(mut plan) => {
                let trouble = plan(&operation);
                self.plan.borrow_mut().get_or_insert(plan);
                trouble
            }
        };
        if trouble != Trouble::Refused {
            match &operation {
                StoreOperation::Get(_) => {}
                StoreOperation::Set(keys) => self.timeline.note(format!("set {}", keys.join(" "))),
                StoreOperation::Delete(keys) => self.timeline.note(format!("delete {}", keys.join(" "))),
                StoreOperation::Increment(key, by) => self.timeline.note(format!("increment {key} by {by}")),
            }
        }
        self.operations.borrow_mut().push(operation);
        trouble
    }
}

fn ended<T>(trouble: Trouble, value: T) -> Result<T, StoreError> {
    match trouble {
        Trouble::Nothing => Ok(value),
        Trouble::Refused | Trouble::LostResponse => Err(StoreError::Unavailable("as planned".to_owned())),
    }
}

impl Store for MemoryStore {
    fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let trouble = self.begin(StoreOperation::Get(keys.to_vec()));
        let values = self.values.borrow();
        ended(trouble, keys.iter().map(|key| values.get(key).cloned()).collect())
    }

    fn set_many(&self, writes: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        let trouble = self.begin(StoreOperation::Set(writes.iter().map(|(key, _)| key.clone()).collect()));
        if trouble != Trouble::Refused {
            self.values.borrow_mut().extend(writes.iter().cloned());
        }
        ended(trouble, ())
    }

    fn delete_many(&self, keys: &[String]) -> Result<(), StoreError> {
        let trouble = self.begin(StoreOperation::Delete(keys.to_vec()));
        if trouble != Trouble::Refused {
            self.values.borrow_mut().retain(|key, _| !keys.contains(key));
            self.counters.borrow_mut().retain(|key, _| !keys.contains(key));
        }
        ended(trouble, ())
    }

    fn increment(&self, key: &str, by: i64) -> Result<i64, StoreError> {
        let trouble = self.begin(StoreOperation::Increment(key.to_owned(), by));
        let mut counters = self.counters.borrow_mut();
        let before = counters.get(key).copied().unwrap_or(0);
        let after = if trouble == Trouble::Refused { before } else { before + by };
        if by != 0 {
            counters.insert(key.to_owned(), after);
        }
        ended(trouble, after)
    }
}
