//! Implements `wasi:keyvalue` for the component.

use wasmtime::component::{Resource, ResourceTableError};

use crate::bindings::wasi::keyvalue::{atomics, batch, store};
use crate::host::Host;
use crate::resources::{Bucket, CompareAndSwap, KeyValueFailure};
use crate::store::BackendError;

impl Host {
    fn store_of(&self, bucket: &Resource<Bucket>) -> Result<String, ResourceTableError> {
        Ok(self.table.get(bucket)?.store.clone())
    }
}

impl store::Host for Host {
    async fn open(&mut self, identifier: String) -> Result<Resource<Bucket>, KeyValueFailure> {
        // As in Spin, a component does not learn whether a store exists that it may not open.
        if !self.services.stores.contains(&identifier) {
            return Err(KeyValueFailure::AccessDenied);
        }
        Ok(self.table.push(Bucket { store: identifier })?)
    }

    fn convert_error(&mut self, failure: KeyValueFailure) -> wasmtime::Result<store::Error> {
        match failure {
            KeyValueFailure::AccessDenied => Ok(store::Error::AccessDenied),
            KeyValueFailure::Store(error) => Ok(store::Error::Other(error.to_string())),
            KeyValueFailure::Trap(error) => Err(error),
        }
    }
}

impl store::HostBucket for Host {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Result<Option<Vec<u8>>, KeyValueFailure> {
        let store = self.store_of(&bucket)?;
        Ok(self.services.store.get(&store, key).await?)
    }

    async fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Result<(), KeyValueFailure> {
        let store = self.store_of(&bucket)?;
        let entries = vec![(key, value)];
        Ok(self.services.store.set_many(&store, entries).await?)
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Result<(), KeyValueFailure> {
        let store = self.store_of(&bucket)?;
        Ok(self.services.store.delete_many(&store, vec![key]).await?)
    }

    async fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Result<bool, KeyValueFailure> {
        let store = self.store_of(&bucket)?;
        Ok(self.services.store.get(&store, key).await?.is_some())
    }

    /// Returns all keys at once, as Spin does; there is never a cursor to continue from.
    async fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        _cursor: Option<String>,
    ) -> Result<store::KeyResponse, KeyValueFailure> {
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
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, KeyValueFailure> {
        let store = self.store_of(&bucket)?;
        let values = self.services.store.get_batch(&store, keys.clone()).await?;
        Ok(keys.into_iter().zip(values).collect())
    }

    async fn set_many(
        &mut self,
        bucket: Resource<Bucket>,
        entries: Vec<(String, Vec<u8>)>,
    ) -> Result<(), KeyValueFailure> {
        let store = self.store_of(&bucket)?;
        Ok(self.services.store.set_many(&store, entries).await?)
    }

    async fn delete_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> Result<(), KeyValueFailure> {
        let store = self.store_of(&bucket)?;
        Ok(self.services.store.delete_many(&store, keys).await?)
    }
}

impl atomics::Host for Host {
    async fn increment(&mut self, bucket: Resource<Bucket>, key: String, delta: i64) -> Result<i64, KeyValueFailure> {
        let store = self.store_of(&bucket)?;
        Ok(self.services.store.increment(&store, key, delta).await?)
    }

    /// Unlike Spin's, this swap also fails if the key was absent and another writer has set it since. Code that must
    /// also run on Spin cannot rely on that.
    async fn swap(
        &mut self,
        handle: Resource<CompareAndSwap>,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), atomics::CasError>> {
        let CompareAndSwap { store, key, seen } = self.table.delete(handle)?;
        let services = self.services.clone();
        let reported =
            |error: BackendError| Ok(Err(atomics::CasError::StoreError(store::Error::Other(error.to_string()))));
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
    async fn new(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
    ) -> Result<Resource<CompareAndSwap>, KeyValueFailure> {
        let store = self.store_of(&bucket)?;
        let seen = self.services.store.get(&store, key.clone()).await?;
        Ok(self.table.push(CompareAndSwap { store, key, seen })?)
    }

    async fn current(&mut self, handle: Resource<CompareAndSwap>) -> Result<Option<Vec<u8>>, KeyValueFailure> {
        Ok(self.table.get(&handle)?.seen.clone())
    }

    async fn drop(&mut self, handle: Resource<CompareAndSwap>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}
