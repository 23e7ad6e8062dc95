//! The interfaces of `wit/`, as Rust.

#![allow(
    missing_docs,
    clippy::as_conversions,
    clippy::unreachable,
    clippy::panic,
    clippy::unwrap_used,
    reason = "generated code"
)]

wasmtime::component::bindgen!({
    // What the gateway calls is what is offered to it.
    path: ["../gateway/wit/deps/wasi-keyvalue", "wit"],
    world: "tollbridge:runtime/offered",
    imports: { default: async | trappable },
    with: {
        "fermyon:spin/redis.connection": crate::outbound_redis::Connection,
        "wasi:keyvalue/store.bucket": crate::keyvalue::Bucket,
        "wasi:keyvalue/atomics.cas": crate::keyvalue::CompareAndSwap,
    },
    trappable_error_type: {
        "fermyon:spin/redis.error" => crate::outbound_redis::Failure,
        "wasi:keyvalue/store.error" => crate::keyvalue::Failure,
    },
});
