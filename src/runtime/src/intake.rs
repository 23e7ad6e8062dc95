//! Receives a request's whole body before the component runs: a slow client occupies a connection but no instance.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use tokio::time::{Instant, timeout_at};

use crate::limits::Limits;

/// How many times the maximum body length is read and discarded before the runtime refuses the body. If it closed the
/// connection while the client still sends, the client would lose the answer.
const THROWN_AWAY: usize = 4;

/// Why the body is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLong,
    TooSlow,
    BrokenOff,
}

/// Receives the whole body without its trailers.
pub(crate) async fn whole<B>(mut body: B, limits: &Limits) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
{
    let started = Instant::now();
    let mut received = Vec::new();
    let mut seen = 0_usize;
    while seen <= limits.longest_body.saturating_mul(THROWN_AWAY) {
        let frame = match timeout_at(started + time_for(seen, limits), body.frame()).await {
            Err(_) => return Err(BodyError::TooSlow),
            Ok(Some(Err(_))) => return Err(BodyError::BrokenOff),
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => break,
        };
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen <= limits.longest_body {
            received.extend_from_slice(&data);
        }
    }
    if seen > limits.longest_body { Err(BodyError::TooLong) } else { Ok(received.into()) }
}

/// The time limit for receiving one more byte after `seen` bytes.
fn time_for(seen: usize, limits: &Limits) -> Duration {
    let seconds = seen.checked_div(limits.body_rate).and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0);
    limits.body_start.saturating_add(Duration::from_secs(seconds)).min(limits.body_wait)
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use hyper::body::Frame;
    use tokio::time::{Sleep, sleep};

    use super::*;

    /// A body of chunks with a pause before each; it may break off at the end.
    struct SlowBody {
        chunks: Vec<usize>,
        pause: Duration,
        sleep: Pin<Box<Sleep>>,
        breaks_off: bool,
    }

    impl SlowBody {
        fn new(chunks: &[usize], pause: Duration) -> Self {
            Self { chunks: chunks.to_vec(), pause, sleep: Box::pin(sleep(pause)), breaks_off: false }
        }
    }

    impl Body for SlowBody {
        type Data = Bytes;
        type Error = &'static str;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            if self.sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            let deadline = Instant::now() + self.pause;
            self.sleep.as_mut().reset(deadline);
            Poll::Ready(match self.chunks.pop() {
                Some(length) => Some(Ok(Frame::data(vec![b'x'; length].into()))),
                None if self.breaks_off => Some(Err("it broke off")),
                None => None,
            })
        }
    }

    fn limits() -> Limits {
        Limits { longest_body: 1000, body_rate: 10, body_wait: Duration::from_secs(30), ..Limits::default() }
    }

    async fn received(body: SlowBody) -> Result<usize, BodyError> {
        whole(body, &limits()).await.map(|body| body.len())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_received_completely_or_not_at_all() {
        let at_once = Duration::ZERO;
        assert_eq!(
            whole(http_body_util::Empty::<Bytes>::new(), &limits()).await.map_err(|_: BodyError| ()),
            Ok(Bytes::new())
        );
        assert_eq!(received(SlowBody::new(&[400, 600], at_once)).await, Ok(1000));
        assert_eq!(received(SlowBody::new(&[400, 601], at_once)).await, Err(BodyError::TooLong));
        let broken = SlowBody { breaks_off: true, ..SlowBody::new(&[2], at_once) };
        assert_eq!(received(broken).await, Err(BodyError::BrokenOff));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_without_end_is_refused() {
        let started = Instant::now();
        assert_eq!(received(SlowBody::new(&[100; 1000], Duration::from_millis(1))).await, Err(BodyError::TooLong));
        assert!(started.elapsed() < Duration::from_millis(60), "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_must_keep_a_minimum_rate_and_a_time_limit() {
        let second = Duration::from_secs(1);
        // Nothing arrives.
        let started = Instant::now();
        assert_eq!(received(SlowBody::new(&[1], 100 * second)).await, Err(BodyError::TooSlow));
        assert_eq!(started.elapsed(), limits().body_start);
        // The required rate for one second, and half of it afterwards.
        assert_eq!(received(SlowBody::new(&[10; 20], second)).await, Ok(200));
        assert_eq!(received(SlowBody::new(&[5; 20], second)).await, Err(BodyError::TooSlow));
        // The total time is limited, however much arrives.
        let started = Instant::now();
        assert_eq!(received(SlowBody::new(&[20; 50], second)).await, Err(BodyError::TooSlow));
        assert_eq!(started.elapsed(), limits().body_wait);
    }
}
