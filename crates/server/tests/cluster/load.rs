//! People who come, stay and go, on all nodes at once.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{Clients, Session, refused};
use crate::history::{Asked, Got, History, Kind};
use crate::servers::NODES;

/// Who the crowd is: each may have only so many sessions.
pub(crate) const CROWD: usize = 2;
pub(crate) const MAX_SESSIONS: usize = 3;
pub(crate) const WRITERS: usize = 2;

const WALKERS: u64 = 10;
const STAYERS: u64 = 4;
/// They act just often enough, mostly on another node than the last time.
const SPARSE: u64 = 6;
/// So long before the limit. What a node has acknowledged then has to be told the store at once, or another node ends the session.
const SPARSELY: Duration = Duration::from_millis(350);

/// The load, until it is told to stop.
pub(crate) struct Load {
    tasks: JoinSet<()>,
    over: Arc<AtomicBool>,
    sessions: Arc<Mutex<Vec<Session>>>,
}

/// One of those who ask.
struct Asking {
    clients: Clients,
    history: History,
    chance: Chance,
    idle: Duration,
    next: Arc<AtomicU32>,
    over: Arc<AtomicBool>,
    sessions: Arc<Mutex<Vec<Session>>>,
    /// When it acts next: people take their time.
    pace: tokio::time::Interval,
}

/// The policy that the load goes with.
pub(crate) fn policy(idle: Duration) -> Value {
    json!({
        "idle": format!("{}ms", idle.as_millis()), "warn_before": "0s", "absolute": "1h", "on_max_sessions": "end-oldest",
        "applications": {
            "crowd": { "max_sessions": MAX_SESSIONS, "idle": "1h" },
            "brief": { "absolute": format!("{}ms", brief(idle).as_millis()) },
        },
    })
}

/// The same in a file that owns the policy, with the number of its writer.
pub(crate) fn policy_file(idle: Duration, number: u32) -> String {
    format!(
        "[policy]\nidle = \"{}ms\"\nwarn_before = \"0s\"\nabsolute = \"1h\"\non_max_sessions = \"end-oldest\"\n\
         [policy.applications.crowd]\nmax_sessions = {MAX_SESSIONS}\nidle = \"1h\"\n\
         [policy.applications.brief]\nabsolute = \"{}ms\"\n\
         [policy.applications.writer-0]\nidle = \"{number}h\"\n",
        idle.as_millis(),
        brief(idle).as_millis()
    )
}

/// How long a brief session lasts.
pub(crate) fn brief(idle: Duration) -> Duration {
    idle / 2
}

