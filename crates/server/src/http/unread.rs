//! Bodies that nobody wants. A client that is still sending does not look for the answer: were its connection closed while its
//! bytes arrive, it would be reset, and the answer with it. So what is left of a body is read and thrown away, for a while.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::Instant;

use super::tcp::now;

/// A client that sends nothing for so long has seen the answer, or never will.
pub(crate) const SILENT_FOR: Duration = Duration::from_secs(5);
/// What is larger, or comes more slowly, is not read to its end.
pub(crate) const IN_ALL: Duration = Duration::from_mins(2);

/// The body of a request. Whoever lets it go has read enough of it.
#[derive(Debug)]
pub(crate) struct Unread {
    /// None after the end.
    inner: Option<Incoming>,
    /// When the client last sent some of it.
    heard: Instant,
    /// Whether the client sends nothing until it is told to go on, or is answered.
    waits: bool,
}

/// A request whose body is thrown away where nobody reads it.
pub(crate) fn to_its_end(request: Request<Incoming>) -> Request<Body> {
    let waits = waits_for_a_word(request.headers());
    request.map(|body| {
        let inner = Some(body).filter(|body| !body.is_end_stream());
        match inner {
            Some(_) => Body::new(Unread {
                inner,
                heard: now(),
                waits,
            }),
            None => Body::empty(),
        }
    })
}

fn waits_for_a_word(headers: &HeaderMap) -> bool {
    let expected = headers.get(header::EXPECT).map(|value| value.as_bytes().trim_ascii());
    expected.is_some_and(|expected| expected.eq_ignore_ascii_case(b"100-continue"))
}

impl HttpBody for Unread {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        // From here on the client has been told to go on.
        self.waits = false;
        let Some(inner) = &mut self.inner else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(inner).poll_frame(cx));
        self.heard = now();
        if !matches!(frame, Some(Ok(_))) {
            self.inner = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        // To read would tell the client to send it after all.
        if self.waits || self.is_end_stream() || now() - self.heard >= SILENT_FOR {
            return;
        }
        if let (Some(rest), Ok(runtime)) = (self.inner.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(throw_away(rest));
        }
    }
}

/// Reads a body to its end, as far as that is worth it. Ends with the connection, at the latest.
pub(crate) async fn throw_away<B>(body: B)
where
    B: HttpBody<Data = Bytes>,
{
    let mut body = pin!(body);
    let reading = async { while let Ok(Some(Ok(_))) = tokio::time::timeout(SILENT_FOR, body.frame()).await {} };
    // Then it is closed, whatever the client makes of that.
    let _ = tokio::time::timeout(IN_ALL, reading).await;
}
