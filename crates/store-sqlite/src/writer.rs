//! The one thread that writes. It takes all calls that wait and runs them in one transaction, so that they share the
//! wait for the disk; nobody is answered before that.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use nightlatch_core::time::Instant;
use nightlatch_store::{Result, StoreError};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::failure::Failure;
use crate::schema;

/// At most so many calls share a transaction, so that none waits long for the others.
const GROUP: usize = 256;

/// A way to the thread; the thread ends with it, after the calls that were made before.
#[derive(Debug)]
pub(super) struct Writer {
    calls: Option<Sender<Box<dyn Call>>>,
    thread: Option<JoinHandle<()>>,
}

/// What a call may change: everything, until the transaction of its group ends.
pub(super) struct Group<'c> {
    pub(super) connection: &'c Connection,
    /// The latest instant that the group's calls spoke of.
    latest: Option<Instant>,
}

impl Group<'_> {
    /// Takes note of an instant, for the clock of the next start.
    pub(super) fn heard_of(&mut self, instant: Instant) {
        self.latest = self.latest.max(Some(instant));
    }
}

/// A call and who waits for its answer.
trait Call: Send {
    fn run(&mut self, group: &mut Group<'_>) -> std::result::Result<(), Failure>;
    /// Tells the outcome of the transaction.
    fn answer(self: Box<Self>, outcome: Result<()>);
}

struct Pending<T, F> {
    work: F,
    done: Option<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Call for Pending<T, F>
where
    T: Send,
    F: FnMut(&mut Group<'_>) -> std::result::Result<T, Failure> + Send,
{
    fn run(&mut self, group: &mut Group<'_>) -> std::result::Result<(), Failure> {
        self.done = Some((self.work)(group)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let Self { done, reply, .. } = *self;
        // Whoever asked may have stopped waiting.
        let _ = reply.send(outcome.and_then(|()| done.ok_or_else(gone)));
    }
}

impl Writer {
    /// Starts the thread on an open connection to the file at `path`.
    pub(super) fn start(path: PathBuf, connection: Connection) -> Result<Self> {
        let (calls, queue) = mpsc::channel();
        let file = File {
            path,
            connection: Some(connection),
        };
        let thread = thread::Builder::new()
            .name("nightlatch-store".to_owned())
            .spawn(move || file.serve(&queue))
            .map_err(|error| StoreError::Unavailable(format!("cannot start its thread: {error}")))?;
        Ok(Self {
            calls: Some(calls),
            thread: Some(thread),
        })
    }

    /// Runs `work` in the next transaction. It runs again if another call of its group spoils the transaction.
    pub(super) async fn call<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Group<'_>) -> std::result::Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let call = Box::new(Pending {
            work,
            done: None,
            reply,
        });
        self.calls
            .as_ref()
            .and_then(|calls| calls.send(call).ok())
            .ok_or_else(gone)?;
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Unconfirmed("its thread has stopped".to_owned())))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.calls.take());
        // The file is closed when the store is gone, so that it can be moved or opened at once.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The file, as long as the connection to it is whole.
struct File {
    path: PathBuf,
    connection: Option<Connection>,
}

impl File {
    fn serve(mut self, queue: &Receiver<Box<dyn Call>>) {
        while let Ok(first) = queue.recv() {
            let mut group: Vec<_> = std::iter::once(first).chain(queue.try_iter().take(GROUP - 1)).collect();
            match self.commit(&mut group) {
                Ok(()) => answer(group, &Ok(())),
                // A damaged record is the matter of those who meet it alone.
                Err(failure) if failure.is_damage() && group.len() > 1 => {
                    for call in group {
                        let mut alone = vec![call];
                        let outcome = self.commit(&mut alone).map_err(StoreError::from);
                        answer(alone, &outcome);
                    }
                }
                Err(failure) => {
                    // Those behind it would only wait for the same lock as long again.
                    if failure.is_busy() {
                        group.extend(queue.try_iter());
                    }
                    answer(group, &Err(failure.into()));
                }
            }
        }
    }

    fn commit(&mut self, calls: &mut [Box<dyn Call>]) -> std::result::Result<(), Failure> {
        let connection = open(&mut self.connection, &self.path)?;
        let outcome = transact(connection, calls);
        if outcome.as_ref().is_err_and(|failure| !failure.spares_connection()) {
            self.connection = None;
        }
        outcome
    }
}

fn open<'c>(connection: &'c mut Option<Connection>, path: &Path) -> std::result::Result<&'c mut Connection, Failure> {
    match connection {
        Some(connection) => Ok(connection),
        None => Ok(connection.insert(schema::open_to_write(path)?)),
    }
}

fn transact(connection: &mut Connection, calls: &mut [Box<dyn Call>]) -> std::result::Result<(), Failure> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    let mut group = Group {
        connection: &transaction,
        latest: None,
    };
    for call in calls {
        call.run(&mut group)?;
    }
    if let Some(latest) = group.latest {
        let mut note = transaction.prepare_cached("UPDATE clock SET latest = max(latest, ?1)")?;
        note.execute([latest.as_millis()])?;
    }
    transaction.commit().map_err(Failure::Commit)
}

fn answer(calls: Vec<Box<dyn Call>>, outcome: &Result<()>) {
    for call in calls {
        call.answer(outcome.clone());
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("its thread has stopped".to_owned())
}
