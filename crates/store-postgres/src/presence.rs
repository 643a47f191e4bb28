//! The columns that hold what is known of a person's tabs, holds and pauses.

use std::borrow::Cow;

use nightlatch_core::path::Path;
use nightlatch_core::session::Session;
use nightlatch_core::time::Instant;
use nightlatch_store::{Result, held_until};

use crate::{columns, text};

/// A session's presence as its columns hold it.
pub(super) struct Written<'s> {
    /// JSON; none where nothing is known.
    pub(super) presence: Option<String>,
    /// The end of the latest hold: with it a touch tells how long nobody was there.
    pub(super) held_until: Option<i64>,
    /// The page that stands for the surface while no tab is open. Touches turn it, so it is a column of its own.
    pub(super) last_page: Option<Cow<'s, str>>,
}

pub(super) fn write(session: &Session) -> Result<Written<'_>> {
    let presence = session.presence.as_deref();
    Ok(Written {
        presence: presence.map(columns::json).transpose()?,
        held_until: held_until(presence).map(Instant::as_millis),
        last_page: session.last_page.as_ref().map(stored_page),
    })
}

/// A path has been decoded, so anything may be in it.
pub(super) fn stored_page<'p>(page: &'p Path<'_>) -> Cow<'p, str> {
    text::stored(page.as_str())
}
