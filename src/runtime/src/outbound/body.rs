//! The body of a response to the component's request; a pause must not exceed the component's limit.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::Error;

use super::shares::CallPermit;

pub(super) struct TimedBody {
    body: Incoming,
    longest_pause: Duration,
    pause: Pin<Box<Sleep>>,
    /// The call counts until its response has ended.
    _permit: CallPermit,
}

impl TimedBody {
    pub(super) fn new(body: Incoming, longest_pause: Duration, permit: CallPermit) -> TimedBody {
        let pause = Box::pin(tokio::time::sleep(longest_pause));
        TimedBody { body, longest_pause, pause, _permit: permit }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => {
                let deadline = Instant::now() + self.longest_pause;
                self.pause.as_mut().reset(deadline);
                // Whatever the reason, the body is incomplete, and the component must not take it for a complete one.
                Poll::Ready(frame.map(|frame| frame.map_err(|_| Error::HttpResponseIncomplete)))
            }
            Poll::Pending => match self.pause.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(Some(Err(Error::ConnectionReadTimeout))),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
