//! Which live sessions are meant, as ranges of one index. The index is named rather than left to be found: a statement that
//! cannot use it fails where it is prepared, and none ever reads a whole table.

use nightlatch_store::token::Handle;
use nightlatch_store::{Filter, Page, Revision};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::facts;
use crate::failure::Failure;
use crate::merge::{Merge, Place};
use crate::scan::Scan;

/// More facts than so many are looked for among sessions first.
const MANY: usize = 200;

/// The sessions that are meant, in their order.
pub(super) enum Selection<'c> {
    Merge(Merge<'c>),
    Scan(&'c Connection, Scan<'c>),
}

impl Selection<'_> {
    pub(super) fn next(&mut self) -> Result<Option<Place>, Failure> {
        match self {
            Self::Merge(merge) => merge.next(),
            Self::Scan(connection, scan) => {
                if let Some(place) = scan.next()? {
                    return Ok(Some(place));
                }
                if scan.is_over {
                    return Ok(None);
                }
                *self = Self::Merge(of_facts(connection, scan.meant.drain(), &scan.last, MANY)?);
                self.next()
            }
        }
    }
}

/// The sessions of a page and all behind it, in the order of handles.
pub(super) fn matching<'c>(connection: &'c Connection, filter: &Filter, page: Page) -> Result<Selection<'c>, Failure> {
    let after = Place {
        // No handle comes before the empty one.
        handle: page
            .after
            .map_or_else(Vec::new, |after: Handle| after.as_bytes().to_vec()),
        ..Place::default()
    };
    let one = |index: &str, key: Value, values: Vec<&str>| {
        let values = values.into_iter().map(text).collect();
        Merge::new(connection, &by_handle(index), vec![key], values, &after, page.limit).map(Selection::Merge)
    };
    match (&filter.subject, facts::meant_by(filter, 5)) {
        (None, None) => one("live WHERE ?1", Value::Integer(1), Vec::new()),
        (Some(subject), None) => one("live_by_subject WHERE subject = ?1", text(subject), Vec::new()),
        (Some(subject), Some((meant, values))) => {
            let index = format!("live_by_subject WHERE subject = ?1 AND facts IN ({meant})");
            one(&index, text(subject), values)
        }
        (None, Some(_)) => {
            let meant = meant_facts(connection, filter)?;
            if meant.len() > MANY {
                let scan = Scan::new(connection, meant.into_iter().collect(), after)?;
                return Ok(Selection::Scan(connection, scan));
            }
            of_facts(connection, meant, &after, page.limit).map(Selection::Merge)
        }
    }
}

fn of_facts<'c>(
    connection: &'c Connection,
    meant: impl IntoIterator<Item = i64>,
    after: &Place,
    wanted: usize,
) -> Result<Merge<'c>, Failure> {
    let keys = meant.into_iter().map(Value::Integer).collect();
    let sql = by_handle("by_facts WHERE facts = ?1");
    Merge::new(connection, &sql, keys, Vec::new(), after, wanted)
}

fn by_handle(index: &str) -> String {
    format!(
        "SELECT 0, handle, id FROM sessions INDEXED BY {index} AND ended_at IS NULL AND handle > ?3 AND ?2 = 0
         ORDER BY handle LIMIT ?4"
    )
}

/// All sessions, those that fall due first first.
pub(super) fn by_deadline(connection: &Connection, limit: usize) -> Result<Selection<'_>, Failure> {
    let after = Place {
        due: i64::MIN,
        ..Place::default()
    };
    let sql = "SELECT due, handle, id FROM sessions INDEXED BY live_by_deadline
        WHERE ended_at IS NULL AND today = ?1 AND (due, handle) > (?2, ?3) ORDER BY due, handle LIMIT ?4";
    Merge::new(connection, sql, revisions(connection)?, Vec::new(), &after, limit).map(Selection::Merge)
}

/// The policies that live sessions were last worked out under. There are few, and the index tells each at once.
fn revisions(connection: &Connection) -> Result<Vec<Value>, Failure> {
    let mut next = connection.prepare_cached(
        "SELECT min(today) FROM sessions INDEXED BY live_by_deadline WHERE ended_at IS NULL AND today > ?1",
    )?;
    let (mut found, mut last) = (Vec::new(), i64::MIN);
    while let Some(today) = next.query_row([last], |row| row.get::<_, Option<i64>>(0))? {
        found.push(Value::Integer(today));
        last = today;
    }
    Ok(found)
}

fn meant_facts(connection: &Connection, filter: &Filter) -> Result<Vec<i64>, Failure> {
    let Some((sql, values)) = facts::meant_by(filter, 1) else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(&sql)?;
    let ids = statement.query_map(params_from_iter(values), |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// How many sessions a filter means.
pub(super) fn count(connection: &Connection, filter: &Filter) -> Result<u64, Failure> {
    let meant = facts::meant_by(filter, 2);
    let (sql, values) = match (filter.subject.as_deref(), meant) {
        (None, None) => ("live WHERE ?1 IS NULL".to_owned(), Vec::new()),
        (None, Some((meant, values))) => (format!("by_facts WHERE ?1 IS NULL AND facts IN ({meant})"), values),
        (Some(_), None) => ("live_by_subject WHERE subject = ?1".to_owned(), Vec::new()),
        (Some(_), Some((meant, values))) => (
            format!("live_by_subject WHERE subject = ?1 AND facts IN ({meant})"),
            values,
        ),
    };
    let sql = format!("SELECT count(*) FROM sessions INDEXED BY {sql} AND ended_at IS NULL");
    let values = std::iter::once(filter.subject.as_deref()).chain(values.into_iter().map(Some));
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row(params_from_iter(values), |row| row.get(0))?)
}

pub(super) fn count_outdated(connection: &Connection, revision: Revision) -> Result<u64, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*) FROM sessions INDEXED BY live_by_deadline WHERE ended_at IS NULL AND today < ?1",
    )?;
    Ok(statement.query_row([revision], |row| row.get(0))?)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
