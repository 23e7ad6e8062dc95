//! Limits that the gateway and the document mapper apply alike.

/// The maximum size of a mapping document, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024;

/// The maximum size of all records of a mapper's result, in bytes.
pub const MAX_RECORDS_BYTES: usize = 512 * 1024;
