//! A store in memory with a digest of its content, which every change updates.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};

/// The value of a key, with the digest of both.
#[derive(Clone)]
struct DigestedValue<T> {
    value: T,
    digest: u64,
}

#[derive(Clone, Default)]
pub struct MemoryStore {
    values: BTreeMap<String, DigestedValue<Vec<u8>>>,
    counters: BTreeMap<String, DigestedValue<i64>>,
    digest: u64,
}

/// The digest of a value.
pub fn digest_of(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl MemoryStore {
    /// The values of these keys.
    pub fn get_many(&self, keys: &[String]) -> Vec<Option<Vec<u8>>> {
        keys.iter().map(|key| self.values.get(key).map(|stored| stored.value.clone())).collect()
    }

    /// The digest of the values of these keys.
    pub fn digest_of(&self, keys: &[String]) -> u64 {
        let digests: Vec<u64> = keys.iter().map(|key| self.values.get(key).map_or(0, |stored| stored.digest)).collect();
        digest_of(&digests)
    }

    pub fn set_many(&mut self, writes: &[(String, Vec<u8>)]) {
        for (key, value) in writes {
            let stored = DigestedValue { value: value.clone(), digest: digest_of(&(key, value)) };
            self.digest ^= stored.digest;
            let before = self.values.insert(key.clone(), stored);
            self.digest ^= before.map_or(0, |before| before.digest);
        }
    }

    pub fn delete_many(&mut self, keys: &[String]) {
        for key in keys {
            let value = self.values.remove(key).map_or(0, |stored| stored.digest);
            let counter = self.counters.remove(key).map_or(0, |stored| stored.digest);
            self.digest ^= value ^ counter;
        }
    }

    pub fn increment(&mut self, key: &str, by: i64) -> i64 {
        let before = self.counters.get(key).cloned();
        let value = before.as_ref().map_or(0, |stored| stored.value) + by;
        if by != 0 {
            let stored = DigestedValue { value, digest: digest_of(&(key, value)) };
            self.digest ^= stored.digest ^ before.map_or(0, |before| before.digest);
            self.counters.insert(key.to_owned(), stored);
        }
        value
    }

    /// The first counter whose name starts like this.
    pub fn counter(&self, start: &str) -> String {
        let found = self.counters.keys().find(|name| name.starts_with(start));
        found.unwrap_or_else(|| panic!("there is no counter {start}")).clone()
    }

    /// The digest of the whole content.
    pub fn digest(&self) -> u64 {
        self.digest
    }
}
