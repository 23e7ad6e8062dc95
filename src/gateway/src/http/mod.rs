//! The HTTP interface: requests and responses, routes, authentication, and the JSON of problems and payments.

pub mod authentication;
pub mod body;
pub mod fields;
pub mod message;
pub mod problem;
pub mod reply;
pub mod routes;
pub mod view;
