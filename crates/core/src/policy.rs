//! The policy document (LIFETIME section 1): the same keys in TOML, JSON and the API.
//!
//! [`PolicyDocument`] is what was written; [`Policy`] is a document that has been found valid, and the only thing the
//! rest of the core works with.

mod criteria;
mod validity;

use std::collections::BTreeMap;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize};

pub use criteria::{Match, OneOrMany};
pub use validity::Violation;

use crate::duration::Limit;
use crate::table::{named_tables, present_table, table, tables};
use crate::time::Span;

/// A valid policy. Dereferences to its document; there is no way to change one without checking it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Policy(PolicyDocument);

impl Policy {
    /// Checks the document as a whole; every violation is reported, not only the first.
    pub fn new(document: PolicyDocument) -> Result<Self, Vec<Violation>> {
        let violations = validity::violations(&document);
        if violations.is_empty() {
            Ok(Self(document))
        } else {
            Err(violations)
        }
    }
}

impl Deref for Policy {
    type Target = PolicyDocument;

    fn deref(&self) -> &PolicyDocument {
        &self.0
    }
}

/// The document as written. Keys that are left out have the documented defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = crate::schema::keys_are_never_null))]
#[serde(deny_unknown_fields, default)]
pub struct PolicyDocument {
    /// The time since the last activity after which a session is idle. Default `30m`.
    pub idle: Limit,
    /// The time since authentication after which a session is over. Default `8h`.
    pub absolute: Limit,
    /// How long before its end a session is in the warning; `0s` for no warning. Default `60s`.
    pub warn_before: Span,
    /// What happens at the idle limit. Default `sign-out`.
    pub on_idle: OnIdle,
    /// What counts as activity besides extending and authenticating. Default: all.
    pub activity: Vec<ActivitySource>,
    /// The longest that holds keep a session from idling after real activity. Default `2h`.
    pub hold_max: Span,
    /// What happens while no tab is open. Default `count`.
    pub absent: Absent,
    /// What the user may pick for idle.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present_table")]
    pub choice: Option<Choice>,
    /// System limits that win over everything.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present_table")]
    pub caps: Option<Caps>,
    /// The base values of single applications, by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "named_tables")]
    pub applications: BTreeMap<Box<str>, ApplicationBase>,
    /// Rules on limits, in the order in which equal values are decided.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "tables")]
    pub rules: Vec<Rule>,
    /// Step-up rules.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "tables")]
    pub gates: Vec<Gate>,
    /// Requests that are never activity.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "tables")]
    pub passive: Vec<Passive>,
}

impl Default for PolicyDocument {
    fn default() -> Self {
        Self {
            idle: Limit::after(Span::from_secs(30 * 60)),
            absolute: Limit::after(Span::from_secs(8 * 3600)),
            warn_before: Span::from_secs(60),
            on_idle: OnIdle::SignOut,
            activity: vec![ActivitySource::Request, ActivitySource::Input],
            hold_max: Span::from_secs(2 * 3600),
            absent: Absent::Count,
            choice: None,
            caps: None,
            applications: BTreeMap::new(),
            rules: Vec::new(),
            gates: Vec::new(),
            passive: Vec::new(),
        }
    }
}

/// What happens at the idle limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OnIdle {
    /// The session ends.
    SignOut,
    /// The session locks: nothing is served until the same person authenticates again.
    Lock,
}

/// Evidence that a person is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ActivitySource {
    /// A request that is allowed and not passive.
    Request,
    /// Input that the browser reports.
    Input,
}

/// What happens while no tab is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Absent {
    /// The idle clock runs.
    Count,
    /// The idle clock stands still.
    Pause,
    /// The session ends as `disconnected` after this time.
    EndAfter(Span),
}

/// The idle values a user may pick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The values on offer, compared by value: `60m` is `1h`.
    pub allow: Vec<Limit>,
}

/// System limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = crate::schema::keys_are_never_null))]
#[serde(deny_unknown_fields, default)]
pub struct Caps {
    /// No session idles longer.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub idle: Option<Limit>,
    /// No session lives longer.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub absolute: Option<Limit>,
}

/// An application's own base values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = crate::schema::keys_are_never_null))]
#[serde(deny_unknown_fields, default)]
pub struct ApplicationBase {
    /// In place of the policy's `idle`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub idle: Option<Limit>,
    /// In place of the policy's `absolute`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub absolute: Option<Limit>,
    /// In place of the policy's `on_idle`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub on_idle: Option<OnIdle>,
}

/// A rule that tightens limits, or lengthens them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = crate::schema::keys_are_never_null))]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// A name for explanations.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub name: Option<Box<str>>,
    /// Which sessions and pages it is for; every one when empty.
    #[serde(
        rename = "match",
        skip_serializing_if = "Match::is_empty",
        deserialize_with = "table"
    )]
    pub criteria: Match,
    /// The idle limit it brings.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub idle: Option<Limit>,
    /// The absolute limit it brings.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub absolute: Option<Limit>,
    /// The outcome that comes with its idle limit.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub on_idle: Option<OnIdle>,
    /// Whether it lengthens; without it a rule only tightens.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lengthens: bool,
}

/// A route that asks for authentication again without ending anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = crate::schema::keys_are_never_null))]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// A name for explanations.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub name: Option<Box<str>>,
    /// Which sessions and pages it is for; every one when empty.
    #[serde(
        rename = "match",
        skip_serializing_if = "Match::is_empty",
        deserialize_with = "table"
    )]
    pub criteria: Match,
    /// The longest absence since authentication.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub max_away: Option<Span>,
    /// The age of the authentication.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub max_age: Option<Span>,
}

/// Requests that are never activity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = crate::schema::keys_are_never_null))]
#[serde(deny_unknown_fields, default)]
pub struct Passive {
    /// A name for explanations.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub name: Option<Box<str>>,
    /// Which requests it is for; every one when empty.
    #[serde(
        rename = "match",
        skip_serializing_if = "Match::is_empty",
        deserialize_with = "table"
    )]
    pub criteria: Match,
}

/// A key is present or left out; `null`, which TOML does not know, is neither.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Serialize for Absent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count => serializer.serialize_str("count"),
            Self::Pause => serializer.serialize_str("pause"),
            Self::EndAfter(span) => span.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Absent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        match word.as_str() {
            "count" => Ok(Self::Count),
            "pause" => Ok(Self::Pause),
            duration => duration.parse().map(Self::EndAfter).map_err(|_| {
                serde::de::Error::custom(format_args!(
                    "`{duration}` is neither `count` nor `pause` nor a duration such as `5m`"
                ))
            }),
        }
    }
}
