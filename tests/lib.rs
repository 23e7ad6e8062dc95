//! What the end-to-end tests and other tests of the workspace start.

pub mod redis;
