//! The gateway from outside, over doubles of its ports: every response, every effect, and what survives a failure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod acceptance;
mod addresses;
mod amounts;
mod assignment;
mod authentication;
mod bodies;
mod callback_fields;
mod cards;
mod changes;
mod circuit_breaker;
mod clocks;
mod colliding_ids;
mod commands;
mod configuration;
mod contracts;
mod customers;
mod details;
mod documents;
mod doubles;
mod draining;
mod durability;
mod expired_keys;
mod fences;
mod field_problems;
mod finding;
mod idempotency_keys;
mod invoices;
mod logs;
mod losses;
mod mapping;
mod moved_organisations;
mod not_found;
mod one_record;
mod pending;
mod personal_data;
mod published_secrets;
mod races;
mod refused_children;
mod regressions;
mod retry_after;
mod review_table;
mod reviews;
mod salesforce_refusals;
mod salesforce_session;
mod shared_races;
mod shared_records;
mod status;
mod unreadable;
mod unusable_values;
mod version_conflicts;
mod webhooks;
