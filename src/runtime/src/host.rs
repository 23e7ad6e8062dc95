//! What belongs to one instance of the component, and what is offered to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::allowed_hosts::AllowedHosts;
use crate::bindings::Offered;
use crate::bindings::fermyon::spin::variables;
use crate::clock::ClockOffset;
use crate::counters::Meter;
use crate::engine::MemoryLimit;
use crate::log::Log;
use crate::outbound::Outbound;
use crate::store::GuardedStore;
use crate::variables::is_variable_name;

/// What all instances of a running application share.
pub(crate) struct Services {
    /// The component's variables and their values.
    pub(crate) variables: BTreeMap<String, String>,
    /// The key-value stores it may open.
    pub(crate) stores: BTreeSet<String>,
    /// Where they are kept.
    pub(crate) store: GuardedStore,
    /// Where it may connect to.
    pub(crate) allowed: Arc<AllowedHosts>,
    /// The way out over HTTP.
    pub(crate) outbound: Outbound,
    /// What counts what is done for it.
    pub(crate) meter: Arc<Meter>,
    /// Where what it prints goes.
    pub(crate) log: Log,
    /// The time of day that it sees.
    pub(crate) clock: ClockOffset,
    /// The time of day that it sees on Redis.
    pub(crate) redis_clock: ClockOffset,
}

/// One instance's side of the host.
pub(crate) struct Host {
    /// The resources that the instance has handles to.
    pub(crate) table: ResourceTable,
    /// What it shares with the others.
    pub(crate) services: Arc<Services>,
    /// The memory it took.
    pub(crate) memory: MemoryLimit,
    /// How many connections to Redis it has open.
    pub(crate) redis_connections: usize,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
}

impl Host {
    pub(crate) fn new(services: Arc<Services>) -> Host {
        let mut wasi = WasiCtx::builder();
        // No files, no arguments, no environment: that is the builder's default. Sockets would go round
        // allowed_outbound_hosts.
        wasi.allow_tcp(false).allow_udp(false).wall_clock(services.clock.clone());
        services.log.attach(&mut wasi);
        Host {
            table: ResourceTable::new(),
            outbound: services.outbound.clone(),
            services,
            memory: MemoryLimit::default(),
            redis_connections: 0,
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
        }
    }
}

/// Puts everything that is offered to a component into the linker.
pub(crate) fn link(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    Offered::add_to_linker::<Host, HasSelf<Host>>(linker, |host| host)
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Host {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outbound }
    }
}

impl variables::Host for Host {
    async fn get(&mut self, name: String) -> wasmtime::Result<Result<String, variables::Error>> {
        Ok(match self.services.variables.get(&name) {
            Some(value) => Ok(value.clone()),
            None if is_variable_name(&name) => {
                Err(variables::Error::Undefined(format!("the component declares no variable `{name}`")))
            }
            None => Err(variables::Error::InvalidName(name)),
        })
    }
}
