//! What the nodes that share a store in memory are told: the log of changes, and who is there.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use nightlatch_core::time::Instant;

use crate::change_log::Change;
use crate::nodes::{Beat, Epoch, Heard, LOG_KEPT, MOST_CHANGES, Node, NodeId, Position, TURN, Turn};

/// The store's own clock.
#[derive(Clone)]
pub(super) struct StoreClock(pub(super) Arc<dyn Fn() -> Instant + Send + Sync>);

impl fmt::Debug for StoreClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreClock({:?})", (self.0)())
    }
}

#[derive(Clone, Debug)]
pub(super) struct Log {
    clock: StoreClock,
    epoch: Epoch,
    offset: Option<i64>,
    /// The latest cluster time that any node has told.
    latest: Instant,
    entries: VecDeque<(Instant, Change)>,
    /// The number of the first of them.
    first: u64,
    nodes: BTreeMap<NodeId, Row>,
    turns: BTreeMap<Turn, (NodeId, Instant)>,
}

#[derive(Clone, Debug)]
struct Row {
    name: Box<str>,
    version: Box<str>,
    at: Instant,
}

impl Log {
    pub(super) fn new(clock: StoreClock, epoch: Epoch) -> Self {
        Self {
            clock,
            epoch,
            offset: None,
            latest: Instant::default(),
            entries: VecDeque::new(),
            first: 0,
            nodes: BTreeMap::new(),
            turns: BTreeMap::new(),
        }
    }

    /// What another life of the store knows of it: who was there and what time it was.
    pub(super) fn next_life(&self, epoch: Epoch) -> Self {
        Self {
            latest: self.latest,
            ..Self::new(self.clock.clone(), epoch)
        }
    }

    pub(super) fn note(&mut self, change: Change) {
        let now = (self.clock.0)();
        self.entries.push_back((now, change));
    }

    pub(super) fn beat(&mut self, beat: &Beat) -> Heard {
        let now = (self.clock.0)();
        let row = Row {
            name: beat.name.clone(),
            version: beat.version.clone(),
            at: now,
        };
        self.nodes.insert(beat.node, row);
        self.latest = self.latest.max(beat.now.unwrap_or_default());
        let next = self.first + self.entries.len() as u64;
        Heard {
            epoch: self.epoch.clone(),
            clock: now,
            offset: self.offset,
            latest: self.latest,
            position: Position::new(&format!("{} {next}", self.epoch.as_str())),
            changes: beat
                .position
                .as_ref()
                .map_or(Some(Vec::new()), |position| self.behind(position)),
            turns: self.take_turns(beat.node, now),
        }
    }

    fn behind(&self, position: &Position) -> Option<Vec<Change>> {
        let (epoch, read) = position.as_str().rsplit_once(' ')?;
        let read = read.parse::<u64>().ok().filter(|_| epoch == self.epoch.as_str())?;
        let skipped = usize::try_from(read.checked_sub(self.first)?).ok()?;
        let behind = self.entries.len().checked_sub(skipped)?;
        let changes = self.entries.range(skipped..).map(|(_, change)| *change);
        (behind <= MOST_CHANGES).then(|| changes.collect())
    }

    fn take_turns(&mut self, node: NodeId, now: Instant) -> Vec<Turn> {
        Turn::ALL
            .into_iter()
            .filter(|turn| {
                let (holder, until) = self.turns.entry(*turn).or_insert((node, now));
                let takes = *holder == node || *until <= now;
                if takes {
                    (*holder, *until) = (node, now + TURN);
                }
                takes
            })
            .collect()
    }

    pub(super) fn move_offset(&mut self, epoch: &Epoch, expected: Option<i64>, offset: i64) -> bool {
        let moves = self.epoch == *epoch && self.offset == expected;
        if moves {
            self.offset = Some(offset);
        }
        moves
    }

    pub(super) fn nodes(&self) -> Vec<Node> {
        let now = (self.clock.0)();
        let turns = |node| {
            let held = self
                .turns
                .iter()
                .filter(|(_, (holder, until))| *holder == node && *until > now);
            held.map(|(turn, _)| *turn).collect()
        };
        let nodes = self.nodes.iter().map(|(id, row)| Node {
            id: *id,
            name: row.name.clone(),
            version: row.version.clone(),
            silent_for: now.since(row.at),
            turns: turns(*id),
        });
        nodes.collect()
    }

    pub(super) fn leave(&mut self, node: NodeId) {
        self.nodes.remove(&node);
        self.turns.retain(|_, (holder, _)| *holder != node);
    }

    pub(super) fn forget(&mut self, limit: usize) -> usize {
        let before = (self.clock.0)() - LOG_KEPT;
        let old = self
            .entries
            .iter()
            .take_while(|(at, _)| *at < before)
            .take(limit)
            .count();
        self.entries.drain(..old);
        self.first += old as u64;
        self.nodes.retain(|_, row| row.at >= before);
        old
    }
}
