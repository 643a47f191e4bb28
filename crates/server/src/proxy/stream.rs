//! Streams of HTTP/2. The client says how much of each it takes: with a window at zero it takes nothing, and what waits for it
//! stays here. So a stream ends when nothing of its answer has been taken for a while, and its connection lives on.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use hyper::rt::Executor;

use crate::http::tcp::now;

tokio::task_local! {
    /// That of the stream whose task this is; HTTP/1 has none.
    static GIVEN: Arc<Given>;
}

/// What the client was given of one answer.
#[derive(Debug, Default)]
struct Given {
    frames: AtomicU64,
    /// Whether the last one waits to be taken: nobody has asked for the next.
    waits: AtomicBool,
}

/// What goes on on one connection.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    http_1: AtomicBool,
    open: AtomicUsize,
    begun: AtomicU64,
}

impl Traffic {
    /// HTTP/1 has a timer of its own for what comes next.
    pub(super) fn speaks_http_1(&self) {
        self.http_1.store(true, Ordering::Relaxed);
    }

    /// How many streams there have been, where none is open.
    pub(super) fn idle_after(&self) -> Option<u64> {
        let idle = !self.http_1.load(Ordering::Relaxed) && self.open.load(Ordering::Relaxed) == 0;
        idle.then(|| self.begun.load(Ordering::Relaxed))
    }
}

/// Runs the streams of one connection.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    pub(super) traffic: Arc<Traffic>,
    pub(super) taken_within: Duration,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let given = Arc::<Given>::default();
        let open = Open::new(&self.traffic);
        let until_taken = until_taken(stream, Arc::clone(&given), self.taken_within);
        tokio::spawn(GIVEN.scope(given, async move {
            until_taken.await;
            drop(open);
        }));
    }
}

/// Counted until it is over, however it ends.
struct Open(Arc<Traffic>);

impl Open {
    fn new(traffic: &Arc<Traffic>) -> Self {
        traffic.open.fetch_add(1, Ordering::Relaxed);
        traffic.begun.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(traffic))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs a stream to its end, or until one frame has waited too long. To drop it resets it.
async fn until_taken(stream: impl Future<Output = ()>, given: Arc<Given>, within: Duration) {
    let mut stream = pin!(stream);
    let mut due = pin!(tokio::time::sleep(within));
    let mut waits_since = None;
    poll_fn(|cx| {
        if stream.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let frame = given
            .waits
            .load(Ordering::Relaxed)
            .then(|| given.frames.load(Ordering::Relaxed));
        if frame.is_none() {
            waits_since = None;
            return Poll::Pending;
        }
        if frame != waits_since {
            waits_since = frame;
            due.as_mut().reset(now() + within);
        }
        due.as_mut().poll(cx)
    })
    .await;
}

/// Lets the stream see what is given of its answer.
pub(super) fn seen(response: Response) -> Response {
    match GIVEN.try_with(Arc::clone) {
        Ok(given) => response.map(|inner| Body::new(Seen { inner, given })),
        Err(_) => response,
    }
}

struct Seen {
    inner: Body,
    given: Arc<Given>,
}

impl HttpBody for Seen {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        let given = matches!(frame, Poll::Ready(Some(Ok(_))));
        self.given.waits.store(given, Ordering::Relaxed);
        if given {
            self.given.frames.fetch_add(1, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use http_body_util::BodyExt as _;

    use super::*;

    const WITHIN: Duration = Duration::from_secs(30);

    /// Runs a stream that takes a frame each time so much has passed. True if it was let to its end.
    async fn takes(pieces: usize, each: Duration, comes_after: Duration) -> bool {
        let (ended, end) = tokio::sync::oneshot::channel();
        let streams = Streams {
            traffic: Arc::default(),
            taken_within: WITHIN,
        };
        streams.execute(async move {
            let pieces = stream::unfold(0, move |sent| async move {
                tokio::time::sleep(comes_after).await; // tidy: sleeps because the clock is paused
                (sent < pieces).then(|| (Ok::<_, Infallible>("x"), sent + 1))
            });
            let mut body = seen(Response::new(Body::from_stream(pieces))).into_body();
            while body.frame().await.is_some() {
                tokio::time::sleep(each).await; // tidy: sleeps because the clock is paused
            }
            let _ = ended.send(());
        });
        let to_its_end = end.await.is_ok();
        tokio::task::yield_now().await;
        assert_eq!(streams.traffic.idle_after(), Some(1), "it is over, either way");
        to_its_end
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_takes_is_given_up() {
        assert!(!takes(3, WITHIN * 2, Duration::ZERO).await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_taken_slowly_or_comes_slowly_is_not() {
        assert!(takes(5, WITHIN * 2 / 3, Duration::ZERO).await);
        assert!(takes(5, Duration::ZERO, WITHIN * 4).await);
    }
}
