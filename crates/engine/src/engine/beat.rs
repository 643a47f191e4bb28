//! The beat: this node tells the store that it is there, hears what others have changed, and may then go by its table for a while.

use std::sync::Arc;
use std::time::Duration;

use nightlatch_core::time::Span;
use nightlatch_store::nodes::{self, Heard, NodeId, Nodes, Turn};
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Change, Document, End, Ended, Record, Result, Selector, StoreError};

use super::housekeeping::ticks;
use super::{Engine, Uncancelled};
use crate::clock::Clock;
use crate::node::{Advice, KnownEnd, LastHeard, Node, Sample};

/// From one beat to the next.
const EVERY: Duration = Duration::from_millis(250);
/// From one to the next at least, however many hints come. Each is a write that the disk waits for.
const LEAST_BETWEEN: Duration = Duration::from_millis(50);
/// After a failover the store is asked for so many ends in one call.
const ASKED_AT_ONCE: usize = 1000;
/// So often a node that starts asks for the time before it gives up.
const ATTEMPTS: usize = 8;

/// A node with the time of the others, from its first beats. It keeps no copies yet, so there is nothing to hear of but the time.
pub(super) async fn join(nodes: &dyn Nodes, node: &Node, clock: &Clock) -> Result<Clock> {
    for _ in 0..ATTEMPTS {
        let mut last = node.heard.lock().await;
        let sent = clock.uptime();
        let heard = nodes.beat(&node.tells(&last, None)).await?;
        let sample = Sample {
            sent,
            received: clock.uptime(),
            shown: heard.clock.max(heard.latest),
        };
        match last.time.heard(&heard, sample) {
            Advice::Show(time, at) => {
                let clock = clock.of_a_cluster(time, at);
                if clock.now() < heard.latest {
                    clock.steer(heard.latest, sample.received);
                }
                node.lease.extend(sent);
                last.follow(heard);
                return Ok(clock);
            }
            // Whether this node or another one moves it, the next answer tells.
            Advice::MoveOffset {
                epoch,
                expected,
                offset,
            } => {
                nodes.move_offset(&epoch, expected, offset).await?;
            }
            // The first to be answered soon tells the time; this one asks again.
            Advice::Keep => {}
        }
    }
    Err(StoreError::Contended("other nodes set the time".to_owned()))
}

impl LastHeard {
    fn follow(&mut self, heard: Heard) {
        self.position = Some(heard.position);
        self.epoch = Some(heard.epoch);
    }
}

impl Engine {
    /// Which node this is; none where this process has the store for itself.
    #[must_use]
    pub fn node(&self) -> Option<NodeId> {
        self.node.as_ref().map(|node| node.id)
    }

    /// The nodes that share the store, by id; none where this process has it for itself.
    pub async fn nodes(&self) -> Result<Vec<nodes::Node>> {
        match self.store.nodes() {
            Some(nodes) => self.health.read(nodes.list().await, self.now()),
            None => Ok(Vec::new()),
        }
    }

    /// How hard the store finds it to keep up; none where this process has it for itself.
    pub async fn strain(&self) -> Result<Option<nodes::Strain>> {
        match self.store.nodes() {
            Some(nodes) => self.health.read(nodes.strain().await, self.now()).map(Some),
            None => Ok(None),
        }
    }

    /// Whether background work is up to this process.
    #[must_use]
    pub fn has_turn(&self, turn: Turn) -> bool {
        self.node
            .as_ref()
            .is_none_or(|node| node.turns.contain(turn, self.clock.uptime()))
    }

    pub(super) async fn beat_for_ever(self: &Arc<Self>) {
        let Some(nodes) = self.store.nodes() else {
            return std::future::pending().await;
        };
        let mut ticks = ticks(EVERY);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                // What it says is not looked at: the beat tells all, and would come by itself.
                () = nodes.hinted() => ticks.reset(),
            }
            let (beaten, ()) = tokio::join!(self.beat(), tokio::time::sleep(LEAST_BETWEEN));
            if let Err(error) = beaten {
                tracing::warn!(%error, "the store has not answered a beat");
            }
        }
    }

    /// One beat, where several nodes share the store. [`Engine::run`] beats four times a second.
    pub async fn beat(self: &Arc<Self>) -> Result<()> {
        self.run_to_completion(|engine| Box::pin(engine.beat())).await
    }
}

impl Uncancelled {
    async fn beat(&self) -> Result<()> {
        let Some((node, nodes)) = self.node.as_ref().zip(self.store.nodes()) else {
            return Ok(());
        };
        let mut last = node.heard.lock().await;
        let (sent, now) = self.clock.reading();
        self.note_policies_in_force(now);
        let heard = self.health.read(nodes.beat(&node.tells(&last, Some(now))).await, now)?;
        let (received, shown) = self.clock.reading();
        match last.time.heard(&heard, Sample { sent, received, shown }) {
            Advice::Show(time, at) => self.clock.steer(time, at),
            Advice::MoveOffset {
                epoch,
                expected,
                offset,
            } => {
                tracing::warn!(
                    epoch = epoch.as_str(),
                    offset,
                    "the store's clock shows another time; ours goes on"
                );
                nodes.move_offset(&epoch, expected, offset).await?;
            }
            Advice::Keep => {}
        }
        node.turns.given(heard.turns.clone(), sent);
        self.hear(&last, &heard).await?;
        // Last: what is decided by the table under this lease is decided with all that the answer has told.
        let (received, shown) = self.clock.reading();
        if last.time.is_exact(received, shown) {
            let without = node.lease.expired_for(received).unwrap_or(Span::ZERO);
            node.counters.without_lease.add(without.as_millis());
            node.lease.extend(sent);
        } else {
            tracing::warn!("the time is not known exactly enough; nothing is decided here");
        }
        last.follow(heard);
        Ok(())
    }

