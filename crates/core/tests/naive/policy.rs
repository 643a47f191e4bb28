//! The policy document: what it may say, and what it says.

use super::duration::{OFF, duration, limit, positive};
use super::path::{self, Segments};
use super::preset;
use super::session::Session;
use super::{Ms, list, object, text};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    SignOut,
    Lock,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    Count,
    Pause,
    EndAfter(Ms),
}

#[derive(Debug, Default)]
pub(crate) struct Match {
    pub(crate) application: Option<Vec<String>>,
    pub(crate) device: Option<Vec<String>>,
    pub(crate) role: Option<Vec<String>>,
    pub(crate) path: Option<Vec<Vec<String>>>,
}

#[derive(Debug, Default)]
pub(crate) struct Application {
    pub(crate) idle: Option<Ms>,
    pub(crate) absolute: Option<Ms>,
    pub(crate) on_idle: Option<Outcome>,
    pub(crate) max_sessions: Option<Ms>,
    pub(crate) deviation: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) applies: Match,
    pub(crate) idle: Option<Ms>,
    pub(crate) on_idle: Option<Outcome>,
    pub(crate) absolute: Option<Ms>,
    pub(crate) max_sessions: Option<Ms>,
    pub(crate) lengthens: bool,
    pub(crate) deviation: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) applies: Match,
    pub(crate) max_away: Option<Ms>,
    pub(crate) max_age: Option<Ms>,
}

#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) idle: Ms,
    pub(crate) absolute: Ms,
    pub(crate) warn_before: Ms,
    pub(crate) on_idle: Outcome,
    /// [`OFF`] where any number will do.
    pub(crate) max_sessions: Ms,
    pub(crate) justification: Option<String>,
    pub(crate) deviation: Option<String>,
    pub(crate) counts_requests: bool,
    pub(crate) counts_navigation: bool,
    pub(crate) counts_input: bool,
    pub(crate) hold_max: Ms,
    pub(crate) absent: Absent,
    pub(crate) offers: Vec<Ms>,
    pub(crate) idle_cap: Ms,
    pub(crate) absolute_cap: Ms,
    pub(crate) applications: BTreeMap<String, Application>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) gates: Vec<Gate>,
    pub(crate) passive: Vec<Match>,
}

impl Match {
    /// All given keys hold, each for any of its values.
    pub(crate) fn holds(&self, session: &Session, path: Option<&Segments>) -> bool {
        let among = |wanted: &Option<Vec<String>>, has: Option<&String>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| has.is_some_and(|has| wanted.contains(has)))
        };
        among(&self.application, session.application.as_ref())
            && among(&self.device, session.device.as_ref())
            && self
                .role
                .as_ref()
                .is_none_or(|wanted| wanted.iter().any(|role| session.roles.contains(role)))
            && self.path.as_ref().is_none_or(|patterns| {
                path.is_some_and(|path| patterns.iter().any(|pattern| path::matches(pattern, path)))
            })
    }
}

