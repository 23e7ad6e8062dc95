//! Mapping documents: their immutable versions, the active version, and the differences of a shadow.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tollbridge_domain::{CorrelationId, MappingName, PaymentReference, Timestamp};

use crate::journal::{JournalEntry, JournalKind};
use crate::slots::write;
use crate::{Ledger, StoreError, Writes, keys, stored};

/// One immutable version of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MappingVersion {
    /// Its number, from 1.
    pub version: u64,
    /// SHA-256 of the text, in hex.
    pub digest: String,
    /// When it was stored.
    pub at: Timestamp,
    /// The document's text.
    pub text: String,
}

/// The active version of a document. It contains the text, so that one read is enough for a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveMapping {
    /// Its number, from 1.
    pub version: u64,
    /// When it was activated.
    pub since: Timestamp,
    /// The version that was active before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<u64>,
    /// The document's text.
    pub text: String,
}

/// A document with its last and its active version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingDocument {
    /// The document's name, unique within the site.
    pub name: MappingName,
    /// The number of its last version.
    pub latest: u64,
    /// Its active version; `None` if none was ever activated.
    pub active: Option<ActiveMapping>,
}

/// Why a version cannot be activated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActivationError {
    /// The document has no such version.
    #[error("there is no such version of this mapping")]
    NoSuchVersion,
    /// No other version was active before.
    #[error("no other version of this mapping was in force before")]
    NothingBefore,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many documents a site may have.
pub const MAX_MAPPINGS: u64 = 100;

impl Ledger<'_> {
    fn one<T: serde::de::DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let key = [key.to_owned()];
        let value = self.store.get_many(&key)?.into_iter().next().flatten();
        let [key] = &key;
        value.map(|value| stored::read(key, &value)).transpose()
    }

    /// Stores a document as the next version, unless the last version has the same text. Returns the version, and
    /// whether it is new. The document is not validated here.
    ///
    /// # Errors
    /// The store did not confirm the write.
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

    /// Reads the last version; `None` if no document has this name.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn latest_mapping(&self, name: &MappingName) -> Result<Option<MappingVersion>, StoreError> {
        self.one(&keys::mapping_latest(&self.site, name))
    }

    /// Reads one version of a document.
    ///
    /// # Errors
    /// As for [`Ledger::latest_mapping`].
    pub fn mapping_version(&self, name: &MappingName, version: u64) -> Result<Option<MappingVersion>, StoreError> {
        self.one(&keys::mapping_version(&self.site, name, version))
    }

    /// Reads the active version of a document.
    ///
    /// # Errors
    /// As for [`Ledger::latest_mapping`].
    pub fn active_mapping(&self, name: &MappingName) -> Result<Option<ActiveMapping>, StoreError> {
        self.one(&keys::mapping_active(&self.site, name))
    }

    /// Reads the active version of the document and the last version of the shadow in one read. It reads nothing if
    /// neither is named.
    ///
    /// # Errors
    /// As for [`Ledger::latest_mapping`].
    pub fn active_mappings(
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

    /// Reads the existing versions between two numbers, both included.
    ///
    /// # Errors
    /// As for [`Ledger::latest_mapping`].
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

    /// Activates a version for every payment that is mapped from now on. One version maps each payment as a whole.
    ///
    /// # Errors
    /// The version does not exist, or the store did not confirm the write.
    pub fn activate_mapping(
        &self,
        name: &MappingName,
        version: u64,
        correlation_id: &CorrelationId,
    ) -> Result<ActiveMapping, ActivationError> {
        self.activate(name, version, JournalKind::MappingActivated, correlation_id)
    }

    /// Activates the version that was active before the present one.
    ///
    /// # Errors
    /// No version was active before, or the store did not confirm the write.
    pub fn roll_mapping_back(
        &self,
        name: &MappingName,
        correlation_id: &CorrelationId,
    ) -> Result<ActiveMapping, ActivationError> {
        let active = self.active_mapping(name)?.ok_or(ActivationError::NothingBefore)?;
        let before = active.previous.ok_or(ActivationError::NothingBefore)?;
        self.activate(name, before, JournalKind::MappingRolledBack, correlation_id)
    }

    fn activate(
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

    /// Reads a document with its last and its active version; `None` if no document has this name.
    ///
    /// # Errors
    /// As for [`Ledger::latest_mapping`].
    pub fn mapping(&self, name: &MappingName) -> Result<Option<MappingDocument>, StoreError> {
        let Some(latest) = self.latest_mapping(name)? else { return Ok(None) };
        let active = self.active_mapping(name)?;
        Ok(Some(MappingDocument { name: name.clone(), latest: latest.version, active }))
    }

    /// Reads all documents, in the order in which they were first stored.
    ///
    /// # Errors
    /// As for [`Ledger::latest_mapping`].
    pub fn mappings(&self) -> Result<Vec<MappingDocument>, StoreError> {
        let mut mappings = Vec::new();
        for name in self.mapping_names()? {
            mappings.extend(self.mapping(&name)?);
        }
        Ok(mappings)
    }

    /// The names of all documents, in the order in which they were first stored.
    pub(crate) fn mapping_names(&self) -> Result<Vec<MappingName>, StoreError> {
        let keys: Vec<String> = (1..=MAX_MAPPINGS).map(|number| keys::mapping_name(&self.site, number)).collect();
        let values = self.store.get_many(&keys)?;
        let names = keys.iter().zip(values).filter_map(|(key, value)| Some(stored::read(key, &value?)));
        names.collect()
    }

    /// The record of a shadow's differences for a payment, to be written with the sync state. It replaces the previous
    /// one. It quotes field values, so it is sealed as a whole.
    ///
    /// # Errors
    /// The record cannot be serialized.
    pub fn shadow_record<T: Serialize>(
        &self,
        name: &MappingName,
        reference: &PaymentReference,
        differences: &T,
    ) -> Result<Writes, StoreError> {
        let key = keys::mapping_shadow(&self.site, name, reference);
        let sealed = self.seal_for_site(&key, &stored::write(&key, differences)?)?;
        Ok(vec![(key, sealed)])
    }

    /// Reads a shadow's differences for those of these payments that have some. A record that was sealed with a key
    /// which the site no longer has is left out: the next sync of its payment replaces it.
    ///
    /// # Errors
    /// As for [`Ledger::latest_mapping`].
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
                // Older versions wrote an object in clear text.
                let is_sealed = value.starts_with(b"\"");
                let opened = if is_sealed { self.open_for_site(key, &value)? } else { value };
                Some(stored::read(key, &opened).map(|differences| (reference.clone(), differences)))
            })
            .collect()
    }
}
