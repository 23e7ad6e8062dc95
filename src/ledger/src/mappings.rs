//! Mapping documents: versions that never change, which of them is active, and what a shadow would have written.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tollbridge_domain::{CorrelationId, MappingName, PaymentReference, Timestamp};

use crate::journal::{JournalEntry, JournalKind};
use crate::slots::write;
use crate::{Ledger, StoreError, Writes, keys, stored};

/// One version of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MappingVersion {
    /// Its number, from 1.
    pub version: u64,
    /// SHA-256 of its text, in hex.
    pub digest: String,
    /// When it was stored.
    pub at: Timestamp,
    /// The document.
    pub text: String,
}

/// The version of a document that is in force. It holds the text, so that one read is enough for a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveMapping {
    /// Its number.
    pub version: u64,
    /// Since when.
    pub since: Timestamp,
    /// The version that was in force before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<u64>,
    /// The document.
    pub text: String,
}

/// A document as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Its name.
    pub name: MappingName,
    /// The number of its last version.
    pub latest: u64,
    /// What is in force.
    pub active: Option<ActiveMapping>,
}

/// Why a version cannot be put in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActivationError {
    /// There is no such version.
    #[error("there is no such version of this mapping")]
    NoSuchVersion,
    /// No other version was in force before.
    #[error("no other version of this mapping was in force before")]
    NothingBefore,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many documents a site may have.
pub const MOST_MAPPINGS: u64 = 100;

