//! A caller of the gateway over HTTP.

mod call;
mod response;

pub use call::{Call, Client};
pub use response::{GatewayResponse, shows, text};
