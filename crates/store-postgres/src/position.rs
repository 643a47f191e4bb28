//! How far a node has read the log: the epoch, and what was visible to the statement that read.

use std::fmt;

use nightlatch_store::nodes::{Epoch, Position};

/// A `pg_snapshot` as text, which the server can surely read: transactions below `xmin` are over, those from `xmax` on had not begun,
/// and those of the list between were under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Snapshot(String);

impl Snapshot {
    /// The same rules as the server's, so that it never refuses one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0);
        let (least, next) = (number(parts.next()?)?, number(parts.next()?)?);
        let under_way = parts.next()?;
        if least > next {
            return None;
        }
        let mut before = 0;
        for one in under_way.split(',').filter(|_| !under_way.is_empty()) {
            let one = number(one)?;
            if one < least || one >= next || one <= before {
                return None;
            }
            before = one;
        }
        // The server writes numbers in one way.
        let has_signs = text.contains(|letter: char| !letter.is_ascii_digit() && letter != ':' && letter != ',');
        (!has_signs).then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) fn write(epoch: &Epoch, snapshot: &Snapshot) -> Position {
    Position::new(&format!("{} {snapshot}", epoch.as_str()))
}

/// The epoch and the snapshot of a position; `None` where nobody can read it.
pub(super) fn read(position: &Position) -> Option<(Epoch, Snapshot)> {
    let (epoch, snapshot) = position.as_str().rsplit_once(' ')?;
    Some((Epoch::new(epoch), Snapshot::parse(snapshot)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let epoch = Epoch::new("7301/00000001/17");
        for text in [
            "10:20:10,14,15",
            "10:20:",
            "10:10:",
            "18446744073709551615:18446744073709551615:",
        ] {
            let snapshot = Snapshot::parse(text).expect(text);
            assert_eq!(read(&write(&epoch, &snapshot)), Some((epoch.clone(), snapshot)));
        }
    }

    #[test]
    fn what_the_server_would_refuse_is_no_snapshot() {
        for text in [
            "",
            "10",
            "10:20",
            "20:10:",
            "0:0:",
            "0:1:",
            "10:20:9",
            "10:20:20",
            "10:20:15,14",
            "10:20:14,14",
            "10:20:,",
            "+10:20:",
            "10:20:x",
            "10:20: 14",
            "10:20:14:15",
            "99999999999999999999:99999999999999999999:",
        ] {
            assert_eq!(Snapshot::parse(text), None, "{text}");
        }
    }
}