impl Policy {
    pub(crate) fn parse(value: &Value) -> Result<Self, String> {
        let written = object(
            value,
            &[
                "preset",
                "justification",
                "deviation",
                "max_sessions",
                "on_max_sessions",
                "idle",
                "absolute",
                "warn_before",
                "on_idle",
                "activity",
                "hold_max",
                "absent",
                "choice",
                "caps",
                "applications",
                "rules",
                "gates",
                "passive",
            ],
        )?;
        let preset = read(written, "preset", |name| text(name).map(str::to_owned))?;
        let keys = &match &preset {
            Some(name) => preset::filled(written, name)?,
            None => written.clone(),
        };
        read(keys, "on_max_sessions", |word| {
            word_of(word, &["refuse", "end-oldest", "ask"])
        })?;
        let none = Map::new();
        let caps = keys
            .get("caps")
            .map_or(Ok(&none), |caps| object(caps, &["idle", "absolute"]))?;
        let choice = keys
            .get("choice")
            .map_or(Ok(&none), |choice| object(choice, &["allow"]))?;
        let activity = match keys.get("activity") {
            Some(words) => each(words, |word| word_of(word, &["request", "navigation", "input"]))?,
            None => vec!["request".to_owned(), "input".to_owned()],
        };
        let policy = Self {
            idle: read(keys, "idle", limit)?.unwrap_or(30 * 60_000),
            absolute: read(keys, "absolute", limit)?.unwrap_or(8 * 3_600_000),
            warn_before: read(keys, "warn_before", duration)?.unwrap_or(60_000),
            on_idle: read(keys, "on_idle", outcome)?.unwrap_or(Outcome::SignOut),
            max_sessions: read(keys, "max_sessions", count)?.unwrap_or(OFF),
            justification: reason(keys, "justification")?,
            deviation: reason(keys, "deviation")?,
            counts_requests: activity.iter().any(|word| word == "request"),
            counts_navigation: activity.iter().any(|word| word == "navigation"),
            counts_input: activity.iter().any(|word| word == "input"),
            hold_max: read(keys, "hold_max", positive)?.unwrap_or(2 * 3_600_000),
            absent: read(keys, "absent", absent)?.unwrap_or(Absent::Count),
            offers: read(choice, "allow", |offers| each(offers, limit))?.unwrap_or_default(),
            idle_cap: read(caps, "idle", limit)?.unwrap_or(OFF),
            absolute_cap: read(caps, "absolute", limit)?.unwrap_or(OFF),
            applications: read(keys, "applications", applications)?.unwrap_or_default(),
            rules: read(keys, "rules", |rules| each(rules, rule))?.unwrap_or_default(),
            gates: read(keys, "gates", |gates| each(gates, gate))?.unwrap_or_default(),
            passive: read(keys, "passive", |entries| each(entries, passive))?.unwrap_or_default(),
        };
        policy.warns_in_time()?;
        if let Some(preset) = preset {
            preset::keeps_to(&policy, &preset)?;
        }
        Ok(policy)
    }

    /// The warning is shorter than every idle there is.
    fn warns_in_time(&self) -> Result<(), String> {
        let mut idles = vec![self.idle, self.idle_cap];
        idles.extend(&self.offers);
        idles.extend(self.applications.values().filter_map(|application| application.idle));
        idles.extend(self.rules.iter().filter_map(|rule| rule.idle));
        match idles.iter().find(|idle| self.warn_before >= **idle) {
            Some(idle) => Err(format!("the warning is not shorter than an idle of {idle} ms")),
            None => Ok(()),
        }
    }
}

fn read<T>(
    keys: &Map<String, Value>,
    key: &str,
    parse: impl Fn(&Value) -> Result<T, String>,
) -> Result<Option<T>, String> {
    keys.get(key)
        .map(|value| parse(value).map_err(|error| format!("{key}: {error}")))
        .transpose()
}

fn each<T>(value: &Value, parse: impl Fn(&Value) -> Result<T, String>) -> Result<Vec<T>, String> {
    list(value)?.iter().map(parse).collect()
}

/// A whole number from one.
fn count(value: &Value) -> Result<Ms, String> {
    let count = value.as_u64().filter(|count| (1..=u64::from(u32::MAX)).contains(count));
    count
        .map(Ms::from)
        .ok_or_else(|| format!("not a number of sessions: {value}"))
}

/// A reason: some text of up to 2000 characters, in lines.
fn reason(keys: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    read(keys, key, |value| {
        let reason = text(value)?;
        let is_plain = reason.chars().all(|c| c == '\n' || !c.is_control());
        let is_some = reason.chars().any(|c| !c.is_whitespace());
        if is_plain && is_some && reason.chars().count() <= 2000 {
            Ok(reason.to_owned())
        } else {
            Err(format!("not a reason: {reason:?}"))
        }
    })
}

fn word_of(value: &Value, words: &[&str]) -> Result<String, String> {
    let word = text(value)?;
    if words.contains(&word) {
        Ok(word.to_owned())
    } else {
        Err(format!("unknown word {word:?}"))
    }
}

fn outcome(value: &Value) -> Result<Outcome, String> {
    let word = word_of(value, &["sign-out", "lock"])?;
    Ok(if word == "lock" {
        Outcome::Lock
    } else {
        Outcome::SignOut
    })
}

