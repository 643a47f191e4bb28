//! Watching sessions: every open tab hears at once of what happens to its session.

use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use nightlatch_store::token::Handle;

/// Handles are made here, so nobody chooses them to make it slow; and who watches is told in the same order each time.
type Hash = BuildHasherDefault<DefaultHasher>;

/// The watched sessions.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    senders: papaya::HashMap<Handle, Arc<watch::Sender<u64>>, Hash>,
    /// Held while a watcher comes or the unwatched are forgotten, so that nobody watches a forgotten sender.
    comings: Mutex<()>,
}

/// Hears of one session. What changed is not told: whoever hears asks the engine, which decides.
#[derive(Debug)]
pub struct Watcher {
    changes: watch::Receiver<u64>,
}

impl Watcher {
    /// Waits for the next change. Changes that came while nobody waited are heard as one, at once.
    pub async fn changed(&mut self) {
        // The sender lives as long as somebody watches, so this cannot fail before the watcher is gone.
        if self.changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Watchers {
    pub(crate) fn watch(&self, handle: Handle) -> Watcher {
        let _coming = self.comings.lock().unwrap_or_else(PoisonError::into_inner);
        let pin = self.senders.pin();
        let sender = pin.get_or_insert_with(handle, || Arc::new(watch::Sender::new(0)));
        Watcher {
            changes: sender.subscribe(),
        }
    }

    /// Tells those who watch a session that it has changed. Costs one look where nobody does.
    pub(crate) fn announce(&self, handle: Handle) {
        if self.senders.is_empty() {
            return;
        }
        if let Some(sender) = self.senders.pin().get(&handle) {
            sender.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
    }

    /// Tells everybody who watches that something has changed for all.
    pub(crate) fn announce_all(&self) {
        for sender in self.senders.pin().values() {
            sender.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
    }

    /// Forgets the sessions that nobody watches any more.
    pub(crate) fn forget_unwatched(&self) {
        let _coming = self.comings.lock().unwrap_or_else(PoisonError::into_inner);
        self.senders.pin().retain(|_, sender| sender.receiver_count() > 0);
    }

    pub(crate) fn is_watched(&self, handle: Handle) -> bool {
        self.senders
            .pin()
            .get(&handle)
            .is_some_and(|sender| sender.receiver_count() > 0)
    }

    /// How many sessions are watched.
    pub(crate) fn len(&self) -> usize {
        self.senders.len()
    }
}
