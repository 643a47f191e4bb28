//! The nodes, their clients, and what goes wrong.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nightlatch_core::path::Path;
use nightlatch_core::policy::{Policy, PolicyDocument};
use nightlatch_core::session::{Answer, EndReason, Event, RequestKind, Verdict};
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::clock::{Clock, ManualTime};
use nightlatch_engine::{Authentication, Engine, NewSession, Options, Outcome, PolicyChange, Standing};
use nightlatch_store::audit::{AuditFilter, AuditKind};
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::nodes::Epoch;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Audit as _, Selector, Sessions as _};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::faulty::{Faulty, Primary, Weather, pass};
use super::oracle::{Answered, Call, Meant, Moment, Oracle, Rules};
use super::policies::{GATED, POLICIES};

const NODES: usize = 3;
const SESSIONS: usize = 8;
const RULES: Rules = Rules {
    idle: 12_000,
    absolute: 120_000,
    end_bound: 1_000,
};
const START: i64 = 1_700_000_000_000;
/// So much of the trace is shown.
const SHOWN: usize = 200;

/// One node as the world sees it.
struct Node {
    engine: Arc<Engine>,
    weather: Arc<Mutex<Weather>>,
    /// Dropped to let it stop.
    _stop: oneshot::Sender<()>,
}

/// What happens in it is written down.
#[derive(Debug)]
struct History {
    began: tokio::time::Instant,
    oracle: Oracle,
    trace: VecDeque<String>,
    found: Option<String>,
}

/// A session by its number.
#[derive(Clone, Copy, Debug)]
struct Session {
    number: usize,
    digest: Digest,
    handle: Handle,
}

pub(crate) struct World {
    random: fastrand::Rng,
    primary: Arc<Primary>,
    /// What a standby knew, and when.
    standby: Option<(Moment, MemoryStore)>,
    lives: u32,
    /// Whether a standby took over that did not know everything.
    has_forgotten: bool,
    nodes: Vec<Node>,
    sessions: Vec<Session>,
    signed_in: usize,
    history: Arc<Mutex<History>>,
    clients: JoinSet<Option<Session>>,
}

impl History {
    #[expect(clippy::disallowed_methods, reason = "the world's own time, which is paused")]
    fn now(&self) -> Moment {
        u64::try_from(self.began.elapsed().as_millis()).expect("a short run")
    }

    fn tell(&mut self, what: impl std::fmt::Display) {
        let line = format!("{:>8} ms  {what}", self.now());
        if self.trace.len() == SHOWN {
            self.trace.pop_front();
        }
        self.trace.push_back(line);
    }

    fn judge(&mut self, call: Call, answered: Answered) {
        let session = call.session;
        self.tell(format_args!(
            "node {} answers s{session}, asked at {}: {answered:?}",
            call.node, call.asked
        ));
        if let Err(why) = self.oracle.answered(call, answered) {
            self.found
                .get_or_insert_with(|| format!("session s{session} at node {}: {why}", call.node));
        }
    }
}

