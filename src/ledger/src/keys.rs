//! The ledger's key table. It is a contract: records under these keys outlive every version of this code.

use tollbridge_domain::{MappingName, PaymentReference, SiteName, SourceRecord, TransactionId};

/// The counter of the payment's entries.
pub fn payment_counter(site: &SiteName, reference: &PaymentReference) -> String {
    format!("pay/{site}/{reference}#")
}

/// The payment's n-th entry; immutable.
pub fn payment_entry(site: &SiteName, reference: &PaymentReference, sequence: u64) -> String {
    format!("pay/{site}/{reference}/{sequence}")
}

/// The marker that the payment has entries in this block or a later one, although the blocks before it hold none;
/// immutable.
pub fn payment_block(site: &SiteName, reference: &PaymentReference, block: u64) -> String {
    format!("pay/{site}/{reference}^{block}")
}

/// The sealed key that opens the sealed data of the payment's n-th entry. Erasure removes it.
pub fn data_key(site: &SiteName, reference: &PaymentReference, sequence: u64) -> String {
    format!("pay/{site}/{reference}/{sequence}!")
}

/// The payment's sync state.
pub fn sync_state(site: &SiteName, reference: &PaymentReference) -> String {
    format!("pay/{site}/{reference}")
}

/// The counter of the site's journal.
pub fn journal_counter(site: &SiteName) -> String {
    format!("jrn/{site}#")
}

/// The site's n-th journal entry; immutable.
pub fn journal_entry(site: &SiteName, number: u64) -> String {
    format!("jrn/{site}/{number}")
}

/// The drain's cursor: every journal entry up to this number is closed.
pub fn journal_cursor(site: &SiteName) -> String {
    format!("jrn/{site}@")
}

/// The last number that the journal had allocated at some time, noted where its last numbers had no entry.
pub fn journal_end(site: &SiteName) -> String {
    format!("jrn/{site}~")
}

/// The counter of the site's revisits.
pub fn revisit_counter(site: &SiteName) -> String {
    format!("pas/{site}#")
}

/// The site's n-th revisit: numbers of the journal that a drain passed without an entry, or a payment with an
/// unconfirmed write; immutable.
pub fn revisit(site: &SiteName, number: u64) -> String {
    format!("pas/{site}/{number}")
}

/// The cursor of the revisits: every revisit up to this number is a day old.
pub fn revisit_cursor(site: &SiteName) -> String {
    format!("pas/{site}@")
}

/// The tombstone of the record under this key: a reader passed it, or a process fenced it.
pub fn tombstone(record: &str) -> String {
    format!("{record}-")
}

/// The counter of the site's review queue.
pub fn review_counter(site: &SiteName) -> String {
    format!("rev/{site}#")
}

/// The n-th position in the site's review queue; immutable.
pub fn review(site: &SiteName, number: u64) -> String {
    format!("rev/{site}/{number}")
}

/// The cursor of the review queue: every position up to this number is closed.
pub fn review_cursor(site: &SiteName) -> String {
    format!("rev/{site}@")
}

/// The counter of the status inquiries in one of the site's buckets of a minute.
pub fn inquiry_counter(site: &SiteName, bucket: u64) -> String {
    format!("ask/{site}/{bucket}#")
}

/// The n-th status inquiry in one of the site's buckets. It is removed once the inquiry was made.
pub fn inquiry(site: &SiteName, bucket: u64, number: u64) -> String {
    format!("ask/{site}/{bucket}/{number}")
}

/// The marker that one of the site's buckets has status inquiries. It is removed with them.
pub fn inquiry_bucket(site: &SiteName, bucket: u64) -> String {
    format!("ask/{site}/{bucket}")
}

/// The cursor of the inquiry queue: the bucket and the number up to which every status inquiry was made.
pub fn inquiry_cursor(site: &SiteName) -> String {
    format!("ask/{site}@")
}

/// The journal number up to which the idempotency records of commands have expired.
pub fn idempotency_cursor(site: &SiteName) -> String {
    format!("idem/{site}@")
}

/// The idempotency record of a command, by the hash of its key.
pub fn idempotency(site: &SiteName, hash: &str) -> String {
    format!("idem/{site}/{hash}")
}

/// The claim counter of the k-th attempt at a command.
pub fn idempotency_claim(site: &SiteName, hash: &str, attempt: u32) -> String {
    format!("idem/{site}/{hash}#{attempt}")
}

/// The fence that tells the holder of the k-th attempt at a command that the command was taken over: it must not send
/// anything any more.
pub fn idempotency_fence(site: &SiteName, hash: &str, attempt: u32) -> String {
    format!("idem/{site}/{hash}!{attempt}")
}

/// When a request first found the k-th attempt claimed without a record.
pub fn idempotency_claim_seen(site: &SiteName, hash: &str, attempt: u32) -> String {
    format!("idem/{site}/{hash}#{attempt}@")
}

/// The payment that a provider's transaction belongs to.
pub fn transaction(site: &SiteName, transaction: &TransactionId) -> String {
    format!("tx/{site}/{transaction}")
}

/// The counter of the payments for a source record.
pub fn source_counter(site: &SiteName, source: &SourceRecord) -> String {
    format!("src/{site}/{}/{}#", source.object_identity(), source.identity())
}

/// The k-th payment for a source record; immutable.
pub fn source_attempt(site: &SiteName, source: &SourceRecord, attempt: u64) -> String {
    format!("src/{site}/{}/{}/{attempt}", source.object_identity(), source.identity())
}

/// The marker that a source record has attempts in this block or a later one; immutable.
pub fn source_block(site: &SiteName, source: &SourceRecord, block: u64) -> String {
    format!("src/{site}/{}/{}^{block}", source.object_identity(), source.identity())
}

/// The summary of the k-th payment for a source record; replaced as a whole.
pub fn source_summary(site: &SiteName, source: &SourceRecord, attempt: u64) -> String {
    format!("src/{site}/{}/{}/{attempt}@", source.object_identity(), source.identity())
}

/// The counter of the payments whose record or invoice has the number with this digest.
pub fn number_counter(site: &SiteName, digest: &str) -> String {
    format!("num/{site}/{digest}#")
}

/// The n-th payment whose record or invoice has the number with this digest; immutable.
pub fn numbered_payment(site: &SiteName, digest: &str, number: u64) -> String {
    format!("num/{site}/{digest}/{number}")
}

/// The counter of the site's mapping documents.
pub fn mapping_names_counter(site: &SiteName) -> String {
    format!("maps/{site}#")
}

/// The name of the site's k-th mapping document; immutable.
pub fn mapping_name(site: &SiteName, number: u64) -> String {
    format!("maps/{site}/{number}")
}

/// The counter of a mapping's versions.
pub fn mapping_counter(site: &SiteName, name: &MappingName) -> String {
    format!("map/{site}/{name}#")
}

/// The n-th version of a mapping; immutable.
pub fn mapping_version(site: &SiteName, name: &MappingName, version: u64) -> String {
    format!("map/{site}/{name}/{version}")
}

/// The last version of a mapping, with its text.
pub fn mapping_latest(site: &SiteName, name: &MappingName) -> String {
    format!("map/{site}/{name}@")
}

/// The active version of a mapping, with its text.
pub fn mapping_active(site: &SiteName, name: &MappingName) -> String {
    format!("map/{site}/{name}")
}

/// The differences between what a shadow mapping would have written of a payment and what was written.
pub fn mapping_shadow(site: &SiteName, name: &MappingName, reference: &PaymentReference) -> String {
    format!("map/{site}/{name}/~{reference}")
}
