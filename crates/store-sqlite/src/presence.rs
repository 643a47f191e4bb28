//! The column `presence`: tabs, holds and pauses as one JSON object, and in it the page that stands for the surface
//! while no tab is open.

use nightlatch_core::path::Path;
use nightlatch_core::session::{Presence, Session};
use serde::{Deserialize, Serialize};

use crate::columns::{self, Columns};
use crate::failure::Failure;

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    presence: Option<&'a Presence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_page: Option<&'a Path<'static>>,
}

/// What a session takes from it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Kept {
    last_page: Option<Path<'static>>,
    #[serde(flatten)]
    presence: Presence,
}

pub(super) fn write(session: &Session) -> Result<Option<String>, Failure> {
    let (presence, last_page) = (session.presence.as_deref(), session.last_page.as_ref());
    if presence.is_none() && last_page.is_none() {
        return Ok(None);
    }
    columns::json(&Told { presence, last_page }).map(Some)
}

/// The last page, and the rest where there is any.
pub(super) fn read(columns: &mut Columns<'_, '_>) -> Result<(Option<Path<'static>>, Option<Box<Presence>>), Failure> {
    let Kept { last_page, presence } = columns.optional_json()?.unwrap_or_default();
    let presence = (presence != Presence::default()).then(|| Box::new(presence));
    Ok((last_page, presence))
}
