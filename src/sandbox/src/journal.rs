//! Keeps the last calls to a service for tests and pages to look at.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use http::HeaderMap;

use crate::lock::lock;

/// More than any test makes, and few enough that a benchmark does not fill the memory.
const KEPT: usize = 10_000;

/// The last calls, oldest first.
#[derive(Debug)]
pub(crate) struct Journal<Entry>(Mutex<VecDeque<Entry>>);

impl<Entry: Clone> Journal<Entry> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    pub(crate) fn add(&self, entry: Entry) {
        let mut entries = lock(&self.0);
        if entries.len() >= KEPT {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        lock(&self.0).iter().cloned().collect()
    }
}

/// The headers by lower-case name, without the credentials.
pub(crate) fn noted_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .filter(|(name, _)| *name != http::header::AUTHORIZATION)
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), text)
        })
        .collect()
}
