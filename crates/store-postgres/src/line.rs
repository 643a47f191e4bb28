//! How a connection is made, and what the server says on it beside its answers.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use deadpool_postgres::ClientWrapper;
use tokio_postgres::error::DbError;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Error, Socket};

use crate::failure::describe;
use crate::tls::{Stream, Tls};

/// What drives a connection.
pub(super) type Wire = Connection<Socket, Stream<Socket>>;

/// Makes connections to the first of some servers that takes writes.
#[derive(Clone)]
pub(super) struct Dial {
    pub(super) config: Config,
    pub(super) tls: Tls,
}

impl Dial {
    pub(super) async fn connect(&self) -> Result<(Client, Wire), Error> {
        self.config.connect(self.tls.clone()).await
    }
}

/// Drives a connection to its end.
pub(super) async fn drive(mut wire: Wire, mut hear: impl FnMut(AsyncMessage)) -> Result<(), Error> {
    while let Some(message) = poll_fn(|context| wire.poll_message(context)).await {
        hear(message?);
    }
    Ok(())
}

/// A connection of a pool.
pub(super) struct Line {
    pub(super) client: ClientWrapper,
    gave_up_waiting: Arc<AtomicBool>,
}

impl Line {
    /// Whether the server has told that a commit was answered before the standbys had it, since this was last asked. The notice comes
    /// before the answer, and is heard by the task that hands over the answer: whoever has the answer finds it here.
    pub(super) fn has_given_up_waiting(&self) -> bool {
        self.gave_up_waiting.swap(false, Ordering::SeqCst)
    }
}

impl Manager for Dial {
    type Type = Line;
    type Error = Error;

    async fn create(&self) -> Result<Line, Error> {
        let (client, wire) = self.connect().await?;
        let gave_up_waiting = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&gave_up_waiting);
        let driven = tokio::spawn(async move {
            let hear = |message| {
                if let AsyncMessage::Notice(notice) = message {
                    tracing::debug!(code = notice.code().code(), "the server says: {}", notice.message());
                    if is_cancelled_wait(&notice) {
                        told.store(true, Ordering::SeqCst);
                    }
                }
            };
            if let Err(error) = drive(wire, hear).await {
                tracing::debug!(error = describe(&error), "a connection to the database is lost");
            }
        });
        Ok(Line {
            client: ClientWrapper::new(client, driven),
            gave_up_waiting,
        })
    }

    async fn recycle(&self, line: &mut Line, _: &Metrics) -> RecycleResult<Error> {
        if line.client.is_closed() {
            return Err(RecycleError::message("the connection is closed"));
        }
        Ok(())
    }
}

/// A server that waits for its standbys stops waiting where somebody cancels that (`pg_cancel_backend`). It has committed on its own disk
/// by then, answers as always, and says in a warning beside it that the standbys may not have it.
///
/// The warning is known by the place in the server that it comes from. Its text is translated, and its code is that of any
/// warning; the one that transaction numbers run low comes with every write.
fn is_cancelled_wait(notice: &DbError) -> bool {
    notice.routine() == Some("SyncRepWaitForLSN")
}
