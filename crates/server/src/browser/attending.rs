//! Which node looks after a tab. Where several share a store a browser may have its stream at one and report its tabs to
//! others. A report that says something new is written down as heard, and the node that has the stream takes the tab from there. So a
//! tab that is heard of anywhere stays open, and a node closes only what nobody else looks after.
//!
//! Nothing here runs where one process has the store for itself.

use std::time::Duration;

use nightlatch_core::node::NodeId;
use nightlatch_core::session::{Attended, Event, OpenTab, TabId};
use nightlatch_store::Result;
use nightlatch_store::token::{Digest, Handle};
use tokio::time::Instant;

use super::attendance::{ANSWER_WITHIN, PASS_ON_EVERY};
use crate::server_state::ServerState;

/// Who looks after a tab that reports itself to this process.
pub(super) fn by(server: &ServerState, handle: Handle) -> Option<Attended> {
    server.engine.node().map(|node| {
        if server.attendance.has_stream(handle) {
            Attended::Serving(node)
        } else {
            Attended::Hearing(node)
        }
    })
}

/// Whether the others have to hear of a tab that reports itself on the page where it is known to be. A report may be the answer to what
/// another node has asked, so that is told, too; once in a while is enough, for whoever asks waits for longer
/// ([`answer_within`]).
pub(super) fn is_news(
    server: &ServerState,
    (handle, tab): (Handle, &str),
    known: &OpenTab,
    by: Option<Attended>,
    now: Instant,
) -> bool {
    let is_of_another = match (known.attended, by) {
        (_, None) => return false,
        (None | Some(Attended::Frozen), Some(_)) => return true,
        (
            Some(Attended::Serving(before) | Attended::Hearing(before)),
            Some(Attended::Serving(node) | Attended::Hearing(node)),
        ) => before != node,
        (Some(_), Some(Attended::Frozen)) => false,
    };
    is_of_another && server.attendance.passes_on(handle, tab, now)
}

/// How long a tab that is asked whether it is there has to answer.
pub(super) fn answer_within(server: &ServerState) -> Duration {
    if server.engine.node().is_some() {
        ANSWER_WITHIN + PASS_ON_EVERY
    } else {
        ANSWER_WITHIN
    }
}

/// Takes the tabs of a session that have reported themselves to nodes without a stream. Called where this node has a stream of the
/// session, whenever the session has changed.
///
/// A tab may be closed while it is being taken. It is not opened again by that: what is taken is taken from whoever was read to
/// look after it, or not at all.
#[expect(
    clippy::disallowed_methods,
    reason = "no rule depends on it: tabs close some time after they are gone"
)]
pub(super) async fn take(server: &ServerState, handle: Handle, digest: &Digest) -> Result<()> {
    let Some((node, presence)) = server.engine.node().zip(server.engine.presence(digest)) else {
        return Ok(());
    };
    for (tab, open) in &presence.tabs {
        match open.attended {
            Some(Attended::Hearing(other)) if other != node => {
                // Whom it reported itself to does not matter: it is there.
                let now = Instant::now();
                if server.attendance.reported(handle, tab.clone(), &open.page, now) {
                    attend(server, digest, tab, open, Attended::Serving(node)).await?;
                }
            }
            Some(Attended::Frozen) => server.attendance.freezes(handle, tab, Instant::now()),
            _ => {}
        }
    }
    Ok(())
}

/// Another node, or none, looks after a tab from now on, if nobody else does by now.
pub(super) async fn attend(
    server: &ServerState,
    digest: &Digest,
    tab: &TabId,
    open: &OpenTab,
    to: Attended,
) -> Result<()> {
    let event = Event::Attend {
        tab: tab.clone(),
        from: open.attended,
        to,
    };
    server.engine.apply(digest, &event).await?;
    Ok(())
}

/// Who is to close a tab of which this node hears nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// This process, now.
    Now,
    /// Another node may have a stream of its session by now, and is offered the tab first.
    AfterAnOffer(NodeId),
    /// Somebody else, or nobody.
    NotHere,
}

/// See [`Closing`].
pub(super) fn closing(open: &OpenTab, node: Option<NodeId>) -> Closing {
    match node {
        Some(node) if !open.is_up_to(node) => Closing::NotHere,
        Some(node) if matches!(open.attended, Some(Attended::Serving(_))) => Closing::AfterAnOffer(node),
        Some(_) | None => Closing::Now,
    }
}
