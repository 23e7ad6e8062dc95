//! The gateway component: the only part of Tollbridge that reaches the network, the clock, the store and the secrets.
//!
//! `http` routes and authenticates a request, a handler (`commands`, `webhook`, …) produces the response, and after the
//! response was sent, `outbox` syncs Salesforce. Everything runs on the ports of `ports`; only `component` knows WASI.

mod call_context;
mod cards;
mod clocks;
mod commands;
mod config;
mod erasure;
mod finding;
mod gateway;
mod health;
mod http;
mod log;
mod mappings;
mod outbox;
mod ports;
mod queries;
mod retry_after;
mod reviews;
mod salesforce;
mod site_context;
mod tracing;
mod trigger;
mod webhook;

#[cfg(target_family = "wasm")]
mod component;

pub use config::{
    Config, ConfigProblem, MaldoPaySecrets, MappingSettings, Origins, RequestTypes, SalesforceSite, SignedNumbers,
    Site, SiteKeys,
};
pub use gateway::Gateway;
pub use http::message::{BodyFault, Request, Response};
pub use http::reply::{DeferredWork, Reply};
pub use ports::{
    CallError, Http, HttpRequest, HttpResponse, Identity, Mapper, MappingProblem, Ports, Provider, ProviderProblem,
    ProviderRequest, Random, Sink, StoreClock, Undecodable,
};
pub use tracing::Trace;

/// The maximum size of a request body, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
