//! One connection on loan from a pool: statements one after the other, and transactions of several.
//!
//! A connection goes back to its pool only at rest, with nothing under way. Whoever is stopped in the middle of a call (a request that
//! is given up) must not leave half a transaction to the next, and the answer to one call must not be taken for that of another; so a
//! connection that is not at rest is closed instead, and the server rolls back.

use std::time::Duration;

use deadpool::managed::Object;
use deadpool_postgres::ClientWrapper;
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, Row};

use crate::failure::{Failure, IfLost};
use crate::line::{Dial, Line};

/// A statement is answered in this time, or the connection is given up. The server cancels statements sooner, so nothing is done after
/// that but what was committed already.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// Limits of one transaction, where no session has them: the sessions behind PgBouncer are shared with others.
const LIMITS: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; \
     SET LOCAL statement_timeout = '2s'; SET LOCAL lock_timeout = '500ms'; \
     SET LOCAL idle_in_transaction_session_timeout = '10s'";

/// A value, and what it is to PostgreSQL: no statement has to be described before it is sent.
pub(super) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

pub(super) type Result<T> = std::result::Result<T, Failure>;

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commit {
    /// The disk, and the standbys that the server is told to wait for.
    Durable,
    /// Nothing. For activity alone: the next touch tells of it again.
    AtOnce,
}

pub(super) struct Connection {
    line: Option<Object<Dial>>,
    /// Whether statements are kept ready on the server, and the session is ours.
    named: bool,
    at_rest: bool,
    /// A transaction that begins with the next statement.
    opening: Option<String>,
    in_transaction: bool,
    /// Every loan begins with what all have.
    answers_within: Duration,
}

impl Connection {
    pub(super) fn new(line: Object<Dial>, named: bool) -> Self {
        Self {
            line: Some(line),
            named,
            at_rest: true,
            opening: None,
            in_transaction: false,
            answers_within: ANSWERS_WITHIN,
        }
    }

    /// Each statement of this loan is given up after so long.
    pub(super) fn answered_within(mut self, answers_within: Duration) -> Self {
        self.answers_within = answers_within;
        self
    }

    /// One statement that changes nothing.
    pub(super) async fn read(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        self.alone(IfLost::Nothing, sql, params).await
    }

    /// One statement that is a transaction.
    pub(super) async fn write(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        self.alone(IfLost::Unknown, sql, params).await
    }

    async fn alone(&mut self, if_lost: IfLost, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        if !self.named {
            self.begin(Commit::Durable);
            return self.last(if_lost, sql, params).await;
        }
        self.at_rest = false;
        let answer = timeout(self.answers_within, ask(self.client()?, self.named, sql, params)).await;
        self.settle(answer.ok(), if_lost).await
    }

    /// Begins a transaction that first waits for a lock, if one is named, with the next statement: all of it is sent together, and the
    /// statement sees what was committed when the lock was there.
    pub(super) fn begin_behind(&mut self, lock: Option<String>) {
        self.begin(Commit::Durable);
        if let (Some(opening), Some(lock)) = (&mut self.opening, lock) {
            opening.push_str("; ");
            opening.push_str(&lock);
        }
    }

    /// Begins a transaction of statements that read or write a lot, and that no request waits for.
    pub(super) fn begin_long(&mut self, commit: Commit) {
        self.begin(commit);
        if let Some(opening) = &mut self.opening {
            opening.push_str("; SET LOCAL statement_timeout = '60s'");
        }
        self.answers_within = Duration::from_secs(65);
    }

    /// Begins a transaction, with the next statement: both are sent together.
    pub(super) fn begin(&mut self, commit: Commit) {
        let mut opening = if self.named {
            "BEGIN".to_owned()
        } else {
            LIMITS.to_owned()
        };
        if commit == Commit::AtOnce {
            opening.push_str("; SET LOCAL synchronous_commit = off");
        }
        self.opening = Some(opening);
    }

