//! The world of the gateway's tests: doubles of its ports, and requests.

mod network;
mod plugins;
mod provider;
mod requests;
mod salesforce;
mod store;
mod system;
mod world;

pub use tollbridge_gateway::ProviderRequest;
/// The tested crate, which only this module names.
pub use tollbridge_gateway::Site as ConfiguredSite;
pub use tollbridge_gateway::{
    CallError, DeferredWork, Gateway, Http, HttpRequest, HttpResponse, Identity, MAX_BODY_BYTES, Mapper,
    MappingProblem, Origins, Ports, Provider, ProviderProblem, Random, Reply, Request, RequestTypes, SignedNumbers,
    Sink, StoreClock, Undecodable,
};

pub use network::{Network, response};
pub use plugins::{DocumentMapperDouble, NativeMapper, NativeProvider};
pub use provider::{ProviderDouble, unknown_reference};
pub use requests::{
    Callback, ORDER, body, callback, delivery, get, json, operation, order_body, post, request, signature, signed_body,
    signed_fields, signed_text, sync, webhook, with_header,
};
pub use salesforce::{SalesforceDouble, composite, refused};
pub use store::{MemoryStore, StoreOperation, Trouble};
pub use system::{Bytes, Lines, ManualClock, PeerClock, Timeline};
pub use world::{CONFIG, DecodedResponse, KEY_BOTH, KEY_DE, KEY_TR, World, of_body, secrets};
