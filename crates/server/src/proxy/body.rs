//! Bodies on their way through: piece by piece, with what is to be known of them.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Sleep;

use super::headers::strip_trailers;
use super::hold::Transfer;
use super::upstream::InFlight;

type Piece = Result<Frame<Bytes>, axum::Error>;

/// What is seen of a body from the outside while it passes.
#[derive(Debug, Default)]
pub(super) struct Progress {
    bytes: AtomicU64,
    /// Whether the next piece is still to come.
    waits: AtomicBool,
    flaw: AtomicU8,
}

/// Why a body did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Its sender broke off, or did not say where it ends.
    Broken,
    TooLarge,
    /// Its sender sends no more of it.
    Stalled,
}

impl Progress {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether it is the sender of the body that makes everybody wait.
    pub(super) fn waits_for_client(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    pub(super) fn flaw(&self) -> Option<Flaw> {
        match self.flaw.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Flaw::Broken),
            2 => Some(Flaw::TooLarge),
            _ => Some(Flaw::Stalled),
        }
    }

    fn set_flaw(&self, flaw: Flaw) {
        let flaw = match flaw {
            Flaw::Broken => 1,
            Flaw::TooLarge => 2,
            Flaw::Stalled => 3,
        };
        self.flaw.store(flaw, Ordering::Relaxed);
    }
}

/// A body that passes.
pub(super) struct Passing {
    pub(super) inner: Body,
    pub(super) progress: Arc<Progress>,
    /// None where it holds no session.
    pub(super) transfer: Option<Transfer>,
    /// Bytes that may still come.
    pub(super) left: Option<u64>,
    pub(super) in_flight: Option<InFlight>,
    /// How long the sender may take for the next piece.
    pub(super) patience: Option<Patience>,
}

/// A wait for the next piece of a body.
pub(super) struct Patience {
    within: Duration,
    /// Set while it lasts.
    due: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    pub(super) fn of(within: Duration) -> Self {
        Self { within, due: None }
    }

    /// Ready once it has lasted too long.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let within = self.within;
        let due = self.due.get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        due.as_mut().poll(cx)
    }
}

impl HttpBody for Passing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        let Poll::Ready(mut frame) = Pin::new(&mut self.inner).poll_frame(cx) else {
            self.progress.waits.store(true, Ordering::Relaxed);
            if let Some(patience) = &mut self.patience {
                ready!(patience.poll_over(cx));
                self.progress.set_flaw(Flaw::Stalled);
                return Poll::Ready(Some(Err(axum::Error::new("nothing more of the body comes"))));
            }
            return Poll::Pending;
        };
        self.progress.waits.store(false, Ordering::Relaxed);
        if let Some(patience) = &mut self.patience {
            patience.due = None;
        }
        match &mut frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_mut() {
                    strip_trailers(trailers);
                }
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.progress.bytes.fetch_add(length, Ordering::Relaxed);
                if let Some(transfer) = &mut self.transfer {
                    transfer.moved();
                }
                if let Some(left) = &mut self.left {
                    let Some(still) = left.checked_sub(length) else {
                        self.progress.set_flaw(Flaw::TooLarge);
                        return Poll::Ready(Some(Err(axum::Error::new("the body is too large"))));
                    };
                    *left = still;
                }
            }
            Some(Err(_)) => self.progress.set_flaw(Flaw::Broken),
            None => {
                self.transfer = None;
                self.in_flight = None;
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A body that can be taken back as long as nothing of it has been read, so that a request may go to another upstream.
#[derive(Clone, Default)]
pub(super) struct Lender(Arc<Mutex<Option<Body>>>);

impl Lender {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(Some(body))))
    }

    /// The body, to be read.
    pub(super) fn lend(&self) -> Body {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(size) = body
            .as_ref()
            .filter(|body| !body.is_end_stream())
            .map(HttpBody::size_hint)
        else {
            return Body::empty();
        };
        drop(body);
        Body::new(Lent {
            lender: self.clone(),
            body: None,
            size,
        })
    }

    /// Whether nothing has been read.
    pub(super) fn is_whole(&self) -> bool {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        body.is_some()
    }
}

struct Lent {
    lender: Lender,
    body: Option<Body>,
    size: SizeHint,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        if self.body.is_none() {
            let body = self.lender.0.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.body = body;
        }
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_some_and(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| self.size, HttpBody::size_hint)
    }
}

/// A body that ends when something else does.
pub(super) struct Until {
    pub(super) inner: Body,
    pub(super) over: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Whether it then ends as if all of it had come. Anything but a stream would be taken for whole.
    pub(super) ends_whole: bool,
}

impl HttpBody for Until {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        if self.over.as_mut().poll(cx).is_ready() {
            let cut = (!self.ends_whole).then(|| Err(axum::Error::new("the session has ended")));
            return Poll::Ready(cut);
        }
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
