//! The HTTP interface: requests and responses, routes, authentication, and the JSON of problems and payments.

pub mod authentication;
pub mod body;
pub mod fields;
pub mod members;
pub mod message;
pub mod parameters;
pub mod problem;
pub mod reply;
pub mod routes;
pub mod view;
