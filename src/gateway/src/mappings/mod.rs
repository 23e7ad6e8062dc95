//! Mapping documents over HTTP: their versions, activation and rollback, and the differences of a shadow.

mod changes;
mod differences;
mod notice;
mod show;

pub use changes::{activate, roll_back, store};
pub use differences::{ShadowReport, compare, differences};
pub use show::{list, show, version};
