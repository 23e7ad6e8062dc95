//! The gateway component: the only part of Tollbridge that reaches the network, the clock, the store and the secrets.
//!
//! A request passes one way: [`route`](routes) → [`authenticate`](auth) → a handler (commands, webhook, …) → an answer,
//! and after the answer was handed over, [`sync`] tells Salesforce. All of it runs on the ports of [`ports`]; only
//! `component` knows WASI.

mod answer;
mod auth;
mod cards;
mod commands;
mod config;
mod drain;
mod erasure;
mod gateway;
mod health;
mod inquiries;
mod log;
mod mappings;
mod ports;
mod problem;
mod reviews;
mod routes;
mod salesforce;
mod sync;
mod tracing;
mod view;
mod webhook;

#[cfg(target_family = "wasm")]
mod component;

pub use answer::{After, Answered, BodyFault, Request, Response};
pub use config::{Config, ConfigProblem, MaldoPaySecrets, Mapping, SalesforceSite, Secret, Site, SiteKeys};
pub use gateway::Gateway;
pub use ports::{
    Encoded, Fault, Http, HttpRequest, HttpResponse, Mapper, MappingProblem, Ports, Provider, ProviderProblem, Random,
    Sink,
};
pub use tracing::Trace;

/// The longest body that is read, in bytes.
pub const LONGEST_BODY: usize = 256 * 1024;
