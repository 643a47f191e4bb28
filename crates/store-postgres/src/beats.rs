//! The beats of nodes, the work that one does at a time, and the time of a cluster.

use nightlatch_core::time::Span;
use nightlatch_store::nodes::{Beat, Epoch, Heard, Node, NodeId, TURN, Turn};
use nightlatch_store::{Change, Result, StoreError};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::changes::{self, News, now};
use crate::columns::Columns;
use crate::connection::{Commit, Connection, Param};
use crate::failure::IfLost;
use crate::position::{self, Snapshot};
use crate::text;

/// Says that a node is there, and takes the turns that are its own or nobody's. Beats must not wait for each other: a node that waits
/// loses its lease. Each writes a row of its own; a turn that another node is just taking is left to that one. One that
/// lasts longer than any does was taken before the clock of the server was set back. What only a newer nightlatch knows is left to that.
const BEAT: &str = concat!(
    "WITH me AS (
        INSERT INTO nodes (id, name, version, beaten, told) VALUES ($1, $2, $3, ",
    now!(),
    ", $4)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version, beaten = excluded.beaten,
            told = greatest(nodes.told, excluded.told)
    ), free AS (
        SELECT turn FROM turns WHERE turn = ANY ($5) AND (node = $1 OR until <= ",
    now!(),
    " OR until > ",
    now!(),
    " + $6) FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE turns SET node = $1, until = ",
    now!(),
    " + $6 FROM free WHERE turns.turn = free.turn RETURNING turns.turn
    ), begun AS (
        INSERT INTO turns (turn, node, until)
        SELECT turn, $1, ",
    now!(),
    " + $6 FROM unnest($5::text[]) AS turn WHERE NOT EXISTS (SELECT FROM turns WHERE turns.turn = turn.turn)
        ON CONFLICT DO NOTHING RETURNING turn
    )
    SELECT turn FROM taken UNION ALL SELECT turn FROM begun"
);

/// The durable write comes first, and is answered, before the changes are read. So an end that was acknowledged before the beat was sent
/// is in what is read; and a server that was replaced, whose commits nobody acknowledges any more, answers no beat. In one statement
/// the snapshot would be older than the commit.
pub(super) async fn beat(connection: &mut Connection, beat: &Beat) -> Result<Heard> {
    let turns = write(connection, beat).await?;
    for _ in 0..TRIES {
        let (name, heard) = read(connection, beat, &turns).await?;
        if *name == *heard.epoch.as_str() {
            return Ok(heard);
        }
        begin_epoch(connection, &heard.epoch).await?;
    }
    Err(StoreError::Contended(
        "the server is in one life after the other".to_owned(),
    ))
}

/// Whoever finds another epoch begins it, and meets one more only if the server goes into yet another life meanwhile.
const TRIES: usize = 3;

async fn write(connection: &mut Connection, beat: &Beat) -> Result<Vec<Turn>> {
    let id = node(beat.node);
    let (name, version) = (text::stored(&beat.name), text::stored(&beat.version));
    let told = beat.now.unwrap_or_default().as_millis();
    let all: Vec<&str> = Turn::ALL.iter().map(|turn| turn.as_str()).collect();
    let lasts = i64::try_from(TURN.as_millis()).unwrap_or(i64::MAX);
    let params: [Param<'_>; 6] = [
        (&id, Type::INT8),
        (&name, Type::TEXT),
        (&version, Type::TEXT),
        (&told, Type::INT8),
        (&all, Type::TEXT_ARRAY),
        (&lasts, Type::INT8),
    ];
    let rows = connection.write(BEAT, &params).await?;
    let mut turns = Vec::with_capacity(rows.len());
    for row in &rows {
        // A newer nightlatch may know of others.
        turns.extend(Turn::from_word(Columns::of(row).take()?));
    }
    turns.sort_unstable();
    Ok(turns)
}

/// The epoch that nodes agreed on, and what the node hears.
async fn read(connection: &mut Connection, beat: &Beat, turns: &[Turn]) -> Result<(Box<str>, Heard)> {
    let known = beat.position.as_ref().and_then(position::read);
    let behind = known.as_ref().map(|(_, snapshot)| snapshot.as_str());
    let params: [Param<'_>; 2] = [(&behind, Type::TEXT), (&changes::most(), Type::INT8)];
    let rows = connection.read(changes::READ, &params).await?;
    let first = rows.first().ok_or_else(changes::unreadable)?;
    let mut columns = Columns::of(first);
    let epoch = Epoch::new(columns.take()?);
    let clock = columns.instant()?;
    let visible = Snapshot::parse(columns.take()?).ok_or_else(changes::unreadable)?;
    let name: Box<str> = columns.take()?;
    let offset = columns.take()?;
    let latest = columns.optional_instant()?.unwrap_or_default();
    let is_whole: bool = columns.take()?;
    let changes = match (&beat.position, &known) {
        (None, _) => Some(Vec::new()),
        (Some(_), Some((read_in, _))) if *read_in == epoch && is_whole => changes_in(&rows)?,
        (Some(_), _) => None,
    };
    let heard = Heard {
        position: position::write(&epoch, &visible),
        offset: if *name == *epoch.as_str() { offset } else { None },
        epoch,
        clock,
        latest,
        changes,
        turns: turns.to_vec(),
    };
    Ok((name, heard))
}

/// Where the change begins among the columns of what is read.
const CHANGE: usize = 7;

/// All changes of an answer; none at all where one of them says nothing to this nightlatch.
fn changes_in(rows: &[Row]) -> Result<Option<Vec<Change>>> {
    let mut told = Vec::new();
    for row in rows {
        match changes::news(&mut Columns::after(row, CHANGE))? {
            News::Nothing => {}
            News::Of(change) => told.push(change),
            News::Unknown => return Ok(None),
        }
    }
    Ok(Some(told))
}

/// The first beat that meets another life of the server puts the log aside: its rows bear transactions of another life, whose numbers
/// may lie ahead of this one's after a dump was restored. Nobody misses them. A position of this life is answered only by a beat that
/// finds the epoch agreed on, so none is older than this.
///
/// Of several who come at once the row lets one through; the others wait, find it agreed on, and put nothing aside: by then somebody
/// may have a position.
pub(super) async fn begin_epoch(connection: &mut Connection, epoch: &Epoch) -> Result<()> {
    let name = epoch.as_str();
    // A long log is put aside in parts first: no statement may take so long that beats fail for good.
    let part = "WITH old AS (
            DELETE FROM changes WHERE ctid = ANY (ARRAY(SELECT ctid FROM changes LIMIT 20000))
                AND EXISTS (SELECT FROM epoch WHERE name <> $1)
            RETURNING 1
        )
        SELECT count(*) FROM old";
    loop {
        let rows = connection.write(part, &[(&name, Type::TEXT)]).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| Columns::of(row).take())?;
        if count == 0 {
            break;
        }
    }
    let rest = "WITH begun AS (
            UPDATE epoch SET name = $1, time_offset = NULL, forgotten = NULL WHERE name <> $1 RETURNING 1
        ), unmarked AS (
            DELETE FROM marks WHERE EXISTS (SELECT FROM begun)
        )
        DELETE FROM changes WHERE EXISTS (SELECT FROM begun)";
    connection.write(rest, &[(&name, Type::TEXT)]).await?;
    Ok(())
}

