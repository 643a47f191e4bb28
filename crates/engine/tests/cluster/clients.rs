//! What clients ask of the nodes, each in a task of its own.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::path::Path;
use nightlatch_core::session::{Answer, Attended, EndReason, Event, Phase, RequestKind, Verdict};
use nightlatch_core::time::Span;
use nightlatch_engine::{Authentication, Engine, NewSession, Outcome, PolicyChange, Standing};
use nightlatch_store::{Result, Selector};
use tokio::task::JoinSet;

use super::faulty::pass;
use super::history::{History, lock};
use super::known::{Call, Kind, Wish};
use super::oracle::{Answered, END_BOUND, Meant};
use super::policies::{CHOICES, GATED, IDLE, MAX_AWAY, Moment, POLICIES};
use super::world::{NODES, Session, World, policy};

/// Who signs in.
const PEOPLE: usize = 5;
/// Who does so again and again, where each may have only so many sessions.
pub(crate) const CROWD: usize = 2;
/// Whoever comes back at the last moment comes so long before it at most.
const LAST_MOMENTS: Moment = 2_500;
/// So often comes who is never away.
const OFTEN: Moment = 1_200;
const TAB: &str = "tab";
const HOLD: &str = "hold";

/// A request, so many milliseconds after the one before, to a page, at a node.
struct Visit {
    after: Moment,
    page: &'static str,
    at: (usize, Arc<Engine>),
}

impl World {
    /// What people do most.
    pub(crate) fn visit(&mut self) {
        if let Some(session) = self.session() {
            self.visit_by(session);
        }
    }

    pub(crate) fn visit_by(&mut self, session: Session) {
        let (node, engine) = self.engine();
        let kind = self.random.u8(0..10);
        let page = ["/", "/a", GATED][self.random.usize(0..3)];
        let (mut call, history) = (self.call(node, session.number), Arc::clone(&self.history));
        lock(&history).oracle.is_asked(call);
        self.clients.spawn(async move {
            let answered = match kind {
                0 => of_outcome(engine.apply(&session.digest, &Event::Extend).await),
                1 => of_status(engine.status(&session.digest).await),
                _ => ask_for(page, &engine, session).await,
            };
            let mut history = lock(&history);
            call.answered = history.now();
            history.judge(call, answered);
            None
        });
    }

    /// Somebody is active, rests, and comes back just before the session would idle out.
    pub(crate) fn rest(&mut self) {
        let rests = IDLE - self.random.u64(0..LAST_MOMENTS);
        let visits = [0, rests].map(|after| Visit {
            after,
            page: "/",
            at: self.engine(),
        });
        self.visit_alone(visits.into());
    }

    /// Somebody has been away from one node, and not away: another one has seen them all the time.
    pub(crate) fn commute(&mut self) {
        let (here, there) = (self.engine(), self.engine());
        let visit = |after, page, at: &(usize, Arc<Engine>)| Visit {
            after,
            page,
            at: at.clone(),
        };
        let mut visits = vec![visit(0, "/", &here)];
        visits.extend((0..MAX_AWAY / OFTEN).map(|_| visit(OFTEN, "/", &there)));
        visits.push(visit(OFTEN, GATED, &here));
        self.visit_alone(visits);
    }

    /// One visit after the other. Nobody else meddles with the session meanwhile.
    fn visit_alone(&mut self, visits: Vec<Visit>) {
        let Some(session) = self.session() else { return };
        self.sessions.retain(|other| other.handle != session.handle);
        let history = Arc::clone(&self.history);
        self.clients.spawn(async move {
            for Visit {
                after,
                page,
                at: (node, engine),
            } in visits
            {
                pass(Duration::from_millis(after)).await;
                let mut call = call(&history, node, session.number);
                lock(&history).oracle.is_asked(call);
                let answered = ask_for(page, &engine, session).await;
                let mut history = lock(&history);
                call.answered = history.now();
                history.judge(call, answered);
            }
            Some(session)
        });
    }

