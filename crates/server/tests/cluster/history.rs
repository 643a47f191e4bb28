//! What clients asked and were answered, by one clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A session, by the number that its client gave it.
pub(crate) type Number = u32;

/// A question, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// The node that was asked.
    pub(crate) node: usize,
    pub(crate) asked: Asked,
    /// When it was sent, since the history began.
    pub(crate) sent: Duration,
    /// When it was answered or given up.
    pub(crate) over: Duration,
    pub(crate) got: Got,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A new session.
    Create { session: Number, kind: Kind },
    /// Whether the session lets somebody in. Not activity.
    Look(Number),
    /// The same, and activity.
    Use(Number),
    /// The end of the session.
    End(Number),
    /// This number in the policy, in the place of a writer's own.
    Policy { writer: usize, number: u32 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It lasts as long as there is activity.
    Plain,
    /// It lasts for a short time, whatever there is.
    Brief,
    /// One of so many that a person may have, and the oldest makes room.
    Crowded,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    /// It was done, or may be.
    Yes,
    /// The session was created.
    Created { handle: String },
    /// The session was ended by this, for this reason; or had been.
    Ended { reason: Option<String> },
    /// The session is over, for this reason.
    Over { reason: String },
    /// Not now.
    Refused(u16),
    /// 503.
    Unavailable,
    /// No answer.
    Lost,
}

impl Asked {
    pub(crate) fn session(&self) -> Option<Number> {
        match self {
            Self::Create { session, .. } | Self::Look(session) | Self::Use(session) | Self::End(session) => {
                Some(*session)
            }
            Self::Policy { .. } => None,
        }
    }
}

/// Everything that all clients saw.
#[derive(Clone, Debug)]
pub(crate) struct History {
    began: Instant,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the clients' own time is what the nodes are held against"
)]
impl History {
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
            exchanges: Arc::default(),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }
}

impl History {
    /// Asks, and takes down what came of it.
    pub(crate) async fn note(&self, node: usize, asked: Asked, answer: impl Future<Output = Got>) -> Got {
        let sent = self.now();
        let got = answer.await;
        let exchange = Exchange {
            node,
            asked,
            sent,
            over: self.now(),
            got: got.clone(),
        };
        self.exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(exchange);
        got
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When a node first let somebody in who asked at or after `since`.
    pub(crate) fn lets_in(&self, node: usize, since: Duration) -> Option<Duration> {
        let exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        let first = exchanges.iter().filter(|exchange| {
            exchange.node == node
                && exchange.sent >= since
                && exchange.got == Got::Yes
                && matches!(exchange.asked, Asked::Look(_) | Asked::Use(_))
        });
        first.map(|exchange| exchange.over).min()
    }
}
