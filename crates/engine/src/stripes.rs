//! Changes of one session in this process happen one after the other. The check path never comes here.

use tokio::sync::{Mutex, MutexGuard};

use crate::token::Digest;

const STRIPES: usize = 256;

/// One lock for every 256th of all sessions.
#[derive(Debug)]
pub(crate) struct Stripes([Mutex<()>; STRIPES]);

impl Default for Stripes {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::const_new(())))
    }
}

impl Stripes {
    pub(crate) async fn lock(&self, digest: &Digest) -> MutexGuard<'_, ()> {
        self.0[usize::from(digest.as_bytes()[31]) % STRIPES].lock().await
    }
}