fn lock(history: &Mutex<History>) -> MutexGuard<'_, History> {
    history.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "the world's own time, which is paused")]
    pub(crate) async fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let clock = ManualTime::running(Instant::from_millis(START + random.i64(-3_600_000..3_600_000)), 0);
        let clock = Clock::manual(&clock, Instant::default());
        let primary = Primary::new(MemoryStore::shared(move || clock.now()));
        let mut world = Self {
            primary,
            standby: None,
            lives: 1,
            has_forgotten: false,
            nodes: Vec::new(),
            sessions: Vec::new(),
            signed_in: 0,
            history: Arc::new(Mutex::new(History {
                began: tokio::time::Instant::now(),
                oracle: Oracle::new(RULES),
                trace: VecDeque::new(),
                found: None,
            })),
            clients: JoinSet::new(),
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
        let (stop, stopped) = oneshot::channel::<()>();
        let running = Arc::clone(&engine);
        tokio::spawn(async move {
            running
                .run(async {
                    let _ = stopped.await;
                })
                .await;
        });
        Node {
            engine,
            weather,
            _stop: stop,
        }
    }

    /// Lets things happen; an error is what was found, and what led to it.
    pub(crate) async fn run(mut self, steps: u32) -> Result<(), String> {
        for _ in 0..steps {
            self.step().await;
            while let Some(done) = self.clients.try_join_next() {
                self.sessions.extend(done.expect("a client that does not panic"));
            }
            if lock(&self.history).found.is_some() {
                return Err(self.told());
            }
        }
        self.settle().await;
        let found = lock(&self.history).found.is_some();
        if found { Err(self.told()) } else { Ok(()) }
    }

    fn told(&self) -> String {
        let history = lock(&self.history);
        let mut told = String::new();
        for line in &history.trace {
            let _ = writeln!(told, "{line}");
        }
        let _ = write!(told, "{}", history.found.as_deref().unwrap_or_default());
        told
    }

    async fn step(&mut self) {
        let passes = if self.random.u8(0..50) == 0 {
            self.random.u64(1_000..13_000)
        } else {
            self.random.u64(0..120)
        };
        pass(Duration::from_millis(passes)).await;
        self.replicate();
        match self.random.u8(0..100) {
            0..=2 => self.change_the_weather(),
            4 => self.change_policy(),
            3 if self.random.u8(0..8) == 0 => self.fail_over(),
            5..=9 => self.sign_in(),
            10 => self.renew(),
            11..=13 => self.end(),
            _ => self.visit(),
        }
    }

    fn change_the_weather(&mut self) {
        let node = self.random.usize(0..NODES);
        let (lossy, slow, cut_off) = match self.random.u8(0..6) {
            0 => (0, 2, true),
            1 => (20, 50, false),
            2 => (0, 1500, false),
            3 => (5, 400, false),
            _ => (0, 2, false),
        };
        let mut weather = self.nodes[node].weather.lock().unwrap_or_else(PoisonError::into_inner);
        (weather.lossy, weather.slow, weather.cut_off) = (lossy, slow, cut_off);
        drop(weather);
        let mut history = lock(&self.history);
        let now = history.now();
        history
            .oracle
            .weather(node, (lossy, cut_off) == (0, false) && slow < 100, now);
        history.tell(format_args!(
            "weather at node {node}: lossy {lossy} %, slow {slow} ms, cut off {cut_off}"
        ));
    }

    /// A standby takes over: one that knows everything, or one that was a moment behind.
    fn fail_over(&mut self) {
        self.lives += 1;
        let epoch = Epoch::new(&self.lives.to_string());
        let mut history = lock(&self.history);
        match self.standby.take() {
            Some((behind, store)) if self.random.bool() => {
                self.has_forgotten = true;
                history.tell(format_args!("a standby takes over that knows nothing from {behind} on"));
                let now = history.now();
                history.oracle.tail_is_lost(behind, now);
                self.primary.replace(store.in_another_life(&epoch));
            }
            _ => {
                history.tell("a standby takes over that knows everything");
                self.primary.replace(self.primary.now().in_another_life(&epoch));
            }
        }
    }

    /// What a standby knows from now on, until it knows more.
    fn replicate(&mut self) {
        let now = lock(&self.history).now();
        if self.standby.as_ref().is_none_or(|(behind, _)| now - behind > 400) {
            self.standby = Some((now, self.primary.now().in_another_life(&Epoch::new("standby"))));
        }
    }

    fn engine(&mut self) -> (usize, Arc<Engine>) {
        let node = self.random.usize(0..NODES);
        (node, Arc::clone(&self.nodes[node].engine))
    }

    fn session(&mut self) -> Option<Session> {
        let behind = self.sessions.len().saturating_sub(SESSIONS);
        let recent = &self.sessions[behind..];
        (!recent.is_empty()).then(|| recent[self.random.usize(0..recent.len())])
    }

    fn call(&self, node: usize, session: usize) -> Call {
        let asked = lock(&self.history).now();
        Call {
            node,
            session,
            asked,
            answered: asked,
        }
    }

    fn sign_in(&mut self) {
        let (node, engine) = self.engine();
        let number = self.signed_in;
        self.signed_in += 1;
        let (mut call, history) = (self.call(node, number), Arc::clone(&self.history));
        self.clients.spawn(async move {
            let new = NewSession {
                subject: format!("p{}", number % 5).into(),
                actor: "test".into(),
                ..NewSession::default()
            };
            let signed_in = engine.create(new).await.ok()?.signed_in()?;
            let mut history = lock(&history);
            call.answered = history.now();
            history.tell(format_args!("node {node} signs in s{number}"));
            history.oracle.signed_in(call, signed_in.handle);
            Some(Session {
                number,
                digest: signed_in.token.digest(),
                handle: signed_in.handle,
            })
        });
    }

    /// The same person authenticates again: the session goes on under another token. Some nodes have just forgotten it and are
    /// reading it back.
    fn renew(&mut self) {
        let Some(session) = self.session() else { return };
        for node in &self.nodes {
            node.engine.evict(node.engine.clock().now() + Span::from_secs(3600));
        }
        for _ in 0..NODES {
            self.visit_by(session);
        }
        let (node, engine) = self.engine();
        let number = self.signed_in;
        self.signed_in += 1;
        let (mut call, history) = (self.call(node, number), Arc::clone(&self.history));
        lock(&history).oracle.rename_is_asked_for(session.number, call.asked);
        self.clients.spawn(async move {
            let renewed = engine
                .reauthenticate(&session.digest, Authentication::default(), "test")
                .await;
            let signed_in = renewed.ok()?.signed_in()?;
            let mut history = lock(&history);
            call.answered = history.now();
            history.tell(format_args!(
                "node {node} signs s{} in again as s{number}",
                session.number
            ));
            history.oracle.is_renamed(session.number, call, session.handle);
            Some(Session {
                number,
                digest: signed_in.token.digest(),
                handle: session.handle,
            })
        });
    }

    fn visit(&mut self) {
        if let Some(session) = self.session() {
            self.visit_by(session);
        }
    }

    fn visit_by(&mut self, session: Session) {
        let (node, engine) = self.engine();
        let kind = self.random.u8(0..10);
        let page = ["/", "/a", GATED][self.random.usize(0..3)];
        let (mut call, history) = (self.call(node, session.number), Arc::clone(&self.history));
        lock(&history).oracle.is_asked(call);
        self.clients.spawn(async move {
            let answered = match kind {
                0 => of_outcome(engine.apply(&session.digest, &Event::Extend).await),
                1 => match engine.status(&session.digest).await {
                    Err(_) => Answered::GoesOn,
                    Ok(standing) => of_standing(&standing),
                },
                _ => {
                    let path = Path::canonical(page);
                    match of_outcome(engine.request(&session.digest, &path, RequestKind::Fetch).await) {
                        Answered::Allowed if page == GATED => Answered::AllowedBehindTheGate,
                        other => other,
                    }
                }
            };
            let mut history = lock(&history);
            call.answered = history.now();
            history.judge(call, answered);
            None
        });
    }

    fn change_policy(&mut self) {
        let (node, engine) = self.engine();
        let to = self.random.usize(0..POLICIES.len());
        let history = Arc::clone(&self.history);
        let mut began = lock(&history);
        let asked = began.now();
        began.tell(format_args!("node {node} is asked for policy {to}"));
        let change = began.oracle.policies.is_asked_for(to, asked);
        drop(began);
        self.clients.spawn(async move {
            let changed = engine.change_policy(PolicyChange {
                policy: policy(to),
                actor: "test".into(),
                reason: None,
                restored: None,
                expected: None,
            });
            let acknowledged = changed.await.is_ok();
            let mut history = lock(&history);
            let now = history.now();
            history.tell(format_args!("node {node} has put policy {to} in force: {acknowledged}"));
            history.oracle.policies.is_answered(change, acknowledged, now);
            None
        });
    }

    fn end(&mut self) {
        let Some(session) = self.session() else { return };
        let (node, engine) = self.engine();
        let by_handle = self.random.bool();
        // An end by the handle means the session whatever its token.
        let meant = if by_handle {
            Meant::Handle(session.handle)
        } else {
            Meant::Token(session.number)
        };
        let history = Arc::clone(&self.history);
        let number = session.number;
        let mut began = lock(&history);
        let asked = began.now();
        began.tell(format_args!("node {node} is asked to end s{number}"));
        began.oracle.end_is_asked_for(session.handle, asked);
        drop(began);
        self.clients.spawn(async move {
            let acknowledged = if by_handle {
                let selector = Selector::Handle(session.handle);
                engine.end(&selector, EndReason::Admin, "test").await.is_ok()
            } else {
                engine.sign_out(&session.digest, EndReason::User).await.is_ok()
            };
            let mut history = lock(&history);
            let now = history.now();
            history.tell(format_args!("node {node} has ended s{number}: {acknowledged}"));
            if acknowledged {
                history.oracle.end_is_acknowledged(node, meant, now);
            }
            None
        });
    }

    /// Everything that went wrong goes right again. Then all nodes say what the store says, and the audit knows of one end each.
    async fn settle(&mut self) {
        for node in &self.nodes {
            let mut weather = node.weather.lock().unwrap_or_else(PoisonError::into_inner);
            (weather.lossy, weather.slow, weather.cut_off) = (0, 2, false);
        }
        lock(&self.history).tell("all is well again");
        while let Some(done) = self.clients.join_next().await {
            self.sessions.extend(done.expect("a client that does not panic"));
        }
        pass(Duration::from_secs(5)).await;
        for session in self.sessions.clone() {
            if let Err(why) = self.agree_on(session).await {
                let number = session.number;
                let mut history = lock(&self.history);
                history
                    .found
                    .get_or_insert_with(|| format!("session s{number} in the end: {why}"));
            }
        }
    }

    async fn agree_on(&self, session: Session) -> Result<(), String> {
        let number = session.number;
        if !lock(&self.history).oracle.can_tell(number) {
            return Ok(());
        }
        let store = self.primary.now();
        let record = store.get(&session.digest).await.map_err(|error| error.to_string())?;
        let record = record.ok_or("the store does not know it")?;

        if lock(&self.history).oracle.is_over(number) && record.ended().is_none() {
            return Err("an acknowledged end is not in the store".to_owned());
        }
        for (node, of) in self.nodes.iter().enumerate() {
            let standing = of
                .engine
                .status(&session.digest)
                .await
                .map_err(|error| error.to_string())?;
            let reason = match standing {
                Standing::Ended { reason, .. } => Some(reason),
                Standing::Live(_) => None,
                Standing::Unknown => return Err(format!("node {node} does not know it")),
            };
            let record = store.get(&session.digest).await.ok().flatten().ok_or("it has gone")?;
            let stored = record.ended().map(|(_, reason)| reason);
            // A store that has forgotten an end may have ended the session for another reason before it was told again. For a node that
            // has heard of the first, that stays.
            let differs = if self.has_forgotten {
                reason.is_some() != stored.is_some()
            } else {
                reason != stored
            };
            if differs {
                return Err(format!("node {node} says {reason:?}, the store {stored:?}"));
            }
        }
        let ends = AuditFilter {
            handle: Some(session.handle),
            kind: Some(AuditKind::Ended),
            limit: 10,
            ..AuditFilter::default()
        };
        let told = store.audit(&ends).await.map_err(|error| error.to_string())?.len();
        let record = store.get(&session.digest).await.ok().flatten().ok_or("it has gone")?;
        let expected = usize::from(record.ended().is_some());
        if told == expected {
            Ok(())
        } else {
            Err(format!("the audit knows of {told} ends"))
        }
    }
}

fn policy(number: usize) -> Policy {
    let document: PolicyDocument = serde_json::from_str(POLICIES[number]).expect("a document");
    Policy::new(document).expect("a policy")
}

fn of_outcome(outcome: nightlatch_store::Result<Outcome>) -> Answered {
    match outcome {
        Err(_) => Answered::Failed,
        Ok(Outcome {
            answer: Some(Answer::Accepted | Answer::Verdict(Verdict::Allow)),
            ..
        }) => Answered::Allowed,
        Ok(Outcome {
            answer: Some(Answer::Verdict(Verdict::StepUp(_))),
            ..
        }) => Answered::StepUp,
        Ok(outcome) => of_standing(&outcome.standing),
    }
}

fn of_standing(standing: &Standing) -> Answered {
    match standing {
        Standing::Ended { reason, .. } => Answered::Ended(*reason),
        Standing::Unknown => Answered::Unknown,
        Standing::Live(_) => Answered::GoesOn,
    }
}
