//! Whether an earlier store was put in the place of the one that was used last.
//!
//! A store cannot know what it has forgotten. But it keeps the life that nodes agreed on, and what is in front of the start of the server
//! in it changes only where something was put in the place of something else: a base backup that was replayed and opened, a promoted
//! standby, another machine, a dump that was read in. A server that merely stopped and started again keeps it. And where the store has
//! heard of nothing for minutes, nobody has taken over in time.
//!
//! A copy of the disks that is put back as it was looks as if the server had stopped for a while: that cannot be told.

use nightlatch_core::time::{Instant, Span};
use nightlatch_store::Result;
use nightlatch_store::nodes::Epoch;

use crate::changes::{epoch, now};
use crate::columns::Columns;
use crate::connection::Connection;
use crate::failure::damaged;
use crate::{PostgresStore, beats, clock};

/// A standby takes over sooner, and nodes that are there tell a store again of all ends of this time and more.
const TAKES_OVER_WITHIN: Span = Span::from_secs(300);

/// A store that somebody has put back, as far as can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The latest instant that it has heard of.
    pub latest: Instant,
    /// How long ago that is.
    pub behind: Span,
}

impl PostgresStore {
    /// Whether the store was put back since nodes used it last, and nobody has said what is to become of its sessions. It is asked before
    /// the first beat, which begins the life that is found.
    pub async fn restored(&self) -> Result<Option<Restored>> {
        let mut connection = self.pools.connection().await?;
        let Now { name, epoch, time } = ask(&mut connection).await?;
        if name.is_empty() || place(&name) == place(epoch.as_str()) {
            return Ok(None);
        }
        let latest = clock::latest(&mut connection).await?;
        let behind = time.since(latest);
        Ok((behind > TAKES_OVER_WITHIN).then_some(Restored { latest, behind }))
    }

    /// Begins the life that the server is in, without what was told in another one.
    pub async fn begin_life(&self) -> Result<()> {
        let mut connection = self.pools.connection().await?;
        // It may be the same one still, where a copy of the disks was put back.
        connection.write("UPDATE epoch SET name = ''", &[]).await?;
        let Now { epoch, .. } = ask(&mut connection).await?;
        beats::begin_epoch(&mut connection, &epoch).await
    }
}

/// What is before the start of the server.
fn place(epoch: &str) -> &str {
    epoch.rsplit_once('/').map_or(epoch, |(place, _)| place)
}

struct Now {
    /// The life that nodes agreed on.
    name: Box<str>,
    /// The one that the server is in.
    epoch: Epoch,
    /// Cluster time, as it went on in the life that nodes agreed on.
    time: Instant,
}

async fn ask(connection: &mut Connection) -> Result<Now> {
    let sql = concat!(
        "SELECT name, ",
        epoch!(),
        ", ",
        now!(),
        " + coalesce(time_offset, 0) FROM epoch"
    );
    let rows = connection.read(sql, &[]).await?;
    let row = rows.first().ok_or_else(|| damaged("it has lost its epoch"))?;
    let mut columns = Columns::of(row);
    Ok(Now {
        name: columns.take()?,
        epoch: Epoch::new(columns.take()?),
        time: columns.instant()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_start_of_the_server_may_change() {
        assert_eq!(place("7301/00000001/16401/17"), place("7301/00000001/16401/18"));
        for other in [
            "7302/00000001/16401/17",
            "7301/00000002/16401/17",
            "7301/00000001/16402/17",
        ] {
            assert_ne!(place("7301/00000001/16401/17"), place(other));
        }
    }
}
