//! The nodes, their clients, and what goes wrong.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nightlatch_core::policy::{Policy, PolicyDocument};
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::clock::{Clock, ManualTime};
use nightlatch_engine::{Engine, Options};
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::nodes::Epoch;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Filter, Sessions as _};
use tokio::task::{JoinHandle, JoinSet};

use super::clients::{CROWD, crowded};
use super::faulty::{Faulty, Primary, Weather, pass};
use super::history::{History, lock};
use super::known::Kind;
use super::oracle::CLOCK;
use super::policies::{MAX_SESSIONS, POLICIES};

pub(crate) const NODES: usize = 3;
const SESSIONS: usize = 8;
/// So many streams are open at a time.
const STREAMS: usize = 6;
const START: i64 = 1_700_000_000_000;

/// One node as the world sees it.
pub(crate) struct Node {
    /// No other process has it, even one in its place.
    pub(crate) number: usize,
    pub(crate) engine: Arc<Engine>,
    pub(crate) weather: Arc<Mutex<Weather>>,
    running: JoinHandle<()>,
}

/// A session by its number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    pub(crate) number: usize,
    pub(crate) kind: Kind,
    pub(crate) digest: Digest,
    pub(crate) handle: Handle,
}

pub(crate) struct World {
    pub(crate) random: fastrand::Rng,
    pub(crate) primary: Arc<Primary>,
    lives: u32,
    /// Whether a standby took over that did not know everything.
    pub(crate) has_forgotten: bool,
    pub(crate) nodes: Vec<Node>,
    pub(crate) sessions: Vec<Session>,
    signed_in: usize,
    started: usize,
    pub(crate) history: Arc<Mutex<History>>,
    pub(crate) clients: JoinSet<Option<Session>>,
    pub(crate) streams: JoinSet<()>,
    /// What the clock of each node showed last.
    clocks: [Instant; NODES],
}

impl World {
    /// `kept` lines of what happens are told where something is found.
    pub(crate) async fn new(seed: u64, kept: usize) -> Self {
        nightlatch_store::repeat(seed);
        let mut random = fastrand::Rng::with_seed(seed);
        let clock = ManualTime::running(Instant::from_millis(START + random.i64(-3_600_000..3_600_000)), 0);
        let clock = Clock::manual(&clock, Instant::default());
        let primary = Primary::new(MemoryStore::shared(move || clock.now()));
        let mut world = Self {
            primary,
            lives: 1,
            has_forgotten: false,
            nodes: Vec::new(),
            sessions: Vec::new(),
            signed_in: 0,
            started: 0,
            history: Arc::new(Mutex::new(History::begin(kept))),
            clients: JoinSet::new(),
            streams: JoinSet::new(),
            clocks: [Instant::default(); NODES],
            random,
        };
        for _ in 0..NODES {
            let node = world.start_node().await;
            world.nodes.push(node);
        }
        world
    }

    async fn start_node(&mut self) -> Node {
        let off = self.random.i64(-3_600_000..3_600_000);
        let time = ManualTime::running(Instant::from_millis(START + off), self.random.i64(-200..=200));
        let store = Faulty::new(Arc::clone(&self.primary), self.random.u64(..));
        let weather = Arc::clone(&store.weather);
        let clock = Clock::manual(&time, Instant::default());
        let options = Options {
            evict_after: Span::from_secs(20),
            ..Options::default()
        };
        let engine = Engine::open(Arc::new(store), clock, policy(0), options)
            .await
            .expect("a node");
        let at_work = Arc::clone(&engine);
        self.started += 1;
        Node {
            number: self.started - 1,
            engine,
            weather,
            running: tokio::spawn(async move { at_work.run(pending()).await }),
        }
    }

    /// Lets things happen; an error is what was found, and what led to it.
    pub(crate) async fn run(mut self, steps: u32) -> Result<(), String> {
        for _ in 0..steps {
            self.step().await;
            while self.streams.try_join_next().is_some() {}
            while let Some(done) = self.clients.try_join_next() {
                self.sessions.extend(done.expect("a client that does not panic"));
            }
            if lock(&self.history).found.is_some() {
                return Err(lock(&self.history).told());
            }
        }
        self.settle().await;
        let history = lock(&self.history);
        match &history.found {
            Some(_) => Err(history.told()),
            None => Ok(()),
        }
    }

    async fn step(&mut self) {
        let passes = if self.random.u8(0..50) == 0 {
            self.random.u64(1_000..13_000)
        } else {
            self.random.u64(0..120)
        };
        pass(Duration::from_millis(passes)).await;
        self.look_at_the_clocks();
        if self.random.u8(0..20) == 0 {
            self.count_the_crowd().await;
        }
        match self.random.u8(0..100) {
            0..=2 => self.change_the_weather(),
            4 => self.change_policy(),
            3 if self.random.u8(0..8) == 0 => self.fail_over().await,
            3 if self.random.u8(0..4) == 0 => self.replace_node().await,
            5..=9 => self.sign_in(),
            10 => self.renew(),
            11..=13 => self.end(),
            14..=19 => self.wish(),
            20 if self.streams.len() < STREAMS => self.open_stream(),
            21 | 22 => self.rest(),
            23 => self.commute(),
            _ => self.visit(),
        }
    }

