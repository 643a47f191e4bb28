//! A copy of the file, for backups.

use std::path::Path;

use crate::failure::Failure;
use crate::schema;

/// What a copy holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Sessions that live.
    pub sessions: u64,
    /// Records of the audit.
    pub audit: u64,
}

/// Writes one moment of the database into the empty file `to`, and checks what was written. The server may write meanwhile:
/// `VACUUM INTO` reads in one transaction, what stands in the log included.
pub(super) fn copy(from: &Path, to: &Path) -> Result<Copied, Failure> {
    let refused = |why: String| Failure::Refused(why);
    let target = to
        .to_str()
        .ok_or_else(|| refused("the path of the copy is not UTF-8; choose another".to_owned()))?;
    let source = schema::open_as_it_is(from)?;
    schema::is_ours(&source)?;
    source.execute("VACUUM INTO ?1", [target])?;
    let copy = schema::open_to_read(to)?;
    schema::is_ours(&copy)?;
    let told: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if told != "ok" {
        return Err(Failure::Damaged(format!(
            "the copy is damaged, as the database may be: {told}"
        )));
    }
    let count = |sql| copy.query_row(sql, [], |row| row.get(0));
    Ok(Copied {
        sessions: count("SELECT count(*) FROM sessions WHERE ended_at IS NULL")?,
        audit: count("SELECT count(*) FROM audit")?,
    })
}
