//! What may happen to a session that lives, and what comes of it.

use std::sync::Arc;

use nightlatch_core::path::Path;
use nightlatch_core::session::{EndReason, Session};
use nightlatch_core::time::Instant;

use super::record::{Revision, Revisions};
use crate::audit::{AuditEntry, Ledger};
use crate::token::{Digest, Handle};

/// Activity to be recorded. A record that is over, or has more recent activity, keeps what it has. It never moves the deadline
/// index: activity makes a session fall due later, and looking at it too early does no harm.
///
/// How long nobody was there before it the store works out from what it knows itself ([`rest`](crate::rest)). Whoever touches may not have seen
/// what others have, and would take a person who was there for one who was away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Which session.
    pub digest: Digest,
    /// The first activity since the store was last told of some.
    pub first: Instant,
    /// The last activity.
    pub last: Instant,
    /// The page that now stands for the surface while no tab is open, where the store knows of another.
    pub page: Option<Path<'static>>,
}

/// What became of a touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touched {
    /// The store knows of the activity now.
    Stored,
    /// It knew of later activity already.
    Newer,
    /// No live record has this token: the session is over, or goes by another one.
    Gone,
    /// Somebody else is changing the record. Nothing was stored; tell it again.
    Busy,
}

/// A change of a live session, made on the record as it was at `version`. One that locks it is refused where the store knows of a
/// policy that was in force then besides [`Revisions::today`], as an [`Expiry`] is.
#[derive(Clone, Debug)]
pub struct Amendment {
    /// Which session.
    pub digest: Digest,
    /// The version the change was worked out from; with any other nothing is changed.
    pub version: u64,
    /// The session afterwards: active or locked, never ended. Its activity never takes the record's back, and its longest absence
    /// is not looked at: see [`Touch`]. Where it locks what is active, nothing is changed if the record knows later activity.
    pub session: Session,
    /// The first activity, or start of a hold, since the store was last told; the session's last activity where there is none.
    pub first: Instant,
    /// The policies afterwards.
    pub revisions: Revisions,
    /// When it falls due afterwards.
    pub due: Option<Instant>,
    /// A new token: the old one stops working in the same transaction.
    pub rotate_to: Option<Digest>,
    /// What the audit is told, in the same transaction.
    pub audit: Vec<AuditEntry>,
    /// What it is still to be told afterwards. Where the session ends next, that is told with the end
    /// ([`told_at_the_end`](crate::audit::told_at_the_end)).
    pub ledger: Option<Box<Ledger>>,
}

/// A session that has reached a deadline. Ends only if the store knows no other version, no later activity, and no policy that was in
/// force at the deadline besides the one that it was worked out under.
#[derive(Clone, Debug)]
pub struct Expiry {
    /// Which session.
    pub digest: Digest,
    /// The version the deadline was worked out from.
    pub version: u64,
    /// The first activity since the store was last told, as of an [`Amendment`].
    pub first: Instant,
    /// The activity the deadline was worked out from; the record and the audit keep it.
    pub seen: Instant,
    /// The policy it was worked out under.
    pub today: Revision,
    /// The deadline, or the change that passed it.
    pub at: Instant,
    /// Which deadline.
    pub reason: EndReason,
}

/// An end that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// When.
    pub at: Instant,
    /// Who asks, for the audit.
    pub actor: Box<str>,
}

/// A session that this call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its token's digest.
    pub digest: Digest,
    /// Its public id.
    pub handle: Handle,
    /// Its subject.
    pub subject: Arc<str>,
    /// Since when.
    pub at: Instant,
    /// Why.
    pub reason: EndReason,
}

/// A session that lives, with when it falls due as it is known now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reindex {
    /// Which session.
    pub digest: Digest,
    /// The version the deadline was worked out from; with any other nothing is changed.
    pub version: u64,
    /// The policy it was worked out under.
    pub today: Revision,
    /// When the session falls due.
    pub due: Option<Instant>,
}