pub(super) async fn move_offset(
    connection: &mut Connection,
    epoch: &Epoch,
    expected: Option<i64>,
    offset: i64,
) -> Result<bool> {
    let sql = "UPDATE epoch SET time_offset = $3 WHERE name = $1 AND time_offset IS NOT DISTINCT FROM $2 RETURNING 1";
    let params: [Param<'_>; 3] = [
        (&epoch.as_str(), Type::TEXT),
        (&expected, Type::INT8),
        (&offset, Type::INT8),
    ];
    Ok(!connection.write(sql, &params).await?.is_empty())
}

pub(super) async fn list(connection: &mut Connection) -> Result<Vec<Node>> {
    let sql = concat!(
        "SELECT id, name, version, greatest(",
        now!(),
        " - beaten, 0),
            ARRAY(SELECT turn FROM turns WHERE node = nodes.id AND until > ",
        now!(),
        ")
         FROM nodes"
    );
    let rows = connection.read(sql, &[]).await?;
    let nodes = rows.iter().map(|row| {
        let mut columns = Columns::of(row);
        let id: i64 = columns.take()?;
        let (name, version) = (columns.text()?, columns.text()?);
        let silent_for: Span = columns.span()?;
        let turns: Vec<&str> = columns.take()?;
        let mut turns: Vec<Turn> = turns.into_iter().filter_map(Turn::from_word).collect();
        turns.sort_unstable();
        Ok(Node {
            id: NodeId::new(id.cast_unsigned()),
            name,
            version,
            silent_for,
            turns,
        })
    });
    let mut nodes = nodes.collect::<Result<Vec<_>>>()?;
    nodes.sort_unstable_by_key(|node| node.id);
    Ok(nodes)
}

/// The time that it told stays.
pub(super) async fn leave(connection: &mut Connection, id: NodeId) -> Result<()> {
    let id = node(id);
    let params: [Param<'_>; 1] = [(&id, Type::INT8)];
    connection.begin(Commit::Durable);
    let sql = "WITH gone AS (DELETE FROM nodes WHERE id = $1 RETURNING told)
        UPDATE epoch SET latest = gone.told FROM gone WHERE gone.told > latest";
    connection.query(sql, &params).await?;
    connection
        .last(IfLost::Unknown, "DELETE FROM turns WHERE node = $1", &params)
        .await?;
    Ok(())
}

/// The database has no numbers without a sign.
fn node(id: NodeId) -> i64 {
    id.number().cast_signed()
}
