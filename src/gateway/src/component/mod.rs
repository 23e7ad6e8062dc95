//! The component's face: Spin's HTTP trigger, and the ports over WASI. This is all that a move to WASI 0.3 would touch.

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

use crate::{BodyFault, Gateway, LONGEST_BODY, Ports, Request, Response};

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
    let store = keyvalue::Default::open();
    #[cfg(feature = "outbound-redis")]
    let store = redis::Redis::at(variable("redis_url"));
    let ports = Ports {
        store: &store,
        clock: &system::Wall,
        // Spin's key-value store does not say what time it is.
        #[cfg(not(feature = "outbound-redis"))]
        store_clock: None,
        #[cfg(feature = "outbound-redis")]
        store_clock: Some(&store),
        http: &http::Outgoing,
        provider: &plugins::MaldoPay,
        mapper: &plugins::Records,
        documents: &plugins::Documents,
        random: &system::Host,
        sink: &system::Output,
    };
    let gateway = Gateway::new(ports, &variable("config"), &variable("secrets"));
    let answered = gateway.handle(request);
    // The caller has its answer before anything else is done.
    write(response, answered.response).await;
    gateway.finish(answered.after);
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
        if body.len().saturating_add(chunk.len()) > LONGEST_BODY {
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
    // Every status that is answered here is one.
    let _ = outgoing.set_status_code(response.status);
    let mut body = outgoing.take_body();
    outparam.set(outgoing);
    // A caller that went away gets no answer; what was done for it is done.
    drop(body.send(response.body).await);
}
