//! Changes of one session in this process happen one after the other. The check path never comes here.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tokio::sync::{Mutex, MutexGuard};

use nightlatch_store::token::Digest;

const STRIPES: usize = 256;

/// One lock for every 256th of all sessions, or of all names.
#[derive(Debug)]
pub(crate) struct Stripes(Box<[Mutex<()>]>);

/// The turn of one session, or of the two names that it has while it gets another token. Whoever changes what the table
/// knows of a session has to have its turn.
#[derive(Debug)]
pub(crate) struct Turn<'s> {
    first: (usize, MutexGuard<'s, ()>),
    second: Option<(usize, MutexGuard<'s, ()>)>,
}

impl Default for Stripes {
    fn default() -> Self {
        Self((0..STRIPES).map(|_| Mutex::default()).collect())
    }
}

impl Stripes {
    pub(crate) async fn turn(&self, digest: &Digest) -> Turn<'_> {
        let stripe = stripe_of(digest);
        Turn {
            first: (stripe, self.0[stripe].lock().await),
            second: None,
        }
    }

    /// The turns of two sessions. Always taken in the same order, so that no two callers wait for each other.
    pub(crate) async fn turns(&self, one: &Digest, other: &Digest) -> Turn<'_> {
        let (one, other) = (stripe_of(one), stripe_of(other));
        let (first, second) = (one.min(other), one.max(other));
        Turn {
            first: (first, self.0[first].lock().await),
            second: if first == second {
                None
            } else {
                Some((second, self.0[second].lock().await))
            },
        }
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

impl Turn<'_> {
    /// Whether this is the turn of that session.
    pub(crate) fn is_of(&self, digest: &Digest) -> bool {
        let stripe = stripe_of(digest);
        self.first.0 == stripe || self.second.as_ref().is_some_and(|(second, _)| *second == stripe)
    }
}

fn stripe_of(digest: &Digest) -> usize {
    usize::from(digest.as_bytes()[31]) % STRIPES
}
