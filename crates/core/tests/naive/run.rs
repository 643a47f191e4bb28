//! A scenario from its first event to its last.

use super::duration::OFF;
use super::event::{Event, Timed, timeline};
use super::history::{
    Fact, Kind, absolute_deadline, authenticated, deadlines, ended, idle_deadline, idle_for, idle_limit, locked,
    longest_absence, open_tabs, seen, today, warning, warning_from,
};
use super::holds::bound;
use super::path::Segments;
use super::policy::{Outcome, Policy};
use super::session::Session;
use super::{Ms, object, resolve};
use serde_json::{Value, json};
use std::rc::Rc;

pub(crate) fn run(scenario: &Value) -> Result<Vec<Value>, String> {
    let keys = object(scenario, &["name", "why", "policy", "session", "timeline", "expect"])?;
    let get = |key: &str| keys.get(key).ok_or_else(|| format!("no {key}"));
    let policy = Rc::new(Policy::parse(get("policy")?)?);
    let session = Session::parse(get("session")?)?;
    let events = timeline(get("timeline")?)?;
    let mut run = Run {
        session,
        facts: Vec::new(),
        now: 0,
        trace: Vec::new(),
    };
    for Timed { at, name, event } in events {
        if let Event::SignIn { not_after } = event {
            run.now = at;
            run.happened(Fact::PolicySet(Rc::clone(&policy)));
            run.happened(Fact::Authenticated);
            run.happened(Fact::Bounded { not_after });
            run.tell(json!({ "event": name, "accepted": true }));
            run.meet_deadlines();
            run.announce(None);
            continue;
        }
        run.wait_until(at);
        let before = warning(&run.facts, &run.session, run.now);
        let entry = run.take(name, event);
        run.tell(entry);
        run.meet_deadlines();
        run.announce(before);
    }
    Ok(run.trace)
}

struct Run {
    session: Session,
    facts: Vec<(Ms, Fact)>,
    now: Ms,
    trace: Vec<Value>,
}

impl Run {
    fn happened(&mut self, fact: Fact) {
        self.facts.push((self.now, fact));
    }

    /// Adds an entry to the trace, dated now.
    fn tell(&mut self, mut entry: Value) {
        entry["at_ms"] = milliseconds(self.now);
        self.trace.push(entry);
    }

    /// Lets time pass, from one instant at which something may happen by itself to the next.
    fn wait_until(&mut self, end: Ms) {
        loop {
            let (facts, session) = (&self.facts, &self.session);
            let instants = deadlines(facts, session, self.now)
                .into_iter()
                .chain(warning_from(facts, session, self.now));
            let next = instants
                .map(|(at, _)| at)
                .filter(|at| *at > self.now && *at <= end)
                .min();
            let Some(next) = next else { break };
            self.now = next;
            let before = warning(&self.facts, &self.session, next - 1);
            self.meet_deadlines();
            self.announce(before);
        }
        self.now = end;
    }

    /// Ends or locks the session where a deadline is reached.
    fn meet_deadlines(&mut self) {
        while let Some((_, kind)) = self.reached() {
            match (kind, idle_deadline(&self.facts, &self.session, self.now)) {
                (Kind::Idle, Some((_, outcome))) => self.go_idle(outcome),
                (Kind::Absolute, _) => {
                    let reason = absolute_deadline(&self.facts, &self.session).map(|(_, reason)| reason);
                    self.end(reason.expect("the deadline that was reached"));
                }
                _ => self.end("disconnected"),
            }
        }
    }

    fn reached(&self) -> Option<(Ms, Kind)> {
        deadlines(&self.facts, &self.session, self.now)
            .into_iter()
            .next()
            .filter(|(at, _)| self.now >= *at)
    }

    fn go_idle(&mut self, outcome: Outcome) {
        if outcome == Outcome::SignOut {
            return self.end("idle");
        }
        self.happened(Fact::Locked);
        self.tell(json!({ "event": "locked" }));
    }

    fn end(&mut self, reason: &str) {
        self.happened(Fact::Ended {
            reason: reason.to_owned(),
        });
        self.tell(json!({ "event": "ended", "reason": reason }));
    }

    /// Tells of a warning that was not there before.
    fn announce(&mut self, before: Option<Kind>) {
        let after = warning(&self.facts, &self.session, self.now);
        if let Some(kind) = after.filter(|_| after != before) {
            self.tell(json!({ "event": "warning", "kind": if kind == Kind::Idle { "idle" } else { "absolute" } }));
        }
    }

    /// Takes one event and gives its entry.
    fn take(&mut self, name: String, event: Event) -> Value {
        let mut entry = match event {
            Event::Status => self.status(),
            Event::Request {
                path,
                passive,
                navigation,
            } => self.request(path, passive, navigation),
            event => json!({ "accepted": self.accepts(event) }),
        };
        entry["event"] = Value::String(name);
        entry
    }

