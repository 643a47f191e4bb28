//! The engine: the live table in front of a store.

mod activity;
mod admission;
mod beat;
mod bounding;
mod change;
mod check;
mod completion;
mod documents;
mod doubt;
mod explain;
mod flush;
mod housekeeping;
mod lifecycle;
mod node_stats;
mod plan;
mod policy;
mod read;
mod reindex;
mod sweep;
mod table;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;
use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::policy::{Absent, Policy};
use nightlatch_core::session::{Answer, EndReason, Limits, Status};
use nightlatch_core::time::{Instant, Span};

pub use admission::{Admission, Authentication, NewSession, SignedIn};
pub use completion::{Uncancelled, Work};
pub use explain::{LimitReached, LiveExplanation, OpenPage, Over, PageExplanation, SessionExplanation};
pub use lifecycle::Reauthentication;
use nightlatch_store::secret::Secret;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Result, Revision, Store};
pub use node_stats::NodeStats;
pub use plan::Planned;
pub use policy::{PolicyChange, PolicyChanged, PolicySource};
pub use read::Stats;

use self::completion::{Completion, Reads};
use self::doubt::Doubts;
use self::reindex::Reindexing;
use crate::clock::Clock;
use crate::ends::Ends;
use crate::health::Health;
use crate::in_force::InForce;
use crate::live::LiveTable;
use crate::node::Node;
use crate::shared::Shared;
use crate::strangers::Strangers;
use crate::stripes::Stripes;
use crate::watch::Watchers;

/// How the engine trades writes against what a crash may cost, and memory against look-ups.
#[derive(Clone, Debug)]
pub struct Options {
    /// The stored activity is never further behind than this, nor than a quarter of the strictest idle limit (or, where several nodes share
    /// the store, an eighth of the time until its warning) or longest absence
    /// (`max_away`) of the policy. Default 30 s.
    pub touch_interval: Span,
    /// How long live sessions go on while the store fails. Default 10 s.
    pub store_grace: Span,
    /// Sessions untouched for so long leave the live table and are read back on demand. Default 15 min.
    pub evict_after: Span,
    /// For a machine for development: no deadline ends or locks a session while this process has it. What the store keeps is
    /// the same, and a process without this decides by it at once. Default false.
    pub development: bool,
    /// Where several nodes share the store: within what time an end that was acknowledged by one acts on all, and for how long a node
    /// goes on when the store does not answer. Default 1 s.
    pub end_bound: Span,
    /// Entries of the audit that are older may be forgotten. Default none: they are kept for good.
    pub audit_kept: Option<Span>,
    /// What people call this node.
    pub node_name: Box<str>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            touch_interval: Span::from_secs(30),
            store_grace: Span::from_secs(10),
            evict_after: Span::from_secs(15 * 60),
            development: false,
            end_bound: Span::from_secs(1),
            audit_kept: None,
            node_name: "nightlatch".into(),
        }
    }
}

/// Keeps sessions. Shared by every request; its background work is done by [`Engine::run`].
#[derive(Debug)]
pub struct Engine {
    store: Reads,
    completion: Completion,
    doubts: Doubts,
    clock: Clock,
    options: Options,
    in_force: InForce,
    live: LiveTable,
    stripes: Stripes,
    /// By subject.
    admissions: Stripes,
    health: Health,
    /// Where others share the store.
    node: Option<Node>,
    ends: Ends,
    watchers: Watchers,
    /// Sessions whose activity the store is to hear of. When it is full the table is searched instead.
    dirty: ArrayQueue<Digest>,
    flush: tokio::sync::Mutex<flush::Waiting>,
    /// Sessions with the same facts share them.
    facts: Shared<Facts>,
    /// And those whose subjects authenticated in the same way, the methods.
    amr: Shared<[Box<str>]>,
    sweep_lag_ms: AtomicU64,
    /// Milliseconds; shrinks with the strictest limit.
    touch_interval: AtomicU64,
    /// Held while a policy comes into force.
    policy_turn: tokio::sync::Mutex<()>,
    reindexing: Reindexing,
    strangers: Strangers,
    secret: Secret,
}

