//! A caller of the gateway over HTTP.

mod call;
mod reply;

pub use call::{Call, Client};
pub use reply::{Reply, shows, text};
