//! What many sessions have in common, kept once.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Equal values share one allocation.
#[derive(Debug)]
pub(crate) struct Shared<T: ?Sized>(Mutex<HashSet<Arc<T>>>);

impl<T: ?Sized + Eq + Hash> Shared<T> {
    /// The shared copy of `value`, made where there is none yet.
    pub(crate) fn copy(&self, value: &T, make: impl FnOnce(&T) -> Arc<T>) -> Arc<T> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = known.get(value) {
            return Arc::clone(shared);
        }
        let shared = make(value);
        known.insert(Arc::clone(&shared));
        shared
    }

    /// Lets go of what no session has any more.
    pub(crate) fn forget_unused(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|shared| Arc::strong_count(shared) > 1);
    }
}

impl<T: ?Sized> Default for Shared<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}
