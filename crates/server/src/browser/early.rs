//! What people do at other nodes, known in good time. A node hears of activity elsewhere when it asks, and a page warns by what it
//! was told last. So a node that is about to tell of a session whose warning is near asks the store first.

use nightlatch_core::session::Phase;
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::{Snapshot, Standing};
use nightlatch_store::Result;
use nightlatch_store::token::Digest;

use crate::server_state::ServerState;

/// When a session is read again before its warning. A page reports activity within a third of the idle time before the warning, and
/// it is stored within an eighth of that: so whoever is active is known to be when three eighths of it are left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Early {
    /// How long until then.
    pub(super) left: Span,
    /// And so often from then on.
    pub(super) every: Span,
}

impl Early {
    /// None where one process has the store for itself: it knows of all activity.
    pub(super) fn of(server: &ServerState, snapshot: &Snapshot) -> Option<Self> {
        server.engine.node()?;
        let before = |idle: Span| idle.saturating_sub(snapshot.warn_before);
        let eighth = before(snapshot.limits.idle.limit.span()?).as_millis() / 8;
        let left = before(snapshot.status.idle_remaining?);
        let is_active = snapshot.status.phase == Phase::Active;
        is_active.then(|| Self {
            left: left.saturating_sub(Span::from_millis(3 * eighth)),
            every: Span::from_millis(eighth).max(Span::from_millis(100)),
        })
    }

    /// How long until the session is to be read, if it was read at `read_at` last.
    pub(super) fn due(self, read_at: Option<Instant>, now: Instant) -> Span {
        let again = read_at.map_or(Span::ZERO, |at| (at + self.every).since(now));
        self.left.max(again).max(Span::from_millis(1))
    }
}

/// How a session stands, to be told to its page.
pub(super) async fn standing(server: &ServerState, digest: &Digest) -> Result<Standing> {
    let standing = server.engine.status(digest).await?;
    let Standing::Live(snapshot) = &standing else {
        return Ok(standing);
    };
    let is_near = Early::of(server, snapshot).is_some_and(|early| early.left == Span::ZERO);
    if !is_near {
        return Ok(standing);
    }
    server.engine.read_again(digest).await?;
    server.engine.status(digest).await
}