    fn accepts(&mut self, event: Event) -> bool {
        let gone = ended(&self.facts).is_some();
        let active = !gone && !locked(&self.facts);
        match event {
            Event::SignIn { .. } | Event::Status | Event::Request { .. } => {
                unreachable!("these have entries of their own")
            }
            Event::Policy { policy } => policy.map(|policy| self.happened(Fact::PolicySet(policy))).is_some(),
            _ if gone => false,
            Event::Tab { tab, path } => self.effect(Fact::TabOpened { tab, path }),
            Event::TabClose { tab } => {
                open_tabs(&self.facts).contains_key(tab.as_str()) && self.effect(Fact::TabClosed { tab })
            }
            Event::Bound { not_after } => self.effect(Fact::Bounded {
                not_after: (not_after != OFF).then_some(not_after),
            }),
            Event::Reauthenticate { other: true, .. } => self.ends("superseded"),
            Event::Reauthenticate {
                other: false,
                not_after,
            } => {
                self.happened(Fact::Authenticated);
                self.effect(Fact::Bounded { not_after })
            }
            Event::SignOut => self.ends("user"),
            Event::End { reason } => self.ends(&reason),
            _ if !active => false,
            Event::Extend => self.effect(Fact::Activity { at: self.now }),
            Event::Input { age } => {
                let at = seen(&self.facts).max(self.now - age);
                today(&self.facts).counts_input && self.effect(Fact::Activity { at })
            }
            Event::Hold { id, length } => {
                let requested_end = self.now + length;
                requested_end.min(bound(&self.facts)) > self.now && self.effect(Fact::HoldStarted { id, requested_end })
            }
            Event::Release { id } => {
                let known = |fact: &Fact| matches!(fact, Fact::HoldStarted { id: other, .. } if *other == id);
                self.facts.iter().any(|(_, fact)| known(fact)) && self.effect(Fact::Released { id })
            }
            Event::Choose { idle } => today(&self.facts).offers.contains(&idle) && self.effect(Fact::Chosen { idle }),
        }
    }

    fn effect(&mut self, fact: Fact) -> bool {
        self.happened(fact);
        true
    }

    fn ends(&mut self, reason: &str) -> bool {
        self.end(reason);
        true
    }

    fn request(&mut self, path: Segments, passive: bool, navigation: bool) -> Value {
        if ended(&self.facts).is_none() && !locked(&self.facts) {
            let (limit, outcome) = idle_limit(&self.facts, &self.session, Some(&path));
            if limit != OFF && idle_for(&self.facts, self.now) >= limit {
                self.go_idle(outcome);
            }
        }
        if let Some(reason) = ended(&self.facts) {
            return json!({ "verdict": "ended", "reason": reason });
        }
        if locked(&self.facts) {
            return json!({ "verdict": "locked" });
        }
        let policy = today(&self.facts);
        let (max_away, max_age) = resolve::gates(policy, &self.session, &path);
        if max_away.is_some_and(|limit| longest_absence(&self.facts, self.now) >= limit) {
            return json!({ "verdict": "step-up", "reason": "away" });
        }
        if max_age.is_some_and(|limit| self.now - authenticated(&self.facts) >= limit) {
            return json!({ "verdict": "step-up", "reason": "age" });
        }
        let passive = passive
            || policy
                .passive
                .iter()
                .any(|entry| entry.holds(&self.session, Some(&path)));
        if !passive && (policy.counts_requests || policy.counts_navigation && navigation) {
            self.happened(Fact::Activity { at: self.now });
            self.happened(Fact::Visited { path });
        }
        json!({ "verdict": "allow" })
    }

    fn status(&self) -> Value {
        if let Some(reason) = ended(&self.facts) {
            return json!({ "phase": "ended", "reason": reason });
        }
        let remaining = |deadline: Option<Ms>| deadline.map_or(Value::Null, |at| milliseconds(at - self.now));
        let absolute = remaining(absolute_deadline(&self.facts, &self.session).map(|(at, _)| at));
        if locked(&self.facts) {
            return json!({ "phase": "locked", "idle_remaining_ms": null, "absolute_remaining_ms": absolute });
        }
        let phase = if warning(&self.facts, &self.session, self.now).is_some() {
            "warning"
        } else {
            "active"
        };
        let idle = remaining(idle_deadline(&self.facts, &self.session, self.now).map(|(at, _)| at));
        json!({ "phase": phase, "idle_remaining_ms": idle, "absolute_remaining_ms": absolute })
    }
}

fn milliseconds(value: Ms) -> Value {
    json!(i64::try_from(value).expect("a scenario stays within the range of its durations"))
}