    pub(crate) fn sign_in(&mut self) {
        let (node, engine) = self.engine();
        let number = self.next_number();
        let (kind, subject) = match self.random.u8(0..4) {
            0 => (Kind::Locking, format!("p{}", number % PEOPLE)),
            1 => (Kind::Crowded, crowded(number % CROWD)),
            _ => (Kind::Plain, format!("p{}", number % PEOPLE)),
        };
        let (mut call, history) = (self.call(node, number), Arc::clone(&self.history));
        self.clients.spawn(async move {
            let new = NewSession {
                subject: subject.into(),
                facts: Facts {
                    application: Some(kind.application().into()),
                    ..Facts::default()
                },
                actor: "test".into(),
                ..NewSession::default()
            };
            let signed_in = engine.create(new).await.ok()?.signed_in()?;
            let mut history = lock(&history);
            call.answered = history.now();
            history.tell(format_args!("node {node} signs in s{number}, {kind:?}"));
            history.oracle.signed_in(call, kind, signed_in.handle);
            Some(Session {
                number,
                kind,
                digest: signed_in.token.digest(),
                handle: signed_in.handle,
            })
        });
    }

    /// The same person authenticates again: the session goes on under another token. Some nodes have just forgotten it and are
    /// reading it back.
    pub(crate) fn renew(&mut self) {
        let Some(session) = self.session() else { return };
        self.evict_everything();
        for _ in 0..NODES {
            self.visit_by(session);
        }
        let (node, engine) = self.engine();
        let number = self.next_number();
        let (mut call, looks) = (self.call(node, number), self.looks());
        let kind = session.kind;
        let mut began = lock(&looks.history);
        began.tell(format_args!(
            "node {node} is asked to sign s{} in again",
            session.number
        ));
        began.oracle.rename_is_asked_for(session.number, call.asked);
        drop(began);
        self.clients.spawn(async move {
            let renewed = engine
                .reauthenticate(&session.digest, Authentication::default(), "test")
                .await;
            let signed_in = renewed.ok()?.signed_in()?;
            {
                let mut history = lock(&looks.history);
                call.answered = history.now();
                history.tell(format_args!(
                    "node {node} has signed s{} in again as s{number}",
                    session.number
                ));
                history.oracle.is_renamed(session.number, call, kind, session.handle);
            }
            looks.once_it_acts(session).await;
            Some(Session {
                number,
                kind,
                digest: signed_in.token.digest(),
                handle: session.handle,
            })
        });
    }

    pub(crate) fn end(&mut self) {
        let Some(session) = self.session() else { return };
        let at = self.engine();
        self.end_at(at, session);
    }

    pub(crate) fn end_at(&mut self, (node, engine): (usize, Arc<Engine>), session: Session) {
        let by_handle = self.random.bool();
        // An end by the handle means the session whatever its token.
        let meant = if by_handle {
            Meant::Handle(session.handle)
        } else {
            Meant::Token(session.number)
        };
        let number = session.number;
        let looks = self.looks();
        let mut began = lock(&looks.history);
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
            {
                let mut history = lock(&looks.history);
                let now = history.now();
                history.tell(format_args!("node {node} has ended s{number}: {acknowledged}"));
                if acknowledged {
                    history.oracle.end_is_acknowledged(node, meant, asked, now);
                }
            }
            if acknowledged {
                looks.once_it_acts(session).await;
            }
            None
        });
    }

    /// A tab opens or closes, long work begins or is over, or another idle limit is chosen.
    pub(crate) fn wish(&mut self) {
        let Some(session) = self.session() else { return };
        let (node, engine) = self.engine();
        let wish = match self.random.u8(0..8) {
            0 => Wish::Choose(CHOICES[self.random.usize(0..CHOICES.len())]),
            1 | 2 => Wish::Hold(self.random.u64(2_000..20_000)),
            3 => Wish::Release,
            4 | 5 => Wish::CloseTab,
            _ => Wish::OpenTab,
        };
        let event = event_of(wish, &engine);
        let (mut call, history) = (self.call(node, session.number), Arc::clone(&self.history));
        let number = session.number;
        let mut began = lock(&history);
        began.tell(format_args!("node {node} is asked for {wish:?} of s{number}"));
        let wished = began.oracle.is_wished(number, wish, call.asked);
        drop(began);
        self.clients.spawn(async move {
            let outcome = engine.apply(&session.digest, &event).await;
            let accepted = matches!(&outcome, Ok(outcome) if outcome.answer == Some(Answer::Accepted));
            let mut history = lock(&history);
            call.answered = history.now();
            history.tell(format_args!("node {node} has done {wish:?} of s{number}: {accepted}"));
            history.oracle.wish_is_answered(call, wished, accepted);
            if let Some(outcome) = outcome.ok().filter(|_| !accepted) {
                history.judge(call, of_standing(&outcome.standing));
            }
            None
        });
    }

    pub(crate) fn change_policy(&mut self) {
        let (node, engine) = self.engine();
        let to = self.random.usize(0..POLICIES.len());
        let Looks { engines, history } = self.looks();
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
            {
                let mut history = lock(&history);
                let now = history.now();
                history.tell(format_args!("node {node} has put policy {to} in force: {acknowledged}"));
                history.oracle.policies.is_answered(change, acknowledged, now);
            }
            // Each ends what is due, whether or not it has heard of the policy.
            let sweeps: JoinSet<()> = engines
                .into_iter()
                .map(|(_, engine)| async move { drop(engine.sweep().await) })
                .collect();
            sweeps.join_all().await;
            None
        });
    }

    /// The event stream of an open page: it asks at once, and whenever it is told to.
    pub(crate) fn open_stream(&mut self) {
        let Some(session) = self.session() else { return };
        let (node, engine) = self.engine();
        let history = Arc::clone(&self.history);
        let mut opened = lock(&history);
        let now = opened.now();
        if opened.streams.contains_key(&(node, session.number)) {
            return;
        }
        opened.streams.insert((node, session.number), now);
        drop(opened);
        self.streams.spawn(async move {
            let mut watcher = engine.watch(session.handle);
            loop {
                match engine.status(&session.digest).await {
                    Ok(Standing::Live(_)) => watcher.changed().await,
                    Ok(Standing::Ended { .. } | Standing::Unknown) => break,
                    Err(_) => pass(STREAM_RETRIES).await,
                }
            }
            lock(&history).stream_is_told(node, session.number);
        });
    }

    fn looks(&self) -> Looks {
        Looks {
            engines: self
                .nodes
                .iter()
                .map(|node| (node.number, Arc::clone(&node.engine)))
                .collect(),
            history: Arc::clone(&self.history),
        }
    }

    fn call(&self, node: usize, session: usize) -> Call {
        call(&self.history, node, session)
    }
}

