//! The state of one instance of the component, and the interfaces that the runtime offers to it.

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
    /// The values of the component's variables.
    pub(crate) variables: BTreeMap<String, String>,
    /// The names of the key-value stores that the component may open.
    pub(crate) stores: BTreeSet<String>,
    /// The storage behind them.
    pub(crate) store: GuardedStore,
    /// The destinations that the component may connect to.
    pub(crate) allowed: Arc<AllowedHosts>,
    /// The HTTP client for the component's requests.
    pub(crate) outbound: Outbound,
    /// The counters of the component's work.
    pub(crate) meter: Arc<Meter>,
    /// The destination of the component's output.
    pub(crate) log: Log,
    /// The component's wall clock.
    pub(crate) clock: ClockOffset,
    /// The clock that Redis servers show to the component.
    pub(crate) redis_clock: ClockOffset,
}

/// The state of one instance.
pub(crate) struct Host {
    /// The resources that the instance has handles to.
    pub(crate) table: ResourceTable,
    /// What all instances share.
    pub(crate) services: Arc<Services>,
    /// The memory that the instance uses.
    pub(crate) memory: MemoryLimit,
    /// The number of open connections to Redis.
    pub(crate) redis_connections: usize,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
}

impl Host {
    pub(crate) fn new(services: Arc<Services>) -> Host {
        let mut wasi = WasiCtx::builder();
        // The builder's default grants no files, arguments or environment. Sockets would bypass allowed_outbound_hosts.
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

/// Adds every interface that the runtime offers to the linker.
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
