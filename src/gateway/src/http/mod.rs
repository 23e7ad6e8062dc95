//! What crosses the wire: requests and responses, the routes, who is asking, and how problems and payments are written.

pub mod authentication;
pub mod body;
pub mod fields;
pub mod message;
pub mod problem;
pub mod routes;
pub mod view;