async fn ask_for(page: &str, engine: &Arc<Engine>, session: Session) -> Answered {
    let path = Path::canonical(page);
    match of_outcome(engine.request(&session.digest, &path, RequestKind::Fetch).await) {
        Answered::Allowed if page == GATED => Answered::AllowedBehindTheGate,
        other => other,
    }
}

/// One that is made now.
fn call(history: &Mutex<History>, node: usize, session: usize) -> Call {
    let asked = lock(history).now();
    Call {
        node,
        session,
        asked,
        answered: asked,
    }
}

/// A stream that was not answered asks again after so long.
const STREAM_RETRIES: Duration = Duration::from_millis(200);

/// Somebody who looks at every node whether what was acknowledged acts there.
struct Looks {
    engines: Vec<(usize, Arc<Engine>)>,
    history: Arc<Mutex<History>>,
}

impl Looks {
    async fn once_it_acts(&self, session: Session) {
        pass(Duration::from_millis(END_BOUND)).await;
        for (node, engine) in &self.engines {
            let mut call = call(&self.history, *node, session.number);
            let answered = of_status(engine.status(&session.digest).await);
            let mut history = lock(&self.history);
            call.answered = history.now();
            history.judge(call, answered);
        }
    }
}

impl Kind {
    pub(crate) fn application(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Locking => "locking",
            Self::Crowded => "crowded",
        }
    }
}

/// The name of one of the crowd.
pub(crate) fn crowded(person: usize) -> String {
    format!("crowded{person}")
}

fn event_of(wish: Wish, engine: &Engine) -> Event {
    match wish {
        Wish::Hold(span) => Event::Hold {
            id: HOLD.into(),
            span: of_millis(span),
        },
        Wish::Release => Event::Release { id: HOLD.into() },
        Wish::Choose(idle) => Event::Choose {
            idle: Limit::after(of_millis(idle)),
        },
        Wish::OpenTab => Event::Tab {
            tab: TAB.into(),
            path: Path::canonical("/a").into_owned(),
            attended: engine.node().map(Attended::Serving),
        },
        Wish::CloseTab => Event::TabClose {
            tab: TAB.into(),
            by: None,
        },
    }
}

fn of_millis(span: Moment) -> Span {
    Span::from_millis(span)
}

fn of_outcome(outcome: Result<Outcome>) -> Answered {
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

fn of_status(standing: Result<Standing>) -> Answered {
    standing.map_or(Answered::Nothing, |standing| of_standing(&standing))
}

fn of_standing(standing: &Standing) -> Answered {
    match standing {
        Standing::Ended { reason, .. } => Answered::Ended(*reason),
        Standing::Unknown => Answered::Unknown,
        Standing::Live(live) if live.status.phase == Phase::Locked => Answered::Locked,
        Standing::Live(_) => Answered::GoesOn,
    }
}
