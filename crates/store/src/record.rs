//! What is kept of one session.

use std::sync::Arc;

use nightlatch_core::session::{Activity, EndReason, Hold, Presence, Session, State};
use nightlatch_core::time::{Instant, Span};
use serde::{Deserialize, Serialize};

use crate::audit::Ledger;
use crate::token::{Digest, Handle};

/// The number of a policy, in the order in which they came into force.
pub type Revision = u32;

/// Everything the store keeps of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The digest of its token.
    pub digest: Digest,
    /// Its public id.
    pub handle: Handle,
    /// Who signed in.
    pub subject: Arc<str>,
    /// How they authenticated (RFC 8176 names).
    pub amr: Arc<[Box<str>]>,
    /// When the session was created.
    pub created: Instant,
    /// Its state under the rules. What its presence decides is kept; open tabs tell themselves again.
    pub session: Session,
    /// The policies it lives under.
    pub revisions: Revisions,
    /// The deadline index: it falls due then or later, since activity does not move it. `None` when it is over, or never does.
    pub due: Option<Instant>,
    /// Counts the amendments.
    pub version: u64,
    /// What the audit is still to be told of it, if anything.
    pub ledger: Option<Box<Ledger>>,
}

/// The policies a session lives under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revisions {
    /// The policy of its sign-in or last re-authentication.
    pub own: Revision,
    /// The policy in force when its state was last worked out.
    pub today: Revision,
}

impl Record {
    /// Whether the session is over, since when and why.
    #[must_use]
    pub fn ended(&self) -> Option<(Instant, EndReason)> {
        match self.session.state {
            State::Ended { at, reason } => Some((at, reason)),
            State::Active | State::Locked { .. } => None,
        }
    }
}

/// Until when somebody was there at last: the last activity, or the end of the latest hold if later. What the store does not know
/// is how long a policy lets holds run: a hold that runs counts up to the end that was asked for.
#[must_use]
pub fn rest(seen: Instant, presence: Option<&Presence>) -> Instant {
    held_until(presence).map_or(seen, |until| until.max(seen))
}

/// The end of the latest hold, that of one that runs as it was asked for.
#[must_use]
pub fn held_until(presence: Option<&Presence>) -> Option<Instant> {
    let presence = presence?;
    let running = presence.holds.values().filter_map(|hold| match hold {
        Hold::Until(until) => Some(*until),
        Hold::Ended => None,
    });
    running.chain(presence.held_until).max()
}

/// The longest absence of a session whose person came back, or whose life ended, at `at`.
#[must_use]
pub fn longest_absence(activity: Activity, presence: Option<&Presence>, at: Instant) -> Span {
    let absence = at.since(rest(activity.seen, presence));
    activity.longest_absence.max(absence)
}
