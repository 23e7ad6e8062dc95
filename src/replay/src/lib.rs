//! Replays a recorded history through a mapper and computes what each entry sends to Salesforce.
//!
//! A history is the response of `GET /v1/payments/{ref}/events` with its site. Data flows one way: the entries are
//! folded one more at a time, the mapper maps each state to records, and only the changed fields remain. [`replay`] has
//! an example.

mod history;
mod step;

pub use history::{HistoryError, RecordedHistory};
pub use step::{MapperFunction, RecordChange, ReplayError, ReplayStep, replay, whole};
