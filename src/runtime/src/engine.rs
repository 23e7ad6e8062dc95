//! Configures the WebAssembly engine: pooled instances, interruptible code, bounded memory.

use std::time::Duration;

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, ResourceLimiter};

/// The number of requests that may run in a component at once, which is the size of the pool. Others wait for a limited
/// time.
pub const INSTANCES: u32 = 256;

/// The total memory of one request in the composed component. It is the limit of Akamai Functions.
const MEMORY_PER_INSTANCE: usize = 128 * 1024 * 1024;

/// The same as address space: a memory that stays within its reservation never moves.
const RESERVED_WITHOUT_POOL: u64 = 128 * 1024 * 1024;

/// The memory that stays resident in a free pool slot, so that the next instance finds warm pages.
const MEMORY_KEPT_RESIDENT: usize = 256 * 1024;

// A composed component consists of several modules: those of each part, and adapters between them. A mapper in a
// language with an interpreter and shared libraries adds about twenty.
const CORE_INSTANCES_PER_COMPONENT: u32 = 80;
const MEMORIES_PER_COMPONENT: u32 = 6;
const TABLES_PER_COMPONENT: u32 = 20;

/// The maximum number of table entries, enough for every function of a large module.
const TABLE_ENTRIES: usize = 20_000;

/// The interval after which running code yields to others.
const TURN: Duration = Duration::from_millis(10);

/// The engine that applications are compiled for. Its running instances yield to each other.
///
/// # Errors
/// The machine cannot run WebAssembly.
pub fn engine() -> wasmtime::Result<Engine> {
    let engine = Engine::new(&pooled()).or_else(|_| Engine::new(&frugal()))?;
    let weak = engine.weak();
    std::thread::Builder::new().name("tollbridge-turns".to_owned()).spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TURN);
        }
    })?;
    Ok(engine)
}

fn interruptible() -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true);
    config.epoch_interruption(true);
    config
}

/// Without the pool, for machines that do not allow the terabytes of address space that it reserves. Each instance maps
/// only the memory that it may use, and the code checks accesses.
fn frugal() -> Config {
    let mut config = interruptible();
    config
        .allocation_strategy(InstanceAllocationStrategy::OnDemand)
        .memory_reservation(RESERVED_WITHOUT_POOL)
        .memory_guard_size(0)
        .memory_reservation_for_growth(0);
    config
}

fn pooled() -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        .total_core_instances(INSTANCES * CORE_INSTANCES_PER_COMPONENT)
        .total_memories(INSTANCES * MEMORIES_PER_COMPONENT)
        .total_tables(INSTANCES * TABLES_PER_COMPONENT)
        .total_stacks(INSTANCES)
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_memories_per_component(MEMORIES_PER_COMPONENT)
        .max_tables_per_component(TABLES_PER_COMPONENT)
        .max_memory_size(MEMORY_PER_INSTANCE)
        .table_elements(TABLE_ENTRIES)
        .linear_memory_keep_resident(MEMORY_KEPT_RESIDENT)
        // Resets exactly the pages that were written. The default, the lowest addresses, covers the unused end of a
        // stack. This saves a third of a mapper's first call; systems without the call fall back to the default.
        .pagemap_scan(Enabled::Auto);
    let mut config = interruptible();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// Limits the total memory of one request.
#[derive(Default)]
pub(crate) struct MemoryLimit {
    used: usize,
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > MEMORY_PER_INSTANCE {
            return Ok(false);
        }
        self.used = used;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ENTRIES)
    }
}
