//! Changes of one session in this process happen one after the other, and what another node changed is never overwritten with
//! what was read before. The check path never comes here.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nightlatch_store::token::Digest;

const STRIPES: usize = 256;

/// One lock for every 256th of all sessions, or of all names.
#[derive(Debug)]
pub(crate) struct Stripes(Box<[Stripe]>);

#[derive(Debug, Default)]
struct Stripe {
    turn: tokio::sync::Mutex<()>,
    generation: Mutex<Generation>,
}

/// Counts the changes by other nodes that this one has heard of, for a 256th of all sessions.
///
/// What is read from the store, or worked out, before such a change must not get into the table after it: an ended session
/// would be let in again, by a node that has just heard of the end. So the number is taken down before the reading begins, and
/// nothing gets into the table under another number. The lock is held while the number is compared and the table is changed, and while the
/// number is raised and the table is changed; so no change falls in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Generation(u64);

/// The generation of some sessions, which stays as it is for as long as this lives.
pub(crate) type Held<'s> = MutexGuard<'s, Generation>;

/// The turn of one session, or of the two names that it has while it gets another token. Whoever changes what the table
/// knows of a session has to have its turn.
#[derive(Debug)]
pub(crate) struct Turn<'s> {
    first: (usize, tokio::sync::MutexGuard<'s, ()>),
    second: Option<(usize, tokio::sync::MutexGuard<'s, ()>)>,
}

impl Default for Stripes {
    fn default() -> Self {
        Self((0..STRIPES).map(|_| Stripe::default()).collect())
    }
}

impl Generation {
    /// Another node has changed something: whatever was read before is not to be believed.
    pub(crate) fn raise(&mut self) {
        self.0 += 1;
    }
}

impl Stripes {
    pub(crate) async fn turn(&self, digest: &Digest) -> Turn<'_> {
        let stripe = stripe_of(digest);
        Turn {
            first: (stripe, self.0[stripe].turn.lock().await),
            second: None,
        }
    }

    /// The turns of two sessions. Always taken in the same order, so that no two callers wait for each other.
    pub(crate) async fn turns(&self, one: &Digest, other: &Digest) -> Turn<'_> {
        let (one, other) = (stripe_of(one), stripe_of(other));
        let (first, second) = (one.min(other), one.max(other));
        Turn {
            first: (first, self.0[first].turn.lock().await),
            second: if first == second {
                None
            } else {
                Some((second, self.0[second].turn.lock().await))
            },
        }
    }

    /// To be taken down before a session is read.
    pub(crate) fn generation(&self, digest: &Digest) -> Generation {
        *self.hold(digest)
    }

    /// The generation of a session, held while the table is changed. Nothing waits for the store meanwhile.
    pub(crate) fn hold(&self, digest: &Digest) -> Held<'_> {
        lock(&self.0[stripe_of(digest)])
    }

    /// Whatever anybody has read is not to be believed any more.
    pub(crate) fn raise_all(&self) {
        for stripe in &self.0 {
            lock(stripe).raise();
        }
    }

    /// The lock for a name.
    pub(crate) async fn lock_name(&self, name: &str) -> tokio::sync::MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let stripes = u64::try_from(STRIPES).unwrap_or(u64::MAX);
        let stripe = usize::try_from(hasher.finish() % stripes).unwrap_or_default();
        self.0[stripe].turn.lock().await
    }
}

impl Turn<'_> {
    /// Whether this is the turn of that session.
    pub(crate) fn is_of(&self, digest: &Digest) -> bool {
        let stripe = stripe_of(digest);
        self.first.0 == stripe || self.second.as_ref().is_some_and(|(second, _)| *second == stripe)
    }
}

fn lock(stripe: &Stripe) -> Held<'_> {
    stripe.generation.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stripe_of(digest: &Digest) -> usize {
    usize::from(digest.as_bytes()[31]) % STRIPES
}
