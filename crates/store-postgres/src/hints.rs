//! Hints: what makes the next beat of the others come sooner.
//!
//! Nothing depends on one. Whoever has changed something tells so when it is committed, on a connection of its own and without waiting
//! for it; the others listen on theirs. A hint that is lost, with the connection or because the process ends, costs a delay: beats go on
//! by themselves.
//!
//! A notification in the transaction of the change would be simpler, and would make all who change something wait for each other: the
//! server takes one lock for all notifications of all its databases when their transactions commit, and these wait for the standbys. Here
//! there are few, and they wait for no disk.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Client, Error};

use crate::address;
use crate::failure::describe;
use crate::finding::Finding;
use crate::line::{Dial, Wire, drive};
use crate::options::PostgresOptions;
use crate::pools::{connects_within, dial};

/// Whoever changes much tells of it no more often.
const EVERY: Duration = Duration::from_millis(50);
/// A connection that is lost is made again after so long, and then after twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A hint that is lost costs little, so the server need not write one to its disk. A session that only listens may be idle for long.
const SETTINGS: &str = "-c synchronous_commit=off -c idle_session_timeout=0";

/// The hints that are given and heard.
pub(super) struct Hints {
    bells: Arc<Bells>,
    /// Missing where nobody can listen.
    task: Option<JoinHandle<()>>,
}

/// Each of them is heard by whoever waits next, if nobody does now. So none is missed between two waits.
#[derive(Default)]
struct Bells {
    /// We have changed something.
    changed: Notify,
    /// Somebody else has.
    heard: Notify,
    /// The connection may lead to a server that is no longer the one.
    moved: Notify,
}

impl Hints {
    /// Begins to listen, in the background.
    ///
    /// Behind `PgBouncer` a session is not ours: what one has asked to hear of would be told to another, or to nobody. There it does
    /// nothing. What tells is that our sessions keep no statements ready.
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, Finding> {
        let bells = Arc::new(Bells::default());
        let mut task = None;
        if options.prepared_statements {
            let address = address::read(options)?;
            let dial = dial(options, &address, SETTINGS)?;
            let within = connects_within(&address);
            task = Some(tokio::spawn(stay_connected(dial, within, Arc::clone(&bells))));
        }
        Ok(Self { bells, task })
    }

    /// Tells the others, soon. Waits for nothing.
    pub(super) fn tell(&self) {
        self.bells.changed.notify_one();
    }

    /// Somebody else may have changed something.
    pub(super) async fn heard(&self) {
        self.bells.heard.notified().await;
    }

    /// Connects anew.
    pub(super) fn move_on(&self) {
        self.bells.moved.notify_one();
    }
}

impl Drop for Hints {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl fmt::Debug for Hints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hints")
            .field("listens", &self.task.is_some())
            .finish_non_exhaustive()
    }
}

async fn stay_connected(dial: Dial, within: Duration, bells: Arc<Bells>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let ended = match timeout(within, dial.connect()).await {
            Ok(Ok((client, wire))) => serve(client, wire, &bells, &mut pause).await,
            Ok(Err(error)) => Err(error),
            Err(_) => Ok(()),
        };
        let why = ended.as_ref().map_or_else(describe, |()| "it was given up".to_owned());
        tracing::debug!(why, "no hints for a while");
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Listens and tells until the connection is lost, or leads nowhere any more.
async fn serve(client: Client, wire: Wire, bells: &Bells, pause: &mut Duration) -> Result<(), Error> {
    // What we tell is told to us as well.
    let own = AtomicI32::new(0);
    let hear = |message| {
        if let AsyncMessage::Notification(notification) = message
            && notification.process_id() != own.load(Ordering::SeqCst)
        {
            bells.heard.notify_one();
        }
    };
    let tell = async {
        let session = client.query_one("SELECT pg_backend_pid()", &[]).await?;
        own.store(session.try_get(0)?, Ordering::SeqCst);
        client.batch_execute("LISTEN nightlatch").await?;
        *pause = FIRST_PAUSE;
        loop {
            bells.changed.notified().await;
            client.batch_execute("NOTIFY nightlatch").await?;
            // What is changed meanwhile is told after that: the bell keeps it.
            sleep(EVERY).await;
        }
    };
    tokio::select! {
        ended = drive(wire, hear) => ended,
        failed = tell => failed,
        () = bells.moved.notified() => Ok(()),
    }
}
