//! `wasi:keyvalue`, as the component calls it.

use wasmtime::component::{Resource, ResourceTableError};

use crate::bindings::wasi::keyvalue::{atomics, batch, store};
use crate::host::Host;
use crate::store::StoreError;

/// A store that the component has opened.
pub struct Bucket {
    store: String,
}

/// A compare-and-swap under way: the value that the component saw.
pub struct CompareAndSwap {
    store: String,
    key: String,
    seen: Option<Vec<u8>>,
}

/// Why a call ends early: an error for the component, or a handle that it cannot have got from here.
pub enum Failure {
    /// The component is told.
    SyncState(store::Error),
    /// The component is stopped.
    Trap(wasmtime::Error),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::SyncState(store::Error::Other(error.to_string()))
    }
}

impl From<ResourceTableError> for Failure {
    fn from(error: ResourceTableError) -> Self {
        Failure::Trap(error.into())
    }
}

impl Host {
    fn store_of(&self, bucket: &Resource<Bucket>) -> Result<String, ResourceTableError> {
        Ok(self.table.get(bucket)?.store.clone())
    }
}

impl store::Host for Host {
    async fn open(&mut self, identifier: String) -> Result<Resource<Bucket>, Failure> {
        // As in Spin: whether a store exists is no business of a component that may not have it.
        if !self.services.stores.contains(&identifier) {
            return Err(Failure::SyncState(store::Error::AccessDenied));
        }
        Ok(self.table.push(Bucket { store: identifier })?)
    }

    fn convert_error(&mut self, failure: Failure) -> wasmtime::Result<store::Error> {
        match failure {
            Failure::SyncState(error) => Ok(error),
            Failure::Trap(error) => Err(error),
        }
    }
}

impl store::HostBucket for Host {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Result<Option<Vec<u8>>, Failure> {
        let store = self.store_of(&bucket)?;
        Ok(self.services.store.get(&store, key).await?)
    }

    async fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Result<(), Failure> {
        let store = self.store_of(&bucket)?;
        let entries = vec![(key, value)];
        Ok(self.services.store.set_many(&store, entries).await?)
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Result<(), Failure> {
        let store = self.store_of(&bucket)?;
        Ok(self.services.store.delete_many(&store, vec![key]).await?)
    }

    async fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Result<bool, Failure> {
        let store = self.store_of(&bucket)?;
        Ok(self.services.store.get(&store, key).await?.is_some())
    }

    /// Answers every key at once, as Spin does; there is never a cursor to go on from.
    async fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        _cursor: Option<String>,
    ) -> Result<store::KeyResponse, Failure> {
        let store = self.store_of(&bucket)?;
        let keys = self.services.store.list_keys(&store).await?;
        Ok(store::KeyResponse { keys, cursor: None })
    }

    async fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl batch::Host for Host {
    async fn get_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, Failure> {
        let store = self.store_of(&bucket)?;
        let values = self.services.store.get_batch(&store, keys.clone()).await?;
        Ok(keys.into_iter().zip(values).collect())
    }

    async fn set_many(&mut self, bucket: Resource<Bucket>, entries: Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
        let store = self.store_of(&bucket)?;
        Ok(self.services.store.set_many(&store, entries).await?)
    }

    async fn delete_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> Result<(), Failure> {
        let store = self.store_of(&bucket)?;
        Ok(self.services.store.delete_many(&store, keys).await?)
    }
}

impl atomics::Host for Host {
    async fn increment(&mut self, bucket: Resource<Bucket>, key: String, delta: i64) -> Result<i64, Failure> {
        let store = self.store_of(&bucket)?;
        Ok(self.services.store.increment(&store, key, delta).await?)
    }

    /// Unlike Spin's, this swap refuses an absent key that somebody else has set in the meantime. Nothing may rely
    /// on that which shall also run on Spin.
    async fn swap(
        &mut self,
        handle: Resource<CompareAndSwap>,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), atomics::CasError>> {
        let CompareAndSwap { store, key, seen } = self.table.delete(handle)?;
        let services = self.services.clone();
        let reported =
            |error: StoreError| Ok(Err(atomics::CasError::StoreError(store::Error::Other(error.to_string()))));
        match services.store.swap(&store, key.clone(), seen, value).await {
            Err(error) => return reported(error),
            Ok(true) => return Ok(Ok(())),
            Ok(false) => {}
        }
        match services.store.get(&store, key.clone()).await {
            Err(error) => reported(error),
            Ok(seen) => {
                let again = self.table.push(CompareAndSwap { store, key, seen })?;
                Ok(Err(atomics::CasError::CasFailed(again)))
            }
        }
    }
}

impl atomics::HostCas for Host {
    async fn new(&mut self, bucket: Resource<Bucket>, key: String) -> Result<Resource<CompareAndSwap>, Failure> {
        let store = self.store_of(&bucket)?;
        let seen = self.services.store.get(&store, key.clone()).await?;
        Ok(self.table.push(CompareAndSwap { store, key, seen })?)
    }

    async fn current(&mut self, handle: Resource<CompareAndSwap>) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.table.get(&handle)?.seen.clone())
    }

    async fn drop(&mut self, handle: Resource<CompareAndSwap>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}