impl Ledger<'_> {
    fn one<T: serde::de::DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let key = [key.to_owned()];
        let value = self.store.get_many(&key)?.into_iter().next().flatten();
        let [key] = &key;
        value.map(|value| stored::read(key, &value)).transpose()
    }

    /// Keeps a document as the next version, unless the last one is the same text; gives the version, and whether it is
    /// new. What it says is not looked at here.
    ///
    /// # Errors
    /// The store did not take it.
    pub fn store_mapping(
        &self,
        name: &MappingName,
        text: &str,
        correlation_id: &CorrelationId,
    ) -> Result<(MappingVersion, bool), StoreError> {
        if let Some(latest) = self.latest_mapping(name)?.filter(|latest| latest.text == text) {
            return Ok((latest, false));
        }
        let version = MappingVersion {
            version: self.allocate(&keys::mapping_counter(&self.site, name))?,
            digest: base16ct::lower::encode_string(&Sha256::digest(text.as_bytes())),
            at: self.clock.now(),
            text: text.to_owned(),
        };
        let mut writes = vec![
            write(&keys::mapping_version(&self.site, name, version.version), &version)?,
            write(&keys::mapping_latest(&self.site, name), &version)?,
        ];
        if version.version == 1 {
            let number = self.allocate(&keys::mapping_names_counter(&self.site))?;
            writes.push(write(&keys::mapping_name(&self.site, number), name)?);
        }
        let entry = self.mapping_entry(JournalKind::MappingStored, name, version.version, correlation_id);
        self.write_journaled(&entry, writes)?;
        Ok((version, true))
    }

    fn mapping_entry(
        &self,
        kind: fn(String) -> JournalKind,
        name: &MappingName,
        version: u64,
        correlation_id: &CorrelationId,
    ) -> JournalEntry {
        JournalEntry {
            at: self.clock.now(),
            kind: kind(format!("{name} {version}")),
            reference: None,
            sequence: 0,
            correlation_id: correlation_id.clone(),
            not_before: None,
            idempotency: None,
        }
    }

    /// The last version that was stored; none when there is no document of this name.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn latest_mapping(&self, name: &MappingName) -> Result<Option<MappingVersion>, StoreError> {
        self.one(&keys::mapping_latest(&self.site, name))
    }

    /// One version of a document.
    ///
    /// # Errors
    /// As [`Ledger::latest_mapping`].
    pub fn mapping_version(&self, name: &MappingName, version: u64) -> Result<Option<MappingVersion>, StoreError> {
        self.one(&keys::mapping_version(&self.site, name, version))
    }

    /// The version that is in force.
    ///
    /// # Errors
    /// As [`Ledger::latest_mapping`].
    pub fn active_mapping(&self, name: &MappingName) -> Result<Option<ActiveMapping>, StoreError> {
        self.one(&keys::mapping_active(&self.site, name))
    }

    /// The document in force and the last version of the one in the shadow, in one read; no read where none is named.
    ///
    /// # Errors
    /// As [`Ledger::latest_mapping`].
    pub fn mappings_in_force(
        &self,
        document: Option<&MappingName>,
        shadow: Option<&MappingName>,
    ) -> Result<(Option<ActiveMapping>, Option<MappingVersion>), StoreError> {
        let document = document.map(|name| keys::mapping_active(&self.site, name));
        let shadow = shadow.map(|name| keys::mapping_latest(&self.site, name));
        let keys: Vec<String> = document.iter().chain(&shadow).cloned().collect();
        if keys.is_empty() {
            return Ok((None, None));
        }
        let mut values = self.store.get_many(&keys)?.into_iter();
        let active = document.and_then(|key| Some((key, values.next()??)));
        let latest = shadow.and_then(|key| Some((key, values.next()??)));
        Ok((
            active.map(|(key, value)| stored::read(&key, &value)).transpose()?,
            latest.map(|(key, value)| stored::read(&key, &value)).transpose()?,
        ))
    }

    /// The versions from one number to another that there are.
    ///
    /// # Errors
    /// As [`Ledger::latest_mapping`].
    pub fn mapping_versions(
        &self,
        name: &MappingName,
        first: u64,
        last: u64,
    ) -> Result<Vec<MappingVersion>, StoreError> {
        let keys: Vec<String> =
            (first..=last).map(|version| keys::mapping_version(&self.site, name, version)).collect();
        let values = self.store.get_many(&keys)?;
        let versions = keys.iter().zip(values).filter_map(|(key, value)| Some((key, value?)));
        versions.map(|(key, value)| stored::read(key, &value)).collect()
    }

    /// Puts a version in force, from the next payment that is mapped on: every one of them is mapped by one version as a
    /// whole.
    ///
    /// # Errors
    /// There is no such version, or the store did not take it.
    pub fn activate_mapping(
        &self,
        name: &MappingName,
        version: u64,
        correlation_id: &CorrelationId,
    ) -> Result<ActiveMapping, ActivationError> {
        self.put_in_force(name, version, JournalKind::MappingActivated, correlation_id)
    }

    /// Puts the version in force that was so before the present one.
    ///
    /// # Errors
    /// There was none, or the store did not take it.
    pub fn roll_mapping_back(
        &self,
        name: &MappingName,
        correlation_id: &CorrelationId,
    ) -> Result<ActiveMapping, ActivationError> {
        let active = self.active_mapping(name)?.ok_or(ActivationError::NothingBefore)?;
        let before = active.previous.ok_or(ActivationError::NothingBefore)?;
        self.put_in_force(name, before, JournalKind::MappingRolledBack, correlation_id)
    }

    fn put_in_force(
        &self,
        name: &MappingName,
        version: u64,
        kind: fn(String) -> JournalKind,
        correlation_id: &CorrelationId,
    ) -> Result<ActiveMapping, ActivationError> {
        let MappingVersion { text, .. } = self.mapping_version(name, version)?.ok_or(ActivationError::NoSuchVersion)?;
        let before = self.active_mapping(name)?;
        if let Some(active) = before.as_ref().filter(|active| active.version == version) {
            return Ok(active.clone());
        }
        let previous = before.map(|active| active.version);
        let active = ActiveMapping { version, since: self.clock.now(), previous, text };
        let entry = self.mapping_entry(kind, name, version, correlation_id);
        self.write_journaled(&entry, vec![write(&keys::mapping_active(&self.site, name), &active)?])?;
        Ok(active)
    }

    /// A document as a whole; none when there is none of this name.
    ///
    /// # Errors
    /// As [`Ledger::latest_mapping`].
    pub fn mapping(&self, name: &MappingName) -> Result<Option<Mapping>, StoreError> {
        let Some(latest) = self.latest_mapping(name)? else { return Ok(None) };
        let active = self.active_mapping(name)?;
        Ok(Some(Mapping { name: name.clone(), latest: latest.version, active }))
    }

    /// All documents, in the order in which they were first stored.
    ///
    /// # Errors
    /// As [`Ledger::latest_mapping`].
    pub fn mappings(&self) -> Result<Vec<Mapping>, StoreError> {
        let mut mappings = Vec::new();
        for name in self.mapping_names()? {
            mappings.extend(self.mapping(&name)?);
        }
        Ok(mappings)
    }

    /// The names of all documents, in the order in which they were first stored.
    pub(crate) fn mapping_names(&self) -> Result<Vec<MappingName>, StoreError> {
        let keys: Vec<String> = (1..=MOST_MAPPINGS).map(|number| keys::mapping_name(&self.site, number)).collect();
        let values = self.store.get_many(&keys)?;
        let names = keys.iter().zip(values).filter_map(|(key, value)| Some(stored::read(key, &value?)));
        names.collect()
    }

    /// The record of what a shadow would have written of a payment, in place of the one before; to be written with what
    /// was told. It quotes values of fields, so it is sealed as a whole.
    ///
    /// # Errors
    /// It cannot be written as text.
    pub fn shadowed<T: Serialize>(
        &self,
        name: &MappingName,
        reference: &PaymentReference,
        differences: &T,
    ) -> Result<Writes, StoreError> {
        let key = keys::mapping_shadow(&self.site, name, reference);
        let sealed = self.seal_for_site(&key, &stored::write(&key, differences)?)?;
        Ok(vec![(key, sealed)])
    }

    /// What a shadow would have written of these payments, for those that it has looked at. What was sealed with a key
    /// that the site no longer has is left out: it is written anew when the payment is next told.
    ///
    /// # Errors
    /// As [`Ledger::latest_mapping`].
    pub fn shadows<T: serde::de::DeserializeOwned>(
        &self,
        name: &MappingName,
        references: &[PaymentReference],
    ) -> Result<Vec<(PaymentReference, T)>, StoreError> {
        if references.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> =
            references.iter().map(|reference| keys::mapping_shadow(&self.site, name, reference)).collect();
        let values = self.store.get_many(&keys)?;
        let found = references.iter().zip(&keys).zip(values);
        found
            .filter_map(|((reference, key), value)| {
                let value = value?;
                // A version before wrote an object in clear.
                let is_sealed = value.starts_with(b"\"");
                let opened = if is_sealed { self.open_of_site(key, &value)? } else { value };
                Some(stored::read(key, &opened).map(|differences| (reference.clone(), differences)))
            })
            .collect()
    }
}
