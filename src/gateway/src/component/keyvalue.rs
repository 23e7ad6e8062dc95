//! The ledger's store over `wasi:keyvalue`.

use std::cell::Cell;
use std::collections::BTreeMap;

use tollbridge_ledger::{Store, StoreError};

use super::bindings::wasi::keyvalue::store::{Bucket, Error, open};
use super::bindings::wasi::keyvalue::{atomics, batch};

/// The application's default store.
pub struct Default {
    /// The store, or why it cannot be opened.
    bucket: Result<Bucket, StoreError>,
    batches: Cell<Batches>,
}

/// What is known of reading several keys at once. Spin's store on Redis does not know how. One that has done it does, so that
/// an error of it is an error, and not the beginning of many small questions to a store that is in trouble.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Batches {
    Untried,
    Work,
    DoNotWork,
}

impl Default {
    /// Opens it.
    pub fn open() -> Self {
        Self { bucket: open("default").map_err(unavailable), batches: Cell::new(Batches::Untried) }
    }

    fn bucket(&self) -> Result<&Bucket, StoreError> {
        self.bucket.as_ref().map_err(Clone::clone)
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.bucket()?.get(key).map_err(unavailable)
    }
}

fn unavailable(error: Error) -> StoreError {
    StoreError::Unavailable(match error {
        Error::NoSuchStore => "there is no store of this name".to_owned(),
        Error::AccessDenied => "the manifest does not give the component this store".to_owned(),
        Error::Other(problem) => problem,
    })
}

impl Store for Default {
    fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        // A batch of one key is never asked for: Spin's store on Redis would search all keys for it, and then fail.
        if keys.len() > 1 && self.batches.get() != Batches::DoNotWork {
            match (batch::get_many(self.bucket()?, keys), self.batches.get()) {
                (Ok(found), _) => {
                    self.batches.set(Batches::Work);
                    // Answers are matched by key: a store may leave out what is absent, or answer in another order.
                    let mut by_key = BTreeMap::new();
                    by_key.extend(found.into_iter().filter_map(|(key, value)| Some((key, value?))));
                    return Ok(keys.iter().map(|key| by_key.get(key).cloned()).collect());
                }
                (Err(error), Batches::Work) => return Err(unavailable(error)),
                // If it is the store that fails, and not only this way of asking it, one of the keys below says so.
                (Err(_), Batches::Untried | Batches::DoNotWork) => {}
            }
        }
        let values = keys.iter().map(|key| self.get(key)).collect::<Result<_, _>>()?;
        if keys.len() > 1 {
            self.batches.set(Batches::DoNotWork);
        }
        Ok(values)
    }

    fn set_many(&self, writes: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        batch::set_many(self.bucket()?, writes).map_err(unavailable)
    }

    fn delete_many(&self, keys: &[String]) -> Result<(), StoreError> {
        batch::delete_many(self.bucket()?, keys).map_err(unavailable)
    }

    fn increment(&self, key: &str, by: i64) -> Result<i64, StoreError> {
        atomics::increment(self.bucket()?, key, by).map_err(unavailable)
    }
}