    /// A statement of a transaction. One that fails ends the transaction.
    pub(super) async fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        self.at_rest = false;
        self.in_transaction = true;
        let opening = self.opening.take();
        let client = self.client()?;
        let answer = timeout(self.answers_within, async {
            make_ready(client, self.named, sql, params).await?;
            let opened = begin(client, opening.as_deref());
            let (begun, rows) = tokio::join!(biased; opened, ask(client, self.named, sql, params));
            begun.and(rows)
        });
        let answer = answer.await.ok();
        self.settle(answer, IfLost::Nothing).await
    }

    /// The last statement of a transaction, sent together with the commit. The server takes the commit for a rollback where the
    /// statement has failed.
    pub(super) async fn last(&mut self, if_lost: IfLost, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        self.at_rest = false;
        let opening = self.opening.take();
        let client = self.client()?;
        let answer = timeout(self.answers_within, async {
            make_ready(client, self.named, sql, params).await?;
            let opened = begin(client, opening.as_deref());
            let (begun, rows, committed) = tokio::join!(
                biased;
                opened,
                ask(client, self.named, sql, params),
                client.batch_execute("COMMIT"),
            );
            begun?;
            let rows = rows?;
            committed.map(|()| rows)
        });
        let answer = answer.await.ok();
        self.in_transaction = false;
        self.settle(answer, if_lost).await
    }

    /// Commits a transaction that has written.
    pub(super) async fn commit(&mut self) -> Result<()> {
        let answer = timeout(self.answers_within, self.client()?.batch_execute("COMMIT")).await;
        self.in_transaction = false;
        self.settle(answer.ok(), IfLost::Unknown).await
    }

    /// Gives up a transaction, whatever it has written.
    pub(super) async fn rollback(&mut self) -> Result<()> {
        let answer = timeout(self.answers_within, self.client()?.batch_execute("ROLLBACK")).await;
        self.in_transaction = false;
        self.settle(answer.ok(), IfLost::Nothing).await
    }

    /// Statements without values, as parts of a transaction that one of the calls above has begun.
    pub(super) async fn batch(&mut self, sql: &str, within: Duration) -> Result<()> {
        self.at_rest = false;
        let answer = timeout(within, self.client()?.batch_execute(sql)).await;
        self.settle(answer.ok(), IfLost::Nothing).await
    }

    /// Brings the connection to rest, if that can be.
    async fn settle<T>(&mut self, answer: Option<std::result::Result<T, Error>>, if_lost: IfLost) -> Result<T> {
        let Some(answer) = answer else {
            return Err(Failure::timeout(if_lost));
        };
        // Every answer asks, so none finds what was told beside the one before.
        let gave_up_waiting = self.line.as_deref().is_some_and(Line::has_given_up_waiting);
        match answer {
            Ok(answer) => {
                self.at_rest = !self.in_transaction;
                if gave_up_waiting {
                    return Err(Failure::of_a_cancelled_wait(if_lost));
                }
                Ok(answer)
            }
            Err(error) => {
                let failure = Failure::of(&error, if_lost);
                if failure.spares_connection {
                    self.undo().await;
                }
                Err(failure)
            }
        }
    }

    async fn undo(&mut self) {
        if !self.in_transaction {
            self.at_rest = true;
        } else if let Ok(client) = self.client() {
            let undone = timeout(self.answers_within, client.batch_execute("ROLLBACK")).await;
            self.in_transaction = false;
            self.at_rest = undone.is_ok_and(|undone| undone.is_ok());
        }
    }

    fn client(&self) -> Result<&ClientWrapper> {
        // It is taken where this is dropped, and nowhere else.
        let line = self.line.as_deref();
        line.map(|line| &line.client)
            .ok_or_else(|| Failure::timeout(IfLost::Nothing))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.at_rest
            && let Some(line) = self.line.take()
        {
            // Out of the pool, and closed with that.
            drop(Object::take(line));
        }
    }
}

async fn begin(client: &ClientWrapper, opening: Option<&str>) -> std::result::Result<(), Error> {
    match opening {
        Some(opening) => client.batch_execute(opening).await,
        None => Ok(()),
    }
}

/// Has a statement parsed before it is sent with others: it must not wait between them.
async fn make_ready(
    client: &ClientWrapper,
    named: bool,
    sql: &str,
    params: &[Param<'_>],
) -> std::result::Result<(), Error> {
    if named {
        client.prepare_typed_cached(sql, &types(params)).await?;
    }
    Ok(())
}

async fn ask(
    client: &ClientWrapper,
    named: bool,
    sql: &str,
    params: &[Param<'_>],
) -> std::result::Result<Vec<Row>, Error> {
    if !named {
        return client.query_typed(sql, params).await;
    }
    let statement = client.prepare_typed_cached(sql, &types(params)).await?;
    let values: Vec<_> = params.iter().map(|(value, _)| *value).collect();
    client.query(&statement, &values).await
}

fn types(params: &[Param<'_>]) -> Vec<Type> {
    params.iter().map(|(_, kind)| kind.clone()).collect()
}