    /// Brings the table up to what a beat has told.
    async fn hear(&self, last: &LastHeard, heard: &Heard) -> Result<()> {
        let same_epoch = last.epoch.as_ref() == Some(&heard.epoch);
        let changes = heard.changes.as_ref().filter(|_| same_epoch);
        if let Some(changes) = changes {
            for change in changes {
                self.hear_of(*change);
            }
        } else {
            tracing::warn!(
                epoch = heard.epoch.as_str(),
                "it cannot be told what has changed; every session is read again"
            );
            self.doubt_every_copy();
        }
        let policy_may_be_another = changes.is_none_or(|changes| changes.contains(&Change::Document(Document::Policy)));
        if policy_may_be_another {
            self.follow_policy().await?;
        }
        if last.epoch.is_some() && !same_epoch {
            self.tally(|counters| &counters.epochs);
            self.end_again().await?;
            // It may know less of activity than this node believes, and would end soon what is alive.
            self.flush_all().await?;
        }
        Ok(())
    }
}

impl Uncancelled {
    /// The other nodes need not wait until they notice that this one is gone.
    pub(super) async fn leave(&self) {
        if let Some((node, nodes)) = self.node.as_ref().zip(self.store.nodes())
            && let Err(error) = nodes.leave(node.id).await
        {
            tracing::debug!(%error, "the other nodes notice by themselves that this one is gone");
        }
    }

    /// Forgets what every node has heard of long ago.
    pub(super) async fn forget_changes(&self, limit: usize) -> Result<usize> {
        match self.store.nodes() {
            Some(nodes) => nodes.forget_changes(limit).await,
            None => Ok(0),
        }
    }

    /// See [`Nodes::seal`].
    pub(super) async fn seal(&self) -> Result<()> {
        match self.store.nodes() {
            Some(nodes) => nodes.seal().await,
            None => Ok(()),
        }
    }

    /// Tells a store in another life of the ends that this node knows and it has forgotten. It is asked for many at a time: what a night
    /// has ended would else be told one by one before this node decides anything again.
    async fn end_again(&self) -> Result<()> {
        let Some(node) = &self.node else { return Ok(()) };
        let ends = node.journal.ends();
        tracing::warn!(
            ends = ends.len(),
            "the store is asked for the ends that it may have forgotten"
        );
        for ends in ends.chunks(ASKED_AT_ONCE) {
            let digests: Vec<Digest> = ends.iter().map(|(digest, _)| *digest).collect();
            let records = match self.store.get_many(&digests).await {
                Ok(records) => records,
                // One that cannot be read can be ended.
                Err(StoreError::Damaged(_)) => vec![None; digests.len()],
                Err(error) => return Err(error),
            };
            let is_over = |record: &Option<Record>| record.as_ref().is_some_and(|record| record.ended().is_some());
            // One without a record may live on under the token that it had before.
            let forgotten = ends.iter().zip(records).filter(|(_, record)| !is_over(record));
            for ((_, KnownEnd { handle, at, reason }), _) in forgotten {
                let end = End {
                    reason: *reason,
                    at: *at,
                    actor: "node".into(),
                };
                let ended = self.writes().end(&Selector::Handle(*handle), &end, 1).await?;
                node.counters.ends_told_again.add(ended.len() as u64);
                self.make_known(&ended).await;
            }
        }
        Ok(())
    }
}

/// What others have changed gets into the table here and nowhere else. It waits for nothing: a beat that waited for the turn of a
/// session would wait for a store that does not answer, and with it every other session.
impl Engine {
    fn hear_of(&self, change: Change) {
        match change {
            Change::Ended {
                digest,
                handle,
                at,
                reason,
            } => {
                // Before the table: whoever reads the session from now on, from a store that may have forgotten, finds this.
                if let Some(node) = &self.node {
                    node.journal.note(digest, KnownEnd { handle, at, reason });
                }
                self.stripes.hold(&digest).raise();
                self.keep_ended(digest, at, reason);
                self.watchers.announce(handle);
            }
            Change::Amended {
                digest,
                handle,
                version,
            } => self.outdate(&digest, handle, version),
            Change::Renamed { digest, handle } => self.outdate(&digest, handle, u64::MAX),
            Change::Document(_) => {}
        }
    }

    /// Takes down an end of our own, so that nobody is let in even if the store forgets it.
    pub(super) fn note_end(&self, ended: &Ended) {
        let Ended {
            digest,
            handle,
            at,
            reason,
            ..
        } = *ended;
        if let Some(node) = &self.node {
            node.journal.note(digest, KnownEnd { handle, at, reason });
        }
    }

    fn outdate(&self, digest: &Digest, handle: Handle, version: u64) {
        let mut generation = self.stripes.hold(digest);
        generation.raise();
        let table = self.live.pin();
        if let Some(live) = table.get(digest).filter(|live| live.version < version) {
            live.outdate();
            self.watchers.announce(handle);
        }
    }

    pub(super) fn doubt_every_copy(&self) {
        self.stripes.raise_all();
        for live in self.live.pin().values() {
            live.outdate();
        }
        self.watchers.announce_all();
    }
}
