//! The events of a timeline as they are written.

use super::duration::{duration, wish};
use super::path::{Segments, canonical};
use super::policy::Policy;
use super::{Ms, list, object, text};
use serde_json::{Map, Value};
use std::rc::Rc;

#[derive(Debug)]
pub(crate) enum Event {
    SignIn {
        not_after: Option<Ms>,
    },
    Request {
        path: Segments,
        passive: bool,
        navigation: bool,
    },
    Input {
        age: Ms,
    },
    Extend,
    Hold {
        id: String,
        length: Ms,
    },
    Release {
        id: String,
    },
    Tab {
        tab: String,
        path: Segments,
    },
    TabClose {
        tab: String,
    },
    Choose {
        idle: Ms,
    },
    /// Nothing where the document is not valid.
    Policy {
        policy: Option<Rc<Policy>>,
    },
    /// `OFF` lifts the bound.
    Bound {
        not_after: Ms,
    },
    Reauthenticate {
        other: bool,
        not_after: Option<Ms>,
    },
    SignOut,
    End {
        reason: String,
    },
    Status,
}

/// An event, its name and its instant.
#[derive(Debug)]
pub(crate) struct Timed {
    pub(crate) at: Ms,
    pub(crate) name: String,
    pub(crate) event: Event,
}

pub(crate) fn timeline(value: &Value) -> Result<Vec<Timed>, String> {
    let mut events: Vec<Timed> = Vec::new();
    for value in list(value)? {
        let event = timed(value).map_err(|error| format!("{value}: {error}"))?;
        let first = events.is_empty();
        if events.last().is_some_and(|before| before.at > event.at) {
            return Err(format!("{value}: earlier than the event before it"));
        }
        if matches!(event.event, Event::SignIn { .. }) != first {
            return Err(format!("{value}: sign-in is the first event, once"));
        }
        events.push(event);
    }
    Ok(events)
}

fn timed(value: &Value) -> Result<Timed, String> {
    let name = text(value.get("event").ok_or("no event")?)?.to_owned();
    let (allowed, read): (&[&str], Read) = match name.as_str() {
        "sign-in" => (&["not_after"], |keys| {
            Ok(Event::SignIn {
                not_after: not_after(keys)?,
            })
        }),
        "request" => (&["path", "passive", "navigation"], request),
        "input" => (&["age"], |keys| {
            Ok(Event::Input {
                age: keys.get("age").map_or(Ok(0), duration)?,
            })
        }),
        "extend" => (&[], |_| Ok(Event::Extend)),
        "hold" => (&["id", "for"], |keys| {
            Ok(Event::Hold {
                id: string(keys, "id")?,
                length: duration(get(keys, "for")?)?,
            })
        }),
        "release" => (&["id"], |keys| {
            Ok(Event::Release {
                id: string(keys, "id")?,
            })
        }),
        "tab" => (&["tab", "path"], |keys| {
            Ok(Event::Tab {
                tab: string(keys, "tab")?,
                path: canonical(&string(keys, "path")?),
            })
        }),
        "tab-close" => (&["tab"], |keys| {
            Ok(Event::TabClose {
                tab: string(keys, "tab")?,
            })
        }),
        "choose" => (&["idle"], |keys| {
            Ok(Event::Choose {
                idle: wish(get(keys, "idle")?)?,
            })
        }),
        "policy" => (&["policy"], |keys| {
            Ok(Event::Policy {
                policy: Policy::parse(get(keys, "policy")?).ok().map(Rc::new),
            })
        }),
        "bound" => (&["not_after"], |keys| {
            Ok(Event::Bound {
                not_after: wish(get(keys, "not_after")?)?,
            })
        }),
        "reauthenticate" => (&["subject", "not_after"], reauthenticate),
        "sign-out" => (&[], |_| Ok(Event::SignOut)),
        "end" => (&["reason"], end),
        "status" => (&[], |_| Ok(Event::Status)),
        _ => return Err(format!("unknown event {name}")),
    };
    let keys = object(value, &[["at", "event"].as_slice(), allowed].concat())?;
    Ok(Timed {
        at: duration(get(keys, "at")?)?,
        event: read(keys)?,
        name,
    })
}

type Read = fn(&Map<String, Value>) -> Result<Event, String>;

fn request(keys: &Map<String, Value>) -> Result<Event, String> {
    let truth = |key: &str| {
        let value = keys.get(key).map_or(Some(false), Value::as_bool);
        value.ok_or_else(|| format!("{key} is true or false"))
    };
    Ok(Event::Request {
        path: canonical(&string(keys, "path")?),
        passive: truth("passive")?,
        navigation: truth("navigation")?,
    })
}

fn reauthenticate(keys: &Map<String, Value>) -> Result<Event, String> {
    let other = match keys.get("subject").map(text).transpose()? {
        None | Some("same") => false,
        Some("other") => true,
        Some(word) => return Err(format!("unknown subject {word}")),
    };
    let not_after = not_after(keys)?;
    Ok(Event::Reauthenticate { other, not_after })
}

fn not_after(keys: &Map<String, Value>) -> Result<Option<Ms>, String> {
    keys.get("not_after").map(duration).transpose()
}

fn end(keys: &Map<String, Value>) -> Result<Event, String> {
    let reason = string(keys, "reason")?;
    if ["admin", "upstream", "account", "superseded"].contains(&reason.as_str()) {
        Ok(Event::End { reason })
    } else {
        Err(format!("unknown reason {reason}"))
    }
}

fn get<'a>(keys: &'a Map<String, Value>, key: &str) -> Result<&'a Value, String> {
    keys.get(key).ok_or_else(|| format!("no {key}"))
}

fn string(keys: &Map<String, Value>, key: &str) -> Result<String, String> {
    text(get(keys, key)?).map(str::to_owned)
}
