//! One request, one instance: from the request that came in to the end of the component's work on it, which may lie
//! after the response.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::activity::{Activity, Running};
use crate::application::Application;
use crate::counters::Meter;
use crate::host::{Host, Services};

type Answer = Result<Response<HyperOutgoingBody>, ErrorCode>;

/// Runs the component, once for each request.
#[derive(Clone)]
pub(crate) struct Invoker {
    pub(crate) application: Application,
    pub(crate) services: Arc<Services>,
    pub(crate) activity: Activity,
    pub(crate) meter: Arc<Meter>,
    /// How long one invocation may take, its work after the response included.
    pub(crate) limit: Duration,
}

impl Invoker {
    /// Answers as soon as the component has a response. Its further work goes on by itself, and so does all of it
    /// when the client goes away.
    pub(crate) async fn answer(self, request: Request<Incoming>) -> Response<HyperOutgoingBody> {
        let running = self.activity.begin();
        self.meter.request();
        let what = format!("{} {}", request.method(), request.uri().path());
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(async move {
            let outcome = tokio::select! {
                outcome = tokio::time::timeout(self.limit, self.invoke(request, sender)) => {
                    outcome.unwrap_or_else(|_| Err(self.too_slow()))
                }
                () = running.abandoned() => Err(wasmtime::format_err!("the runtime stopped before it ended")),
            };
            if let Err(error) = outcome {
                // The innermost cause is one line; what lies around it is a backtrace of the component.
                eprintln!("{what} failed: {}", error.root_cause());
            }
            drop::<Running>(running);
        });
        match receiver.await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) | Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    async fn invoke(&self, request: Request<Incoming>, answer: oneshot::Sender<Answer>) -> wasmtime::Result<()> {
        let _turn = self.application.turns().acquire().await?;
        let component = self.application.component();
        let mut store = Store::new(component.engine(), Host::new(self.services.clone()));
        store.limiter(|host| &mut host.memory);
        // Long computation lets others run at every turn of the engine's clock, and the time limit take effect.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);

        let (answered, was_answered) = oneshot::channel();
        let request = store
            .data_mut()
            .http()
            .new_incoming_request(Scheme::Http, request.map(|body| body.map_err(wasmtime_wasi_http::Error::from)))?;
        let response = store.data_mut().http().new_response_outparam_from_callback(move |result| {
            let refusal = result.as_ref().err().cloned();
            // A client that has gone needs no response.
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

/// A response that only says how it ended.
pub(crate) fn empty(status: StatusCode) -> Response<HyperOutgoingBody> {
    let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
