//! The ledger's key table. It is a contract: what is stored under these names outlives every version of this code.

use tollbridge_domain::{MappingName, PaymentReference, SiteName, SourceRecord, TransactionId};

/// The payment's last sequence number, a counter.
pub fn payment_counter(site: &SiteName, reference: &PaymentReference) -> String {
    format!("pay/{site}/{reference}#")
}

/// The payment's n-th entry; immutable.
pub fn payment_entry(site: &SiteName, reference: &PaymentReference, sequence: u64) -> String {
    format!("pay/{site}/{reference}/{sequence}")
}

/// That the block of the payment's entries is reached, although there is none in those before it; immutable.
pub fn payment_block(site: &SiteName, reference: &PaymentReference, block: u64) -> String {
    format!("pay/{site}/{reference}^{block}")
}

/// The key that opens what is sealed in the payment's n-th entry, itself sealed; removed when it is erased.
pub fn data_key(site: &SiteName, reference: &PaymentReference, sequence: u64) -> String {
    format!("pay/{site}/{reference}/{sequence}!")
}

/// What Salesforce was last told of the payment.
pub fn sync_state(site: &SiteName, reference: &PaymentReference) -> String {
    format!("pay/{site}/{reference}")
}

/// The site's last journal number, a counter.
pub fn journal_counter(site: &SiteName) -> String {
    format!("jrn/{site}#")
}

/// The site's journal entry j; immutable.
pub fn journal_entry(site: &SiteName, number: u64) -> String {
    format!("jrn/{site}/{number}")
}

/// The drain's cursor: every journal entry up to it is closed.
pub fn journal_cursor(site: &SiteName) -> String {
    format!("jrn/{site}@")
}

/// Up to which number the journal was allocated when, where its last numbers had no entry.
pub fn journal_end(site: &SiteName) -> String {
    format!("jrn/{site}~")
}

/// The number of the last note about numbers of the journal that were passed, a counter.
pub fn passed_counter(site: &SiteName) -> String {
    format!("pas/{site}#")
}

/// The n-th note about numbers of the journal that were passed without an entry; immutable.
pub fn passed(site: &SiteName, number: u64) -> String {
    format!("pas/{site}/{number}")
}

/// Every note about passed numbers up to it is a day old.
pub fn passed_cursor(site: &SiteName) -> String {
    format!("pas/{site}@")
}

/// That somebody passed, or fenced, what is under this key.
pub fn tombstone(record: &str) -> String {
    format!("{record}-")
}

/// The number of the last place in the site's line of reviews, a counter.
pub fn review_counter(site: &SiteName) -> String {
    format!("rev/{site}#")
}

/// The site's n-th place in the line of reviews; immutable.
pub fn review(site: &SiteName, number: u64) -> String {
    format!("rev/{site}/{number}")
}

/// Every place in the line of reviews up to it is closed.
pub fn review_cursor(site: &SiteName) -> String {
    format!("rev/{site}@")
}

/// The number of the last question in a minute of the site's, a counter.
pub fn question_counter(site: &SiteName, bucket: u64) -> String {
    format!("ask/{site}/{bucket}#")
}

/// The n-th question in a minute of the site's; removed once it was asked.
pub fn question(site: &SiteName, bucket: u64, number: u64) -> String {
    format!("ask/{site}/{bucket}/{number}")
}

/// That there are questions in a minute of the site's; removed with them.
pub fn question_bucket(site: &SiteName, bucket: u64) -> String {
    format!("ask/{site}/{bucket}")
}

/// The minute and the number up to which every question of the site was asked.
pub fn question_cursor(site: &SiteName) -> String {
    format!("ask/{site}@")
}

/// The journal number up to which the idempotency records of commands have expired.
pub fn idempotency_cursor(site: &SiteName) -> String {
    format!("idem/{site}@")
}

/// The idempotency record.
pub fn idempotency(site: &SiteName, hash: &str) -> String {
    format!("idem/{site}/{hash}")
}

/// The claim counter of the k-th attempt at a command.
pub fn idempotency_claim(site: &SiteName, hash: &str, attempt: u32) -> String {
    format!("idem/{site}/{hash}#{attempt}")
}

/// That the k-th attempt at a command was taken over: whoever holds it must not send anything any more.
pub fn idempotency_fence(site: &SiteName, hash: &str, attempt: u32) -> String {
    format!("idem/{site}/{hash}!{attempt}")
}

/// When it was first seen that the k-th attempt was claimed and nothing written.
pub fn idempotency_claim_seen(site: &SiteName, hash: &str, attempt: u32) -> String {
    format!("idem/{site}/{hash}#{attempt}@")
}

/// The payment that a provider transaction belongs to.
pub fn transaction(site: &SiteName, transaction: &TransactionId) -> String {
    format!("tx/{site}/{transaction}")
}

/// The number of the last payment for a source record, a counter.
pub fn source_counter(site: &SiteName, source: &SourceRecord) -> String {
    format!("src/{site}/{}/{}#", source.object_identity(), source.identity())
}

/// The k-th payment for a source record; immutable.
pub fn source_attempt(site: &SiteName, source: &SourceRecord, attempt: u64) -> String {
    format!("src/{site}/{}/{}/{attempt}", source.object_identity(), source.identity())
}

/// That the block of a source record's attempts is reached; immutable.
pub fn source_block(site: &SiteName, source: &SourceRecord, block: u64) -> String {
    format!("src/{site}/{}/{}^{block}", source.object_identity(), source.identity())
}

/// What the k-th payment for a source record contributes to it; replaced as a whole.
pub fn source_summary(site: &SiteName, source: &SourceRecord, attempt: u64) -> String {
    format!("src/{site}/{}/{}/{attempt}@", source.object_identity(), source.identity())
}

/// How many mapping documents a site has, a counter.
pub fn mapping_names_counter(site: &SiteName) -> String {
    format!("maps/{site}#")
}

/// The name of the site's k-th mapping document; immutable.
pub fn mapping_name(site: &SiteName, number: u64) -> String {
    format!("maps/{site}/{number}")
}

/// The number of a mapping's last version, a counter.
pub fn mapping_counter(site: &SiteName, name: &MappingName) -> String {
    format!("map/{site}/{name}#")
}

/// A mapping's version v; immutable.
pub fn mapping_version(site: &SiteName, name: &MappingName, version: u64) -> String {
    format!("map/{site}/{name}/{version}")
}

/// A mapping's last version, with its text.
pub fn mapping_latest(site: &SiteName, name: &MappingName) -> String {
    format!("map/{site}/{name}@")
}

/// The version of a mapping that is in force, with its text.
pub fn mapping_active(site: &SiteName, name: &MappingName) -> String {
    format!("map/{site}/{name}")
}

/// What a mapping in the shadow would have written of a payment.
pub fn mapping_shadow(site: &SiteName, name: &MappingName, reference: &PaymentReference) -> String {
    format!("map/{site}/{name}/~{reference}")
}
