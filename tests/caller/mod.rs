//! Whoever calls the gateway over HTTP, every part of the request open to change.

mod call;
mod reply;

pub use call::{Call, Client};
pub use reply::{Reply, shows, text};
