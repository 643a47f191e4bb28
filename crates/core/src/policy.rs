//! The policy document (LIFETIME section 1): the same keys in TOML, JSON and the API.
//!
//! [`PolicyDocument`] is what was written; [`Policy`] is a document that has been found valid, and the only thing the
//! rest of the core works with.

mod criteria;
mod differences;
mod lint;
mod names;
mod preset;
mod quantity;
mod reading;
mod report;
#[cfg(feature = "schema")]
mod schema;
mod validity;
mod violation;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize};

pub use criteria::{Match, OneOrMany};
pub use differences::{Difference, differences};
pub use lint::{Lint, LintCode, Severity, lint};
pub use names::Names;
pub use preset::{Bound, Ceiling, Preset, Scope, Source, Strength};
pub use report::{
    Issued, Origin, Report, ReportedCeiling, ReportedDeviation, ReportedEntry, ReportedPreset, ReportedRevision,
    ReportedValue, report,
};
pub use violation::Violation;

use crate::duration::Limit;
use crate::table::table;
use crate::time::Span;

/// A valid policy. Dereferences to its document; there is no way to change one without checking it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Policy {
    document: PolicyDocument,
    /// Whether no session of it ever reaches a deadline. No document says so.
    #[serde(skip)]
    for_development: bool,
}

impl Policy {
    /// Checks the document as a whole; every violation is reported, not only the first.
    pub fn new(document: PolicyDocument) -> Result<Self, Vec<Violation>> {
        let violations = validity::violations(&document);
        if violations.is_empty() {
            Ok(Self {
                document,
                for_development: false,
            })
        } else {
            Err(violations)
        }
    }
}

impl Policy {
    /// The document, to be shown or changed.
    #[must_use]
    pub fn into_document(self) -> PolicyDocument {
        self.document
    }

    /// The same policy on a machine for development: no session reaches a deadline. All else holds.
    #[must_use]
    pub fn for_development(self) -> Self {
        Self {
            for_development: true,
            ..self
        }
    }

    /// Whether no session reaches a deadline.
    #[must_use]
    pub fn is_for_development(&self) -> bool {
        self.for_development
    }
}

impl Deref for Policy {
    type Target = PolicyDocument;

    fn deref(&self) -> &PolicyDocument {
        &self.document
    }
}

/// The document, complete: a key that was left out where it was read has the preset's value, else the documented default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(!from, default, deny_unknown_fields, transform = crate::schema::keys_are_never_null)
)]
#[serde(from = "reading::Written")]
pub struct PolicyDocument {
    /// The named set of values this policy starts from and whose ceilings it keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// Why the policy is as it is, for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<Box<str>>,
    /// Why values are looser than the preset's ceilings; covers every value of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deviation: Option<Box<str>>,
    /// The time since the last activity after which a session is idle. Default `30m`.
    pub idle: Limit,
    /// The time since authentication after which a session is over. Default `8h`.
    pub absolute: Limit,
    /// How long before its end a session is in the warning; `0s` for no warning. Default `60s`.
    pub warn_before: Span,
    /// What happens at the idle limit. Default `sign-out`.
    pub on_idle: OnIdle,
    /// How many sessions one subject may have at the same time. Default: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_sessions: Option<NonZeroU32>,
    /// What happens to a sign-in that would be one session too many. Default `refuse`.
    pub on_max_sessions: OnMaxSessions,
    /// What counts as activity besides extending and authenticating. Default: all.
    pub activity: Vec<ActivitySource>,
    /// The longest that holds keep a session from idling after real activity. Default `2h`.
    pub hold_max: Span,
    /// What happens while no tab is open. Default `count`.
    pub absent: Absent,
    /// What the user may pick for idle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    /// System limits that win over everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caps: Option<Caps>,
    /// The base values of single applications, by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub applications: BTreeMap<Box<str>, ApplicationBase>,
    /// Rules on limits, in the order in which equal values are decided. Written even where there are none: left out, they
    /// would be read as the preset's.
    pub rules: Vec<Rule>,
    /// Step-up rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// Requests that are never activity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passive: Vec<Passive>,
}

impl Default for PolicyDocument {
    fn default() -> Self {
        Self {
            preset: None,
            justification: None,
            deviation: None,
            idle: Limit::after(Span::from_secs(30 * 60)),
            absolute: Limit::after(Span::from_secs(8 * 3600)),
            warn_before: Span::from_secs(60),
            on_idle: OnIdle::SignOut,
            max_sessions: None,
            on_max_sessions: OnMaxSessions::Refuse,
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

/// What happens to a sign-in that would be one session too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OnMaxSessions {
    /// It is refused.
    Refuse,
    /// It ends the least recently active of the sessions there are.
    EndOldest,
    /// It gets the list of them and chooses which to end.
    Ask,
}

/// Evidence that a person is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ActivitySource {
    /// A request that is allowed and not passive.
    Request,
    /// Such a request by which somebody opens a page.
    Navigation,
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
    /// In place of the policy's `max_sessions`; the application's sessions are then counted by themselves.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub max_sessions: Option<NonZeroU32>,
    /// Why values of this application are looser than the preset's ceilings.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub deviation: Option<Box<str>>,
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
    /// The number of sessions it brings.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub max_sessions: Option<NonZeroU32>,
    /// Why values of this rule are looser than the preset's ceilings.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub deviation: Option<Box<str>>,
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
