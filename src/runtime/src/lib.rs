//! The embedded runtime: serves a Spin manifest on wasmtime, with the semantics of Spin.
//!
//! It serves one component behind HTTP, composed with the dependencies in the manifest, and offers it Spin's
//! interfaces: WASI 0.2 without files and sockets, `wasi:http`, variables, `wasi:keyvalue` on SQLite, on Redis or in
//! memory, and the Redis servers that the manifest allows. A manifest that asks for anything else is refused when it is
//! loaded.
//!
//! ```no_run
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! use tollbridge_runtime::{Application, Options, Runtime};
//!
//! let application = Application::load("spin.toml".as_ref())?;
//! let runtime = Runtime::start(&application, Options::default()).await?;
//! println!("serving on http://{}", runtime.address());
//! runtime.stop().await?;
//! # Ok(())
//! # }
//! ```

mod activity;
mod allowed_hosts;
mod application;
mod bindings;
mod clock;
mod compose;
mod connections;
mod counters;
mod dependency_name;
mod dispatch_error;
mod engine;
mod host;
mod intake;
mod invocation;
mod keyvalue;
mod limits;
mod log;
mod manifest;
mod options;
mod outbound;
mod outbound_redis;
mod redis_url;
mod resources;
mod runtime;
mod server;
mod spin_headers;
mod store;
mod variables;

pub use allowed_hosts::AllowedHostError;
pub use application::{Application, LoadError};
pub use clock::{ClockOffset, ClockOffsetError};
pub use compose::CompositionError;
pub use counters::Counters;
pub use dependency_name::{ImportNameError, NameError};
pub use engine::{INSTANCES, engine};
pub use limits::Limits;
pub use log::{CapturedLog, Log};
pub use manifest::ManifestError;
pub use options::Options;
pub use redis_url::{RedisUrl, RedisUrlError};
pub use runtime::{Runtime, StartError, StopError, VariablesError, component_variables};
pub use store::{
    BackendError, Durability, FaultCounts, OpenError, RandomFaults, StoreFaults, StoreLocation, StoreSetting,
    durability,
};
pub use variables::TemplateError;
