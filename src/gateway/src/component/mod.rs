//! The component: Spin's HTTP trigger, and the ports over WASI. A move to WASI 0.3 would touch nothing else.

mod http;
#[cfg(not(feature = "outbound-redis"))]
mod keyvalue;
mod plugins;
#[cfg(feature = "outbound-redis")]
mod redis;
mod system;

use futures::{SinkExt as _, StreamExt as _};
use spin_sdk::http::{Headers, IncomingRequest, OutgoingResponse, ResponseOutparam};
use spin_sdk::http_component;

use crate::{BodyFault, Gateway, MAX_BODY_BYTES, Origins, Ports, Request, Response};

#[allow(missing_docs, reason = "generated; the WIT packages document every item")]
mod bindings {
    wit_bindgen::generate!({
        world: "tollbridge:gateway/gateway",
        path: ["../../wit", "wit"],
        with: { "tollbridge:types/types@0.1.0": tollbridge_connector::types },
        generate_all,
    });
}

#[http_component]
async fn handle(request: IncomingRequest, response: ResponseOutparam) {
    let request = read(request).await;
    let variable = |name: &str| spin_sdk::variables::get(name).unwrap_or_default();
    #[cfg(not(feature = "outbound-redis"))]
    let store = keyvalue::KeyValueStore::open();
    #[cfg(feature = "outbound-redis")]
    let store = redis::Redis::at(variable("redis_url"));
    let ports = Ports {
        store: &store,
        clock: &system::HostClock,
        // Spin's key-value store has no clock to ask.
        #[cfg(not(feature = "outbound-redis"))]
        store_clock: None,
        #[cfg(feature = "outbound-redis")]
        store_clock: Some(&store),
        http: &http::HostHttp,
        provider: &plugins::ProviderPlugin,
        mapper: &plugins::MapperPlugin,
        documents: &plugins::DocumentMapperPlugin,
        random: &system::HostRandom,
        sink: &system::Stdout,
    };
    let [maldopay, salesforce] = ["maldopay_origin", "salesforce_origin"].map(variable);
    let origins = Origins { maldopay: &maldopay, salesforce: &salesforce };
    let gateway = Gateway::new(ports, &variable("config"), &variable("secrets"), origins);
    let reply = gateway.handle(request);
    // The caller gets its response before anything else is done.
    write(response, reply.response).await;
    gateway.finish(reply.deferred);
}

async fn read(incoming: IncomingRequest) -> Request {
    let method = incoming.method().to_string();
    let target = incoming.path_with_query().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let headers = incoming
        .headers()
        .entries()
        .into_iter()
        .filter_map(|(name, value)| Some((name, String::from_utf8(value).ok()?)))
        .collect();
    let body = read_body(incoming).await;
    Request { method, path: path.to_owned(), query: query.to_owned(), headers, body }
}

async fn read_body(incoming: IncomingRequest) -> Result<Vec<u8>, BodyFault> {
    let mut body = Vec::new();
    let mut stream = incoming.into_body_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| BodyFault::BrokenOff)?;
        if body.len().saturating_add(chunk.len()) > MAX_BODY_BYTES {
            return Err(BodyFault::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

async fn write(outparam: ResponseOutparam, response: Response) {
    let headers: Vec<(String, Vec<u8>)> =
        response.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let outgoing = OutgoingResponse::new(Headers::from_list(&headers).unwrap_or_else(|_| Headers::new()));
    // Every status that the gateway uses is valid.
    let _ = outgoing.set_status_code(response.status);
    let mut body = outgoing.take_body();
    outparam.set(outgoing);
    // A caller that has disconnected gets no response. What was done for it stays done.
    drop(body.send(response.body).await);
}
