//! The limits of a document. Each is far above what a mapping needs, and far below what could delay a payment or fill a
//! component's memory.

/// Bytes of a document.
pub const DOCUMENT_BYTES: usize = tollbridge_connector::MAX_DOCUMENT_BYTES;

/// Records of a document.
pub const DOCUMENT_RECORDS: usize = 25;

/// Fields of a record.
pub const RECORD_FIELDS: usize = 200;

/// Bytes of one expression.
pub const EXPRESSION_BYTES: usize = 4 * 1024;

/// Tokens of one expression. Parsing recurses at most once per token, so this also bounds the stack.
pub const EXPRESSION_TOKENS: usize = 400;

/// The maximum nesting depth of brackets.
pub const EXPRESSION_DEPTH: usize = 24;

/// The largest argument of `range`.
pub const RANGE: i64 = 100;

/// How many evaluations the text of an expression alone may cause, whatever the payment is.
pub const WRITTEN_EVALUATIONS: u64 = 4_000;

/// Bytes of text whose reading or copying costs one step.
pub const BYTES_OF_A_STEP: usize = 64;

/// Steps of one expression's evaluation.
pub const EXPRESSION_STEPS: u32 = 20_000;

/// Steps of one answer's evaluation.
pub const OUTPUT_STEPS: u32 = 400_000;

/// Bytes of text that one expression may create during its evaluation.
pub const EXPRESSION_TEXT_BYTES: u32 = 512 * 1024;

/// Bytes of one text.
pub const TEXT_BYTES: usize = 64 * 1024;

/// The maximum nesting depth of lists and objects.
pub const VALUE_DEPTH: u8 = 16;

/// Bytes of one field's value, as JSON.
pub const FIELD_BYTES: usize = 64 * 1024;

/// Bytes of all fields of an answer.
pub const OUTPUT_BYTES: usize = tollbridge_connector::MAX_RECORDS_BYTES;

/// Records of one answer, which is Salesforce's limit of subrequests in one Composite call.
pub const OUTPUT_RECORDS: usize = 25;
