//! A cluster under load to which something is done again and again, and what is found afterwards.

use std::time::Duration;

use axum::http::Method;

use crate::checker::{Promises, Property, Stored, Violation, violations};
use crate::client::Clients;
use crate::history::{Asked, Exchange, Got, History};
use crate::load::{self, Load, MAX_SESSIONS, WRITERS};
use crate::servers::{Cluster, NODES, pass};
use crate::settling::{self, Watch};

/// What is done, and what that may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    /// Whether activity of the last moments may be lost.
    pub(crate) loses_activity: bool,
    /// Whether it can be done once.
    pub(crate) once: bool,
    /// Whether files own the policy, and nobody else changes it.
    pub(crate) policy_files: bool,
}

/// How long a test goes on where nobody says otherwise.
const SECONDS: u64 = 8;
/// The load goes on so long without a fault before and after each.
const QUIET: Duration = Duration::from_millis(1500);
/// A node that has not recovered by then never does.
const RECOVERS_WITHIN: Duration = Duration::from_secs(30);

#[expect(clippy::disallowed_methods, reason = "how long it takes is up to whoever starts it")]
fn seconds() -> u64 {
    let given = std::env::var("NIGHTLATCH_FAULT_SECONDS").ok();
    given.and_then(|given| given.parse().ok()).unwrap_or(SECONDS)
}

/// Whether somebody wants to know more than whether all is well.
pub(crate) fn is_long() -> bool {
    seconds() > 20
}

/// The time that a test has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    whole: Duration,
    /// How long a fault lasts.
    pub(crate) lasts: Duration,
    /// How long a session lasts without activity.
    pub(crate) idle: Duration,
}

impl Time {
    fn given() -> Self {
        let whole = Duration::from_secs(seconds());
        Self {
            whole,
            lasts: Duration::from_secs(5).min(whole / 3),
            idle: Duration::from_secs(if is_long() { 8 } else { 4 }),
        }
    }
}

/// How long an activity stays untold where nodes share a store and nobody is warned. No policy of the load shortens it.
fn told_within(idle: Duration) -> Duration {
    idle / 8
}

/// `act` does what is to be done, and mends it. What the store says in the end is answered, and is as it has to be.
pub(crate) async fn run(fault: Fault, mut act: impl AsyncFnMut(&mut Cluster, Time)) -> Stored {
    let time = Time::given();
    let Time { whole, lasts, idle } = time;
    let policy = if fault.policy_files {
        load::policy_file(idle, 1)
    } else {
        "policy = \"server\"\n".to_owned()
    };
    let mut cluster = Cluster::start(&policy, told_within(idle)).await;
    let clients = Clients::new(cluster.places(), &cluster.key);
    if !fault.policy_files {
        let put = clients.manage(0, Method::PUT, "policy", &load::policy(idle)).await;
        assert!(matches!(put, Some((200, _))), "{put:?}");
    }

    let servers = [&cluster.primary, &cluster.standby].into_iter().flatten();
    let watch = Watch::of(servers.map(|server| server.url("postgres")).collect());
    let history = History::begin();
    let load = Load::begin(&clients, &history, idle, if fault.policy_files { 0 } else { WRITERS });
    pass(QUIET).await;
    let mut worst = Duration::ZERO;
    loop {
        act(&mut cluster, time).await;
        worst = worst.max(recovery(&history, &cluster).await);
        pass(QUIET).await;
        if fault.once || history.now() + lasts + QUIET > whole {
            break;
        }
    }
    pass(whole.saturating_sub(history.now())).await;
    let sessions = load.end().await;
    // Without load no node can be seen to recover.
    let mut stored = settling::stored(cluster.writable());
    stored.differences = settling::differences(&clients, cluster.writable(), &sessions).await;
    stored.most_sessions = watch.most();
    let promises = Promises {
        end_bound: Duration::from_secs(1),
        idle,
        brief: load::brief(idle),
        // What was told last may not have reached the standby.
        loses_activity: if fault.loses_activity {
            told_within(idle) + Duration::from_secs(1)
        } else {
            Duration::ZERO
        },
        max_sessions: MAX_SESSIONS,
    };
    let exchanges = history.exchanges();
    let found = violations(&exchanges, &stored, &promises);
    #[expect(clippy::print_stdout, reason = "`cargo xtask real-faults` shows it")]
    {
        println!("{}", row(fault.name, &exchanges, &found, worst));
    }
    let logs = || {
        cluster
            .nodes
            .iter()
            .map(|node| tail(&node.log()))
            .collect::<Vec<_>>()
            .join("\n---\n")
    };
    assert!(found.is_empty(), "{}\n{}", listed(&found), logs());
    let acknowledged = count(&exchanges, |exchange| matches!(exchange.got, Got::Ended { .. }));
    assert!(acknowledged > 0, "the load was too light to show anything");
    stored
}

/// How long it takes until every node lets somebody in again.
async fn recovery(history: &History, cluster: &Cluster) -> Duration {
    let over = history.now();
    let mut recovered = [None; NODES];
    while recovered.contains(&None) {
        pass(Duration::from_millis(10)).await;
        recovered = std::array::from_fn(|node| history.lets_in(node, over));
        if history.now() > over + RECOVERS_WITHIN {
            let logs: Vec<String> = cluster.nodes.iter().map(|node| tail(&node.log())).collect();
            panic!("a node does not recover: {recovered:?}\n{}", logs.join("\n---\n"));
        }
    }
    recovered
        .into_iter()
        .flatten()
        .max()
        .unwrap_or(over)
        .saturating_sub(over)
}

/// Fault, requests, ends, 503s, and what is not to be.
fn row(name: &str, exchanges: &[Exchange], found: &[Violation], worst: Duration) -> String {
    let of = |property| found.iter().filter(|violation| violation.property == property).count();
    format!(
        "| {name:48} | {:>8} | {:>6} | {:>6} | {:>6} | {:>8} | {:>4} | {:>6} | {:>6.1} s |",
        exchanges.len(),
        count(exchanges, |exchange| matches!(exchange.asked, Asked::End(_))
            && matches!(exchange.got, Got::Ended { .. })),
        count(exchanges, |exchange| exchange.got == Got::Unavailable),
        count(exchanges, |exchange| exchange.got == Got::Lost),
        of(Property::EndsInTime),
        of(Property::NothingLost),
        found.len() - of(Property::EndsInTime) - of(Property::NothingLost),
        worst.as_secs_f64()
    )
}

fn count(exchanges: &[Exchange], is: impl Fn(&Exchange) -> bool) -> usize {
    exchanges.iter().filter(|exchange| is(exchange)).count()
}

fn listed(found: &[Violation]) -> String {
    let lines: Vec<String> = found.iter().take(20).map(ToString::to_string).collect();
    format!("{} violations:\n{}", found.len(), lines.join("\n"))
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(25)..].join("\n")
}
