//! How long the head of a request may take, with one timer for a connection.
//!
//! hyper asks for a timer before each request and lets it go when the head is there. To set one and take it back costs about
//! as much as a look-up of the session. Here the timer of a connection stays set: it is moved when it goes off before the
//! deadline in force.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

use super::tcp::now;

/// The timer of one HTTP/1 connection. Its deadlines only ever move on.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeadTimer(Arc<Mutex<Option<Pin<Box<tokio::time::Sleep>>>>>);

/// The wait for one head.
struct Wait {
    timer: HeadTimer,
    deadline: tokio::time::Instant,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Wait {
            timer: self.clone(),
            deadline: deadline.into(),
        })
    }

    fn now(&self) -> Instant {
        now().into_std()
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        let mut timer = self.timer.0.lock().unwrap_or_else(PoisonError::into_inner);
        let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        loop {
            ready!(timer.as_mut().poll(cx));
            if timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
    }
}

impl Sleep for Wait {}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    const SPAN: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn each_wait_lasts_until_its_own_deadline() {
        let timer = HeadTimer::default();
        let start = now();
        let first = timer.sleep(SPAN);
        assert!(timeout(SPAN / 2, first).await.is_err(), "let go half way");
        timer.sleep(SPAN).await;
        assert_eq!(now() - start, SPAN / 2 + SPAN);
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_between_waits_does_not_count() {
        let timer = HeadTimer::default();
        assert!(timeout(SPAN / 2, timer.sleep(SPAN)).await.is_err());
        tokio::time::sleep(SPAN * 3).await;
        let start = now();
        timer.sleep(SPAN).await;
        assert_eq!(now() - start, SPAN);
    }
}