impl Load {
    /// `writers` change the policy again and again.
    pub(crate) fn begin(clients: &Clients, history: &History, idle: Duration, writers: usize) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let next = Arc::new(AtomicU32::new(0));
        let sessions = Arc::<Mutex<Vec<Session>>>::default();
        let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
        let mut asking = |every: Duration| {
            seed = seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            let mut pace = tokio::time::interval(every);
            pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            Asking {
                clients: clients.clone(),
                history: history.clone(),
                chance: Chance(seed | 1),
                idle,
                next: Arc::clone(&next),
                over: Arc::clone(&over),
                sessions: Arc::clone(&sessions),
                pace,
            }
        };
        let mut tasks = JoinSet::new();
        for _ in 0..WALKERS {
            tasks.spawn(asking(Duration::from_millis(60)).walk());
        }
        for _ in 0..STAYERS {
            tasks.spawn(asking(Duration::from_millis(250)).stay());
        }
        for _ in 0..SPARSE {
            tasks.spawn(asking(idle.saturating_sub(SPARSELY)).stay());
        }
        for person in 0..CROWD {
            for _ in 0..2 {
                tasks.spawn(asking(Duration::from_millis(150)).crowd(person));
            }
        }
        for writer in 0..writers {
            tasks.spawn(asking(Duration::from_millis(300)).write(writer));
        }
        Self { tasks, over, sessions }
    }

    /// Lets everybody finish what they are at; answers all sessions that there were.
    pub(crate) async fn end(self) -> Vec<Session> {
        self.over.store(true, Ordering::Relaxed);
        self.tasks.join_all().await;
        std::mem::take(&mut self.sessions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Asking {
    /// Signs in, is active here and there, and signs out or goes away; and looks whether that is so.
    async fn walk(mut self) {
        while !self.is_over() {
            let kind = if self.chance.below(4) == 0 {
                Kind::Brief
            } else {
                Kind::Plain
            };
            let Some(session) = self.sign_in("walker", kind).await else {
                continue;
            };
            for _ in 0..self.chance.below(40) {
                if self.is_over() {
                    return;
                }
                match self.chance.below(4) {
                    0 => self.look(&session).await,
                    _ => self.touch(&session).await,
                };
            }
            let after = if self.chance.below(3) > 0 {
                self.end(&session).await;
                Duration::from_secs(2)
            } else {
                self.idle + Duration::from_secs(1)
            };
            self.watch(&session, after).await;
        }
    }

    /// Looks again and again for so long. Whoever is not answered does not wait: what a node says that was stopped meanwhile is what it
    /// was asked all the time.
    async fn watch(&mut self, session: &Session, time: Duration) {
        let until = self.history.now() + time;
        let mut looks = JoinSet::new();
        while self.history.now() < until && !self.is_over() {
            self.pace.tick().await;
            let (node, asked) = (self.node(), Asked::Look(session.number));
            let (history, clients, session) = (self.history.clone(), self.clients.clone(), session.clone());
            looks.spawn(async move { history.note(node, asked, clients.look(node, &session)).await });
        }
        looks.join_all().await;
    }

    /// Signs in once and stays.
    async fn stay(mut self) {
        while !self.is_over() {
            let Some(session) = self.sign_in("stayer", Kind::Plain).await else {
                continue;
            };
            while !self.is_over() && !matches!(self.touch(&session).await, Got::Over { .. }) {}
        }
    }

    /// Signs in again and again, beside others who do the same for the same person.
    async fn crowd(mut self, person: usize) {
        while !self.is_over() {
            let Some(session) = self.sign_in(&format!("crowd-{person}"), Kind::Crowded).await else {
                continue;
            };
            for _ in 0..self.chance.below(4) {
                self.look(&session).await;
            }
            if self.chance.below(3) == 0 {
                self.end(&session).await;
            }
        }
    }

    /// Changes the policy again and again, beside others who do.
    async fn write(mut self, writer: usize) {
        for number in 1.. {
            if self.is_over() {
                return;
            }
            self.pace.tick().await;
            let node = self.node();
            // What is changed is an application that nobody has sessions of.
            let change = json!({ "applications": { format!("writer-{writer}"): { "idle": format!("{number}h") } } });
            let clients = self.clients.clone();
            let answer = async {
                match clients.manage(node, Method::PATCH, "policy", &change).await {
                    Some((200, _)) => Got::Yes,
                    other => refused(other.as_ref()),
                }
            };
            self.history.note(node, Asked::Policy { writer, number }, answer).await;
        }
    }

    async fn sign_in(&mut self, subject: &str, kind: Kind) -> Option<Session> {
        self.pace.tick().await;
        let node = self.node();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        // Everybody but the crowd is somebody else each time.
        let body = match kind {
            Kind::Plain => json!({ "subject": format!("{subject}-{number}") }),
            Kind::Brief => json!({ "subject": format!("{subject}-{number}"), "application": "brief" }),
            Kind::Crowded => json!({ "subject": subject, "application": "crowd" }),
        };
        let clients = self.clients.clone();
        let mut session = None;
        let answer = async {
            match clients.manage(node, Method::POST, "sessions", &body).await {
                Some((201, made)) => {
                    let text = |key: &str| made[key].as_str().expect(key).to_owned();
                    let handle = text("handle");
                    session = Some(Session {
                        number,
                        token: text("token"),
                        handle: handle.clone(),
                    });
                    Got::Created { handle }
                }
                other => refused(other.as_ref()),
            }
        };
        let asked = Asked::Create { session: number, kind };
        self.history.note(node, asked, answer).await;
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.extend(session.clone());
        session
    }

    async fn look(&mut self, session: &Session) -> Got {
        self.pace.tick().await;
        let node = self.node();
        let asked = Asked::Look(session.number);
        self.history.note(node, asked, self.clients.look(node, session)).await
    }

    async fn touch(&mut self, session: &Session) -> Got {
        self.pace.tick().await;
        let node = self.node();
        let asked = Asked::Use(session.number);
        if self.chance.below(2) == 0 {
            self.history.note(node, asked, self.clients.touch(node, session)).await
        } else {
            self.history.note(node, asked, self.clients.pass(node, session)).await
        }
    }

    async fn end(&mut self, session: &Session) -> Got {
        self.pace.tick().await;
        let node = self.node();
        let asked = Asked::End(session.number);
        if self.chance.below(2) == 0 {
            self.history.note(node, asked, self.clients.end(node, session)).await
        } else {
            self.history
                .note(node, asked, self.clients.sign_out(node, session))
                .await
        }
    }

    fn node(&mut self) -> usize {
        usize::try_from(self.chance.below(NODES as u64)).unwrap_or_default()
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// Numbers without a pattern; which ones does not matter.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 8) % most
    }
}
