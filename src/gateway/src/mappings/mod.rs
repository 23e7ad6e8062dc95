//! Mapping documents over HTTP: stored as versions, put in force and taken back, and what a shadow would have written.

mod changes;
mod differences;
mod show;

pub use changes::{activate, roll_back, store};
pub use differences::{ShadowReport, compare, differences};
pub use show::{list, show, version};
