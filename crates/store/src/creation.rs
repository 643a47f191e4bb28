//! What it takes to add a session: room among those of its subject, and a request that has not been served before.

use std::num::NonZeroU32;

use nightlatch_core::resolution::Counted;
use nightlatch_core::time::Instant;

use super::change::Ended;
use super::record::Record;
use crate::audit::AuditEntry;
use crate::token::{Digest, Handle};

/// A session to be added.
#[derive(Clone, Debug)]
pub struct Creation {
    /// The session.
    pub record: Record,
    /// What the audit is told, in the same transaction.
    pub audit: AuditEntry,
    /// How many live sessions its subject may have; without it any number.
    pub quota: Option<Quota>,
    /// The request it answers, if that must not be served twice.
    pub claim: Option<Claim>,
}

/// How many live sessions a subject may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// So many there may be, the new one included.
    pub most: NonZeroU32,
    /// Which sessions count.
    pub counted: Counted,
    /// Sessions of the subject to end for it, as superseded. Those that are over or do not count are left alone.
    pub ending: Vec<Handle>,
}

impl Quota {
    /// Whether a new session has room beside so many that count.
    #[must_use]
    pub fn has_room_beside(&self, counted: usize) -> bool {
        u32::try_from(counted).is_ok_and(|counted| counted < self.most.get())
    }
}

/// A request that must not take effect twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Names the request: who sent it and their key, hashed.
    pub key: Digest,
    /// What it asked for, hashed.
    pub request: Digest,
    /// When it came.
    pub at: Instant,
}

/// What came of a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// Added; these were ended for it.
    Added(Vec<Ended>),
    /// The digest or the handle (of a key: the name) exists already. Nothing was changed.
    Exists,
    /// There is no room: the subject's counted live sessions, in the order of handles. Nothing was changed.
    Full(Vec<Record>),
    /// The claim was made before. Nothing was changed.
    Claimed {
        /// What the request asked for that made it, hashed.
        request: Digest,
        /// What came of that: the handle of the session, or the name of the key.
        outcome: Box<str>,
    },
}
