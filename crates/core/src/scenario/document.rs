//! The scenario document, read strictly: an unknown word or key is an error.

use serde::Deserialize;
use serde_json::Value;

use crate::duration::Limit;
use crate::facts::Facts;
use crate::policy::{Policy, PolicyDocument, Violation};
use crate::session::EndReason;
use crate::table::table;
use crate::time::{Instant, Span};

/// A policy, a session and what happens to it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The policy at sign-in.
    pub policy: Policy,
    /// What the rules may ask for.
    pub facts: Facts,
    /// The user's choice at sign-in.
    pub choice: Option<Limit>,
    /// The events in order; the first is the sign-in.
    pub timeline: Vec<TimedEvent>,
}

/// An event and its instant, counted from the start of the scenario.
#[derive(Clone, Debug)]
pub struct TimedEvent {
    /// When.
    pub at: Instant,
    /// What.
    pub event: ScenarioEvent,
}

/// An event as the document writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ScenarioEvent {
    /// Starts the session.
    SignIn {
        /// Until when it may last, since the start of the timeline.
        not_after: Option<Span>,
    },
    /// A request to a page.
    Request {
        /// The path as the client sent it.
        path: String,
        /// Whether the request says of itself that it is passive.
        #[serde(default)]
        passive: bool,
        /// Whether somebody opens a page with it.
        #[serde(default)]
        navigation: bool,
    },
    /// Input in the browser.
    Input {
        /// How long ago it was.
        #[serde(default)]
        age: Span,
    },
    /// The person says: stay signed in.
    Extend {},
    /// Long work begins.
    Hold {
        /// Its id.
        id: String,
        /// How long it may take.
        r#for: Span,
    },
    /// Long work is over.
    Release {
        /// Its id.
        id: String,
    },
    /// A tab opens or moves.
    Tab {
        /// The tab.
        tab: String,
        /// The path as the client sent it.
        path: String,
    },
    /// A tab closes.
    TabClose {
        /// The tab.
        tab: String,
    },
    /// The user picks an idle limit.
    Choose {
        /// The limit.
        idle: Limit,
    },
    /// The policy changes.
    Policy {
        /// The next policy; refused where it is invalid.
        policy: Value,
    },
    /// Whoever authenticated the person says until when the session may last.
    Bound {
        /// Since the start of the timeline; `off` lifts the bound.
        not_after: Limit,
    },
    /// Somebody authenticates over the session.
    Reauthenticate {
        /// Who.
        #[serde(default)]
        subject: Subject,
        /// Until when the session may last from now on, since the start of the timeline.
        not_after: Option<Span>,
    },
    /// The person signs out.
    SignOut {},
    /// Somebody else ends the session.
    End {
        /// Why: `admin`, `upstream`, `account` or `superseded`.
        reason: EndReason,
    },
    /// Reports.
    Status {},
}

/// Who authenticates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The session's own subject.
    #[default]
    Same,
    /// Somebody else.
    Other,
}

/// Why a scenario has no trace.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The document is not a scenario.
    #[error("{0}")]
    Malformed(#[from] serde_json::Error),
    /// An entry of the timeline is not an event.
    #[error("timeline[{index}]: {problem}")]
    Event {
        /// Which entry, counted from zero.
        index: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The first policy is invalid.
    #[error("policy: {}", list(.0))]
    InvalidPolicy(Vec<Violation>),
}

fn list(violations: &[Violation]) -> String {
    violations
        .iter()
        .map(Violation::to_string)
        .collect::<Vec<_>>()
        .join(" | ")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "name")]
    _name: Option<String>,
    #[serde(rename = "why")]
    _why: Option<String>,
    #[serde(rename = "expect")]
    _expect: Option<Value>,
    #[serde(deserialize_with = "table")]
    policy: PolicyDocument,
    #[serde(default, deserialize_with = "table")]
    session: WrittenSession,
    timeline: Vec<Value>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenSession {
    application: Option<Box<str>>,
    device: Option<Box<str>>,
    roles: Vec<Box<str>>,
    choice: Option<Limit>,
}

impl Scenario {
    /// Reads a scenario.
    pub fn from_json(json: &Value) -> Result<Self, ScenarioError> {
        let Written {
            policy,
            session,
            timeline,
            ..
        } = table(json)?;
        let policy = Policy::new(policy).map_err(ScenarioError::InvalidPolicy)?;
        let timeline = timeline
            .into_iter()
            .enumerate()
            .map(|(index, entry)| timed_event(entry).map_err(|problem| ScenarioError::Event { index, problem }));
        let timeline = timeline.collect::<Result<Vec<_>, _>>()?;
        in_order(&timeline)?;
        let facts = Facts {
            application: session.application,
            device: session.device,
            roles: session.roles,
        };
        Ok(Self {
            policy,
            facts,
            choice: session.choice,
            timeline,
        })
    }
}

fn timed_event(mut entry: Value) -> Result<TimedEvent, String> {
    let fields = entry.as_object_mut().ok_or("an event is an object")?;
    let at = fields.remove("at").ok_or("the event has no `at`")?;
    let at = Span::deserialize(at).map_err(|error| format!("at: {error}"))?;
    let event = ScenarioEvent::deserialize(entry).map_err(|error| error.to_string())?;
    if let ScenarioEvent::End {
        reason: EndReason::Idle | EndReason::Absolute | EndReason::User | EndReason::Disconnected,
    } = event
    {
        return Err("an `end` has the reason admin, upstream, account or superseded".to_owned());
    }
    Ok(TimedEvent {
        at: Instant::default() + at,
        event,
    })
}

/// The sign-in comes first and once, and time does not run backwards.
fn in_order(timeline: &[TimedEvent]) -> Result<(), ScenarioError> {
    let mut last = Instant::default();
    for (index, TimedEvent { at, event }) in timeline.iter().enumerate() {
        let problem = |problem: &str| {
            Err(ScenarioError::Event {
                index,
                problem: problem.to_owned(),
            })
        };
        match (index, event) {
            (0, ScenarioEvent::SignIn { .. }) => {}
            (0, _) => return problem("the first event is the sign-in"),
            (_, ScenarioEvent::SignIn { .. }) => return problem("a session signs in once"),
            _ => {}
        }
        if *at < last {
            return problem("the event is earlier than the one before it");
        }
        last = *at;
    }
    Ok(())
}
