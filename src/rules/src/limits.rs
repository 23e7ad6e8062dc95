//! How much a document may ask for. Each bound is far above what a mapping needs and far below what could hold up a
//! payment or fill a component's memory.

/// Bytes of a document.
pub const DOCUMENT_BYTES: usize = 64 * 1024;

/// Records of a document.
pub const DOCUMENT_RECORDS: usize = 25;

/// Fields of a record.
pub const RECORD_FIELDS: usize = 200;

/// Bytes of one expression.
pub const EXPRESSION_BYTES: usize = 4 * 1024;

/// Words and signs of one expression. Reading goes one level deeper for each at most, so it also bounds the stack.
pub const EXPRESSION_TOKENS: usize = 400;

/// How deep brackets may stand in each other.
pub const EXPRESSION_DEPTH: usize = 24;

/// The largest number that `range` may count to.
pub const RANGE: i64 = 100;

/// How often a part of an expression may be evaluated by what is written in it alone, whatever the payment is.
pub const WRITTEN_EVALUATIONS: u64 = 4_000;

/// Bytes of text that are one step to look at or to copy: a search costs about so much for so many.
pub const BYTES_OF_A_STEP: usize = 64;

/// Steps of one expression's evaluation.
pub const EXPRESSION_STEPS: u32 = 20_000;

/// Steps of one answer's evaluation.
pub const ANSWER_STEPS: u32 = 400_000;

/// Bytes of text that one expression may make on its way to its value.
pub const EXPRESSION_TEXT_BYTES: u32 = 512 * 1024;

/// Bytes of one text.
pub const TEXT_BYTES: usize = 64 * 1024;

/// How deep lists and objects may be put into each other.
pub const VALUE_DEPTH: u8 = 16;

/// Bytes of one field's value, as JSON.
pub const FIELD_BYTES: usize = 64 * 1024;

/// Bytes of all fields of an answer.
pub const ANSWER_BYTES: usize = 512 * 1024;

/// Records of one answer: Salesforce takes so many subrequests in one Composite call.
pub const ANSWER_RECORDS: usize = 25;
