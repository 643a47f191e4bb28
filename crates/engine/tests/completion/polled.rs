//! Dropping a future at one of its await points. Polls are counted; nothing depends on luck.

use std::pin::Pin;
use std::task::{Context, Poll};

/// Polls a future so many times, each time when it asks for it, and drops it then: what somebody does who hangs up there.
/// What it has come to, if that was enough.
pub(crate) async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    Polled {
        left: times,
        future: Box::pin(future),
    }
    .await
}

struct Polled<F> {
    left: usize,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Polled<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        match self.future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}
