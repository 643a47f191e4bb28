//! What belongs together runs to its end, whether or not anybody still waits for it.
//!
//! A caller may be dropped at every `await`; a server drops the handler of a request as soon as the client hangs up. If that
//! happened between a write to the store and the change of the table that goes with it, the store would have ended a
//! session that the table goes on letting in. It cannot happen: whoever writes needs [`Uncancelled`], and that exists only
//! inside a task of its own, which [`Engine::run_to_completion`] starts and which no waiter can cancel. The store itself is never
//! handed out; so code that could be cancelled in between does not compile.

mod reads;
mod writes;

use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nightlatch_store::{Result, StoreError};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

pub(super) use self::reads::Reads;
use self::writes::Writes;
use super::Engine;

/// The engine inside a task that runs to its end. It alone writes to the store.
///
/// Nothing in such a task may drop a future that writes: no `select!`, no timeout around one.
///
/// ```compile_fail
/// # use nightlatch_engine::Engine;
/// # use nightlatch_store::audit::AuditEntry;
/// async fn forget(engine: &Engine, audit: AuditEntry) {
///     // Whoever waits for this may be dropped, so it is there inside of such a task alone.
///     let _ = engine.remove_application("crm", None, audit).await;
/// }
/// ```
#[derive(Debug)]
pub struct Uncancelled {
    engine: Arc<Engine>,
}

impl Uncancelled {
    /// The store with its writes.
    pub(super) fn writes(&self) -> Writes<'_> {
        Writes::of(&self.engine)
    }
}

impl Deref for Uncancelled {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.engine
    }
}

/// What is to be done, borrowing what allows it to write. Because it borrows, that cannot get out of the task.
pub type Work<'u, T> = Pin<Box<dyn Future<Output = T> + Send + 'u>>;

/// Work that was broken off: by a fault of ours, or because the runtime itself went down. How far it came nobody knows.
struct Unfinished<'u>(Option<&'u Uncancelled>);

impl Unfinished<'_> {
    fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(engine) = self.0 {
            engine.doubts.everything();
        }
    }
}

/// The tasks that run to their end, and whether new ones may begin.
#[derive(Debug, Default)]
pub(super) struct Completion {
    tasks: TaskTracker,
    stopped: AtomicBool,
}

impl Engine {
    /// Does `work` in a task of its own and waits for it. Whoever stops waiting does not stop the work, and the engine does
    /// not stop before the work is done. A panic in it is an error to whoever waits.
    pub async fn run_to_completion<T, E>(
        self: &Arc<Self>,
        work: impl for<'u> FnOnce(&'u Uncancelled) -> Work<'u, std::result::Result<T, E>> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        // Counted before the look at the flag: either the engine that stops waits for this, or this sees that it has stopped.
        let counted = self.completion.tasks.token();
        if self.completion.stopped.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the engine has stopped".to_owned()).into());
        }
        let task = self.begin(work);
        drop(counted);
        over(task).await
    }

    /// The task is counted until it is over.
    fn begin<T, E>(
        self: &Arc<Self>,
        work: impl for<'u> FnOnce(&'u Uncancelled) -> Work<'u, std::result::Result<T, E>> + Send + 'static,
    ) -> JoinHandle<std::result::Result<T, E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let engine = Arc::clone(self);
        self.completion.tasks.spawn(async move {
            let uncancelled = Uncancelled { engine };
            let unfinished = Unfinished(Some(&uncancelled));
            let done = work(&uncancelled).await;
            unfinished.finish();
            done
        })
    }

    /// Lets no new work begin, waits for what has begun, and then tells the store of all activity.
    pub(super) async fn stop(self: &Arc<Self>) -> Result<()> {
        self.completion.stopped.store(true, Ordering::SeqCst);
        self.completion.tasks.close();
        self.completion.tasks.wait().await;
        // What is told last is what the work before has left in the table.
        over(self.begin(|engine| {
            Box::pin(async move {
                let flushed = engine.flush_all().await;
                engine.leave().await;
                flushed
            })
        }))
        .await
    }

    /// Waits until nothing that has begun is left to be done.
    pub async fn all_done(&self) {
        // A tracker that is closed still takes new tasks, and its wait is over whenever there is none.
        self.completion.tasks.close();
        self.completion.tasks.wait().await;
    }
}

async fn over<T, E: From<StoreError>>(task: JoinHandle<std::result::Result<T, E>>) -> std::result::Result<T, E> {
    task.await.unwrap_or_else(|failed| {
        tracing::error!(error = %failed, "a change was broken off");
        Err(StoreError::Unconfirmed("the change was broken off by a fault; the log has more".to_owned()).into())
    })
}
