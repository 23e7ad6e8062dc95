//! The ledger's store over `wasi:keyvalue`.

use std::cell::Cell;
use std::collections::BTreeMap;

use tollbridge_ledger::{Store, StoreError};

use super::bindings::wasi::keyvalue::store::{Bucket, Error, open};
use super::bindings::wasi::keyvalue::{atomics, batch};

/// The application's default key-value store.
pub struct KeyValueStore {
    /// The store, or why it cannot be opened.
    bucket: Result<Bucket, StoreError>,
    batch_support: Cell<BatchSupport>,
}

/// Whether the store can read several keys at once. Spin's key-value store on Redis cannot. Once a batch has succeeded,
/// a failed one is an error of the store, and not a reason to send it many single reads while it is in trouble.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BatchSupport {
    Unknown,
    Yes,
    No,
}

impl KeyValueStore {
    /// Opens the store.
    pub fn open() -> Self {
        Self { bucket: open("default").map_err(unavailable), batch_support: Cell::new(BatchSupport::Unknown) }
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

impl Store for KeyValueStore {
    fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        // A batch is never used for one key: Spin's store on Redis would search all keys for it, and then fail.
        if keys.len() > 1 && self.batch_support.get() != BatchSupport::No {
            match (batch::get_many(self.bucket()?, keys), self.batch_support.get()) {
                (Ok(found), _) => {
                    self.batch_support.set(BatchSupport::Yes);
                    // Values are matched by key: a store may omit absent keys, or use another order.
                    let mut by_key = BTreeMap::new();
                    by_key.extend(found.into_iter().filter_map(|(key, value)| Some((key, value?))));
                    return Ok(keys.iter().map(|key| by_key.get(key).cloned()).collect());
                }
                (Err(error), BatchSupport::Yes) => return Err(unavailable(error)),
                // If the store itself fails, and not only the batch, one of the reads below reports it.
                (Err(_), BatchSupport::Unknown | BatchSupport::No) => {}
            }
        }
        let values = keys.iter().map(|key| self.get(key)).collect::<Result<_, _>>()?;
        if keys.len() > 1 {
            self.batch_support.set(BatchSupport::No);
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