    /// Time never runs back, and is the same on all nodes that decide anything.
    fn look_at_the_clocks(&mut self) {
        let mut deciding = Vec::new();
        for (Node { number, engine, .. }, clock) in self.nodes.iter().zip(&mut self.clocks) {
            let now = engine.clock().now();
            if now < *clock {
                lock(&self.history).is_found(format_args!("time runs back at node {number}"));
            }
            *clock = now;
            if engine.node_stats().is_some_and(|stats| stats.has_lease) {
                deciding.push(now.as_millis());
            }
        }
        let (first, last) = (deciding.iter().min(), deciding.iter().max());
        let apart = last.zip(first).map_or(0, |(last, first)| last - first);
        if u64::try_from(apart).is_ok_and(|apart| apart > CLOCK) {
            lock(&self.history).is_found(format_args!("nodes that decide are {apart} ms apart"));
        }
    }

    /// Nobody ever has more sessions than the policy allows.
    async fn count_the_crowd(&self) {
        for person in 0..CROWD {
            let filter = Filter {
                subject: Some(crowded(person).into()),
                ..Filter::default()
            };
            let count = self.primary.now().count(&filter).await.expect("a store in memory");
            if count > MAX_SESSIONS {
                lock(&self.history).is_found(format_args!("one person has {count} sessions"));
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the world's own time, which is paused")]
    fn change_the_weather(&mut self) {
        let place = self.random.usize(0..NODES);
        let (lossy, slow, cut_off, stopped) = match self.random.u8(0..7) {
            0 => (0, 2, true, 0),
            1 => (20, 50, false, 0),
            2 => (0, 1500, false, 0),
            3 => (5, 400, false, 0),
            4 => (0, 2, false, self.random.u64(1_000..30_000)),
            _ => (0, 2, false, 0),
        };
        let Node {
            number: node, weather, ..
        } = &self.nodes[place];
        let mut weather = weather.lock().unwrap_or_else(PoisonError::into_inner);
        let now = tokio::time::Instant::now();
        if weather.stopped_until > now {
            return;
        }
        (weather.lossy, weather.slow, weather.cut_off) = (lossy, slow, cut_off);
        weather.stopped_until = now + Duration::from_millis(stopped);
        drop(weather);
        let mut history = lock(&self.history);
        let now = history.now();
        let is_good = !cut_off && lossy == 0 && slow < 100 && stopped == 0;
        history.oracle.weather(*node, is_good, now);
        history.tell(format_args!(
            "weather at node {node}: lossy {lossy} %, slow {slow} ms, cut off {cut_off}, stopped for {stopped} ms"
        ));
    }

    /// A process vanishes without a word, and another one starts in its place.
    async fn replace_node(&mut self) {
        let place = self.random.usize(0..NODES);
        let Node { number, running, .. } = &self.nodes[place];
        running.abort();
        {
            let mut history = lock(&self.history);
            let now = history.now();
            history.oracle.node_is_gone(*number, now);
            history.streams.retain(|(node, _), _| node != number);
            history.tell(format_args!(
                "node {number} is gone, and node {} in its place",
                self.started
            ));
        }
        self.clocks[place] = Instant::default();
        self.nodes[place] = self.start_node().await;
    }

    /// A standby takes over: one that knows everything, or one that was a moment behind. Meanwhile people come and go, and somebody signs
    /// out who asks once more; no node has a copy.
    async fn fail_over(&mut self) {
        self.lives += 1;
        let epoch = Epoch::new(&self.lives.to_string());
        let behind = lock(&self.history).now();
        let standby = self.random.bool().then(|| self.primary.now().in_another_life(&epoch));
        for _ in 0..self.random.u8(0..6) {
            self.visit();
            pass(Duration::from_millis(self.random.u64(0..80))).await;
        }
        let (at, ended) = (self.engine(), self.session());
        if let Some(session) = ended {
            self.end_at(at, session);
            pass(Duration::from_millis(self.random.u64(5..100))).await;
            self.evict_everything();
        }
        let mut history = lock(&self.history);
        if let Some(standby) = standby {
            self.has_forgotten = true;
            history.tell(format_args!("a standby takes over that knows nothing from {behind} on"));
            let now = history.now();
            history.oracle.tail_is_lost(behind, now);
            self.primary.replace(standby);
        } else {
            history.tell("a standby takes over that knows everything");
            self.primary.replace(self.primary.now().in_another_life(&epoch));
        }
        drop(history);
        if let Some(session) = ended {
            self.visit_by(session);
            self.visit_by(session);
        }
    }

    pub(crate) fn engine(&mut self) -> (usize, Arc<Engine>) {
        let node = &self.nodes[self.random.usize(0..NODES)];
        (node.number, Arc::clone(&node.engine))
    }

    pub(crate) fn session(&mut self) -> Option<Session> {
        let behind = self.sessions.len().saturating_sub(SESSIONS);
        let recent = &self.sessions[behind..];
        (!recent.is_empty()).then(|| recent[self.random.usize(0..recent.len())])
    }

    pub(crate) fn next_number(&mut self) -> usize {
        self.signed_in += 1;
        self.signed_in - 1
    }

    /// Every node reads back what it is asked for next.
    pub(crate) fn evict_everything(&self) {
        for node in &self.nodes {
            node.engine.evict(node.engine.clock().now() + Span::from_secs(3600));
        }
    }
}

pub(crate) fn policy(number: usize) -> Policy {
    let document: PolicyDocument = serde_json::from_str(POLICIES[number]).expect("a document");
    Policy::new(document).expect("a policy")
}
