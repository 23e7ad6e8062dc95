//! The spelling of records in a command. A record has one identity however a client spells its object and id. An older
//! version used the spelling as it was sent.

use tollbridge_domain::SourceRecord;

/// Which spelling of records a digest uses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Salesforce's own: ids in 15 or 18 characters, and object names in any case, are the same.
    Salesforce,
    /// As the client sent it.
    AsWritten,
}

impl Spelling {
    /// The text at this path of a command.
    pub fn of(self, place: &str, text: String) -> String {
        match (self, place) {
            (Self::Salesforce, "source.object") => SourceRecord::identity_of_object(&text),
            (Self::Salesforce, "source.id" | "invoice.id") => SourceRecord::canonical_id(&text).unwrap_or(text),
            (Self::Salesforce | Self::AsWritten, _) => text,
        }
    }
}
