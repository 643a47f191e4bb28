//! Changes of one session in this process happen one after the other. The check path never comes here.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tokio::sync::{Mutex, MutexGuard};

use crate::token::Digest;

const STRIPES: usize = 256;

/// One lock for every 256th of all sessions, or of all names.
#[derive(Debug)]
pub(crate) struct Stripes(Box<[Mutex<()>]>);

impl Default for Stripes {
    fn default() -> Self {
        Self((0..STRIPES).map(|_| Mutex::default()).collect())
    }
}

impl Stripes {
    pub(crate) async fn lock(&self, digest: &Digest) -> MutexGuard<'_, ()> {
        self.0[usize::from(digest.as_bytes()[31]) % STRIPES].lock().await
    }

    /// The lock for a name.
    pub(crate) async fn lock_name(&self, name: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let stripes = u64::try_from(STRIPES).unwrap_or(u64::MAX);
        let stripe = usize::try_from(hasher.finish() % stripes).unwrap_or_default();
        self.0[stripe].lock().await
    }
}
