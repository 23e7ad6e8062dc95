//! The ledger's store over `wasi:keyvalue`.

use tollbridge_ledger::{Store, StoreError};

use super::bindings::wasi::keyvalue::store::{Bucket, Error, open};
use super::bindings::wasi::keyvalue::{atomics, batch};

/// The application's default store, or why it cannot be opened.
pub struct Default(Result<Bucket, StoreError>);

impl Default {
    /// Opens it.
    pub fn open() -> Self {
        Self(open("default").map_err(unavailable))
    }

    fn bucket(&self) -> Result<&Bucket, StoreError> {
        self.0.as_ref().map_err(Clone::clone)
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
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        // Answers are matched by key: a store may leave out what is absent, or answer in another order.
        let found: std::collections::BTreeMap<String, Vec<u8>> = batch::get_many(self.bucket()?, keys)
            .map_err(unavailable)?
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
            .collect();
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
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
