//! How a document is completed where it is read: what is left out comes from the preset, else from the defaults.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::Deserialize;

use super::{
    Absent, ActivitySource, ApplicationBase, Caps, Choice, Gate, OnIdle, OnMaxSessions, Passive, PolicyDocument,
    Preset, Rule, present,
};
use crate::duration::Limit;
use crate::table::{named_tables, present_table, present_tables, tables};
use crate::time::Span;

/// The document as written: every key may be left out, none may be `null`.
#[derive(Default, Deserialize)]
#[serde(rename = "PolicyDocument", deny_unknown_fields, default)]
pub(super) struct Written {
    #[serde(deserialize_with = "present")]
    preset: Option<Preset>,
    #[serde(deserialize_with = "present")]
    justification: Option<Box<str>>,
    #[serde(deserialize_with = "present")]
    deviation: Option<Box<str>>,
    #[serde(deserialize_with = "present")]
    idle: Option<Limit>,
    #[serde(deserialize_with = "present")]
    absolute: Option<Limit>,
    #[serde(deserialize_with = "present")]
    warn_before: Option<Span>,
    #[serde(deserialize_with = "present")]
    on_idle: Option<OnIdle>,
    #[serde(deserialize_with = "present")]
    max_sessions: Option<NonZeroU32>,
    #[serde(deserialize_with = "present")]
    on_max_sessions: Option<OnMaxSessions>,
    #[serde(deserialize_with = "present")]
    activity: Option<Vec<ActivitySource>>,
    #[serde(deserialize_with = "present")]
    hold_max: Option<Span>,
    #[serde(deserialize_with = "present")]
    absent: Option<Absent>,
    #[serde(deserialize_with = "present_table")]
    choice: Option<Choice>,
    #[serde(deserialize_with = "present_table")]
    caps: Option<Caps>,
    #[serde(deserialize_with = "named_tables")]
    applications: BTreeMap<Box<str>, ApplicationBase>,
    #[serde(deserialize_with = "present_tables")]
    rules: Option<Vec<Rule>>,
    #[serde(deserialize_with = "tables")]
    gates: Vec<Gate>,
    #[serde(deserialize_with = "tables")]
    passive: Vec<Passive>,
}

impl From<Written> for PolicyDocument {
    fn from(written: Written) -> Self {
        let start = written.preset.map(Preset::start).unwrap_or_default();
        Self {
            preset: written.preset,
            justification: written.justification,
            deviation: written.deviation,
            idle: written.idle.unwrap_or(start.idle),
            absolute: written.absolute.unwrap_or(start.absolute),
            warn_before: written.warn_before.unwrap_or(start.warn_before),
            on_idle: written.on_idle.unwrap_or(start.on_idle),
            max_sessions: written.max_sessions.or(start.max_sessions),
            on_max_sessions: written.on_max_sessions.unwrap_or(start.on_max_sessions),
            activity: written.activity.unwrap_or(start.activity),
            hold_max: written.hold_max.unwrap_or(start.hold_max),
            absent: written.absent.unwrap_or(start.absent),
            choice: written.choice,
            caps: written.caps,
            applications: written.applications,
            rules: written.rules.unwrap_or(start.rules),
            gates: written.gates,
            passive: written.passive,
        }
    }
}
