//! Runs one instance per request, from the incoming request to the end of the component's work, which may continue
//! after the response.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Bytes, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use wasmtime::Store;
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::activity::{Activity, InvocationGuard};
use crate::application::Application;
use crate::counters::Meter;
use crate::dispatch_error::DispatchError;
use crate::host::{Host, Services};
use crate::intake::whole;
use crate::limits::Limits;

/// Released when the instance ends.
type Turn = [OwnedSemaphorePermit; 2];

type ComponentResult = Result<Response<HyperOutgoingBody>, ErrorCode>;

/// How many characters of method and path an error line shows.
const LONGEST_SHOWN: usize = 200;

/// Runs the component once per request.
#[derive(Clone)]
pub(crate) struct Invoker {
    pub(crate) application: Application,
    pub(crate) services: Arc<Services>,
    pub(crate) activity: Activity,
    pub(crate) meter: Arc<Meter>,
    /// The requests that may run in the component at once, within the pool's size.
    pub(crate) instances: Arc<Semaphore>,
    /// What a client may occupy before an invocation starts.
    pub(crate) limits: Limits,
    /// The time limit of one invocation, including its work after the response.
    pub(crate) limit: Duration,
}

impl Invoker {
    /// Returns as soon as the component has a response. The component's further work continues by itself, and all of it
    /// continues if the client disconnects. Until the whole request has arrived and an instance is free, the client
    /// occupies no instance, and a client that disconnects is forgotten.
    pub(crate) async fn answer(self, request: Request<Incoming>) -> Response<HyperOutgoingBody> {
        let (head, body) = request.into_parts();
        let body = match whole(body, &self.limits).await {
            Ok(body) => body,
            Err(incomplete) => return DispatchError::Body(incomplete).response(&head.headers),
        };
        let running = self.activity.begin();
        let Some(turn) = self.turn().await else { return DispatchError::NoInstance.response(&head.headers) };
        let request = Request::from_parts(head, Full::new(body));
        self.meter.request();
        let what = format!("{} {}", request.method(), request.uri().path());
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(async move {
            let outcome = tokio::select! {
                outcome = tokio::time::timeout(self.limit, self.invoke(request, turn, sender)) => {
                    outcome.unwrap_or_else(|_| Err(self.too_slow()))
                }
                () = running.abandoned() => Err(wasmtime::format_err!("the runtime stopped before the invocation ended")),
            };
            if let Err(error) = outcome {
                // The innermost cause is one line; the others contain a backtrace of the component.
                eprintln!("{} failed: {}", shortened(&what), error.root_cause());
            }
            drop::<InvocationGuard>(running);
        });
        match receiver.await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) | Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// Waits a limited time for an instance, within this runtime's limit and the pool's.
    async fn turn(&self) -> Option<Turn> {
        let turn = async {
            let ours = self.instances.clone().acquire_owned().await.ok()?;
            Some([ours, self.application.turns().clone().acquire_owned().await.ok()?])
        };
        tokio::time::timeout(self.limits.instance_wait, turn).await.ok()?
    }

    async fn invoke(
        &self,
        request: Request<Full<Bytes>>,
        _turn: Turn,
        answer: oneshot::Sender<ComponentResult>,
    ) -> wasmtime::Result<()> {
        let component = self.application.component();
        let mut store = Store::new(component.engine(), Host::new(self.services.clone()));
        store.limiter(|host| &mut host.memory);
        // Long computations yield at every tick of the engine's epoch, which also lets the time limit take effect.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);

        let (answered, was_answered) = oneshot::channel();
        let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
        let response = store.data_mut().http().new_response_outparam_from_callback(move |result| {
            let refusal = result.as_ref().err().cloned();
            // A client that has disconnected needs no response.
            let _ = answer.send(result);
            let _ = answered.send(refusal);
        })?;
        component
            .instantiate_async(&mut store)
            .await?
            .wasi_http_incoming_handler()
            .call_handle(&mut store, request, response)
            .await?;
        drop(store);
        match was_answered.await {
            Ok(None) => Ok(()),
            Ok(Some(code)) => Err(wasmtime::format_err!("the component answered with the error {code}")),
            Err(_) => Err(wasmtime::format_err!("the component returned without a response")),
        }
    }

    fn too_slow(&self) -> wasmtime::Error {
        wasmtime::format_err!("it took longer than {} seconds", self.limit.as_secs())
    }
}

/// Method and path, truncated: a path may be as long as the request's head.
fn shortened(what: &str) -> String {
    what.chars().take(LONGEST_SHOWN).collect()
}

/// A response that has only a status.
pub(crate) fn empty(status: StatusCode) -> Response<HyperOutgoingBody> {
    let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
