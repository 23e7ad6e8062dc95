//! The Rust bindings of the interfaces in `wit/`.

#![allow(
    missing_docs,
    clippy::as_conversions,
    clippy::unreachable,
    clippy::panic,
    clippy::unwrap_used,
    reason = "generated code"
)]

wasmtime::component::bindgen!({
    // The runtime offers exactly the interfaces that the gateway calls.
    path: ["../gateway/wit/deps/wasi-keyvalue", "wit"],
    world: "tollbridge:runtime/offered",
    imports: { default: async | trappable },
    with: {
        "fermyon:spin/redis.connection": crate::resources::RedisConnection,
        "wasi:keyvalue/store.bucket": crate::resources::Bucket,
        "wasi:keyvalue/atomics.cas": crate::resources::CompareAndSwap,
    },
    trappable_error_type: {
        "fermyon:spin/redis.error" => crate::resources::RedisFailure,
        "wasi:keyvalue/store.error" => crate::resources::KeyValueFailure,
    },
});