fn absent(value: &Value) -> Result<Absent, String> {
    match text(value)? {
        "count" => Ok(Absent::Count),
        "pause" => Ok(Absent::Pause),
        _ => positive(value).map(Absent::EndAfter),
    }
}

fn applications(value: &Value) -> Result<BTreeMap<String, Application>, String> {
    let by_name = value.as_object().ok_or("applications are not an object")?;
    by_name
        .iter()
        .map(|(name, value)| Ok((name.clone(), application(value)?)))
        .collect()
}

fn application(value: &Value) -> Result<Application, String> {
    let keys = object(value, &["idle", "absolute", "on_idle", "max_sessions", "deviation"])?;
    Ok(Application {
        idle: read(keys, "idle", limit)?,
        absolute: read(keys, "absolute", limit)?,
        on_idle: read(keys, "on_idle", outcome)?,
        max_sessions: read(keys, "max_sessions", count)?,
        deviation: reason(keys, "deviation")?,
    })
}

fn rule(value: &Value) -> Result<Rule, String> {
    let known = [
        "name",
        "match",
        "idle",
        "on_idle",
        "absolute",
        "max_sessions",
        "deviation",
        "lengthens",
    ];
    let keys = object(value, &known)?;
    named(keys)?;
    let rule = Rule {
        applies: match_of(keys)?,
        idle: read(keys, "idle", limit)?,
        on_idle: read(keys, "on_idle", outcome)?,
        absolute: read(keys, "absolute", limit)?,
        lengthens: read(keys, "lengthens", |flag| {
            flag.as_bool().ok_or_else(|| "not a truth value".to_owned())
        })?
        .unwrap_or(false),
        max_sessions: read(keys, "max_sessions", count)?,
        deviation: reason(keys, "deviation")?,
    };
    if rule.max_sessions.is_some() && rule.applies.path.is_some() {
        return Err("a rule for a path sets max_sessions".to_owned());
    }
    if rule.idle.is_none() && rule.absolute.is_none() && rule.max_sessions.is_none() {
        return Err("a rule without a limit".to_owned());
    }
    if rule.absolute.is_some() && rule.applies.path.is_some() {
        return Err("a rule for a path sets absolute".to_owned());
    }
    if rule.on_idle.is_some() && rule.idle.is_none() {
        return Err("on_idle without idle".to_owned());
    }
    Ok(rule)
}

fn gate(value: &Value) -> Result<Gate, String> {
    let keys = object(value, &["name", "match", "max_away", "max_age"])?;
    named(keys)?;
    let gate = Gate {
        applies: match_of(keys)?,
        max_away: read(keys, "max_away", positive)?,
        max_age: read(keys, "max_age", positive)?,
    };
    if gate.max_away.is_none() && gate.max_age.is_none() {
        return Err("a gate without a limit".to_owned());
    }
    Ok(gate)
}

fn passive(value: &Value) -> Result<Match, String> {
    let keys = object(value, &["name", "match"])?;
    named(keys)?;
    match_of(keys)
}

fn named(keys: &Map<String, Value>) -> Result<(), String> {
    read(keys, "name", |name| text(name).map(drop)).map(drop)
}

fn match_of(keys: &Map<String, Value>) -> Result<Match, String> {
    let Some(value) = keys.get("match") else {
        return Ok(Match::default());
    };
    let keys = object(value, &["application", "device", "role", "path"])?;
    Ok(Match {
        application: read(keys, "application", any_of)?,
        device: read(keys, "device", any_of)?,
        role: read(keys, "role", any_of)?,
        path: read(keys, "path", |value| {
            any_of(value)?.iter().map(|text| path::pattern(text)).collect()
        })?,
    })
}

/// One text, or a list of them that is not empty.
fn any_of(value: &Value) -> Result<Vec<String>, String> {
    if let Some(one) = value.as_str() {
        return Ok(vec![one.to_owned()]);
    }
    let all = each(value, |one| text(one).map(str::to_owned))?;
    if all.is_empty() {
        Err("an empty list".to_owned())
    } else {
        Ok(all)
    }
}
