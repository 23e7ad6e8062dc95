//! Replays a recorded history through a mapper: what each of its entries would have Salesforce told.
//!
//! A history is what `GET /v1/payments/{ref}/events` answers, with the site it is of. Data passes one way: its entries
//! are folded one more at a time, each state goes through the mapper, and of the records only what changed is left.

mod history;
mod step;

pub use history::{History, HistoryError};
pub use step::{Change, Mapper, ReplayError, Step, replay, whole};