/// Room for so many sessions that become active between two flushes.
const DIRTY_QUEUE: usize = 65_536;

/// What the engine knows of the session behind a token.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It lives.
    Live(Snapshot),
    /// It is over.
    Ended {
        /// Its public id.
        handle: Handle,
        /// Since when.
        at: Instant,
        /// Why.
        reason: EndReason,
    },
    /// There is none, or its end is long forgotten.
    Unknown,
}

/// A live session at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Its public id.
    pub handle: Handle,
    /// Who signed in.
    pub subject: Arc<str>,
    /// Application, device and roles.
    pub facts: Arc<Facts>,
    /// How they authenticated, in the words of RFC 8176; empty when nobody told.
    pub amr: Arc<[Box<str>]>,
    /// The user's idle choice.
    pub choice: Option<Limit>,
    /// When they authenticated.
    pub authenticated: Instant,
    /// The last activity.
    pub seen: Instant,
    /// Phase and remaining times.
    pub status: Status,
    /// The limits that the remaining times follow from.
    pub limits: Limits,
    /// What happens while no tab is open.
    pub absent: Absent,
    /// How long before its end the session is in the warning.
    pub warn_before: Span,
    /// The instant of all this.
    pub now: Instant,
}

/// What came of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The answer to the event; `None` when there is no such session.
    pub answer: Option<Answer>,
    /// How the session stands afterwards.
    pub standing: Standing,
}

impl Engine {
    /// Opens the engine on a store.
    pub async fn open(
        store: Arc<dyn Store>,
        clock: Clock,
        source: impl Into<PolicySource>,
        options: Options,
    ) -> Result<Arc<Self>> {
        let node = store.nodes().map(|_| Node::new(&options.node_name, options.end_bound));
        let clock = match node.as_ref().zip(store.nodes()) {
            Some((node, nodes)) => beat::join(nodes, node, &clock).await?,
            None => clock,
        };
        let history = policy::resume(store.as_ref(), &source.into(), &options, clock.now()).await?;
        let secret = store.secret(&Secret::random()).await?;
        let now = clock.now();
        let strictest = policy::untold_at_most(history.today(), node.is_some());
        Ok(Arc::new(Self {
            store: Reads::of(store),
            completion: Completion::default(),
            doubts: Doubts::default(),
            clock,
            touch_interval: AtomicU64::new(options.touch_interval.min(strictest).as_millis()),
            in_force: InForce::new(history, now),
            live: LiveTable::default(),
            stripes: Stripes::default(),
            admissions: Stripes::default(),
            health: Health::new(options.store_grace),
            node,
            options,
            ends: Ends::default(),
            watchers: Watchers::default(),
            dirty: ArrayQueue::new(DIRTY_QUEUE),
            flush: tokio::sync::Mutex::default(),
            facts: Shared::default(),
            amr: Shared::default(),
            sweep_lag_ms: AtomicU64::new(0),
            policy_turn: tokio::sync::Mutex::default(),
            reindexing: Reindexing::default(),
            strangers: Strangers::default(),
            secret,
        }))
    }

    /// The engine's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The instant of now, with the policy in force that is by then. Whoever decides asks here first and loads the policies after.
    fn now(&self) -> Instant {
        let now = self.clock.now();
        self.note_policies_in_force(now);
        now
    }

    /// The store's secret, to derive keys from.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Whether this process lets sessions reach no deadline.
    #[must_use]
    pub fn is_for_development(&self) -> bool {
        self.options.development
    }

    /// Today's policy and its revision.
    #[must_use]
    pub fn policy(&self) -> (Revision, Arc<Policy>) {
        let history = self.in_force.load();
        (history.revision(), Arc::clone(history.today()))
    }

    /// Asks today's policy something, without keeping it.
    pub fn with_policy<T>(&self, ask: impl FnOnce(&Policy) -> T) -> T {
        ask(self.in_force.load().today())
    }

    /// The touch interval in force.
    #[must_use]
    pub fn touch_interval(&self) -> Span {
        Span::from_millis(self.touch_interval.load(Ordering::Relaxed))
    }
}
