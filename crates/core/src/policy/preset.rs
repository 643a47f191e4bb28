//! Named sets of values that standards and common practice ask for.
//!
//! A preset gives the values that a document leaves out, and ceilings: a looser value is refused unless a `deviation`
//! says why. What each number rests on is told with it, in one table.

mod table;

use std::fmt;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::quantity::{Level, Quantity};
use super::{Match, OnIdle, OneOrMany, Policy, PolicyDocument, Rule, Violation};
use crate::duration::Limit;

/// The name of a preset, as `preset = "pci-dss"` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Preset {
    /// NIST SP 800-63B-4, authentication assurance level 1.
    NistAal1,
    /// NIST SP 800-63B-4, authentication assurance level 2.
    NistAal2,
    /// NIST SP 800-63B-4, authentication assurance level 3.
    NistAal3,
    /// `FedRAMP`, moderate impact.
    FedrampModerate,
    /// `FedRAMP`, high impact.
    FedrampHigh,
    /// DISA Application Security and Development STIG.
    StigAsd,
    /// PCI DSS 4.0.1.
    PciDss,
    /// The regulatory technical standards of the second European payment services directive.
    Psd2,
    /// The HIPAA security rule.
    Hipaa,
    /// OWASP, applications of high value.
    OwaspHigh,
    /// OWASP, applications of low risk.
    OwaspLow,
    /// CIS Microsoft 365 benchmark, devices nobody manages.
    CisM365Unmanaged,
    /// Kiosks, wards, counters: a device that the next person uses.
    SharedDevice,
    /// Business applications in a browser.
    Saas,
    /// Applications that people use at home.
    Consumer,
}

/// The loosest value that a preset takes, for whom, and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ceiling {
    /// The value.
    #[serde(flatten)]
    pub bound: Bound,
    /// For whom.
    pub scope: Scope,
    /// What the value rests on.
    pub source: Source,
}

/// A value that a preset bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "key", content = "value")]
pub enum Bound {
    /// The longest `idle`.
    #[serde(rename = "idle")]
    Idle(Limit),
    /// The longest `absolute`.
    #[serde(rename = "absolute")]
    Absolute(Limit),
    /// The largest `max_sessions`.
    #[serde(rename = "max_sessions")]
    MaxSessions(NonZeroU32),
    /// The loosest `on_idle`. Only `sign-out` bounds anything: a lock is the looser outcome.
    #[serde(rename = "on_idle")]
    OnIdle(OnIdle),
}

/// Whom a ceiling is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Every session.
    Everyone,
    /// Sessions with this role.
    Role(&'static str),
    /// Sessions on this class of device.
    Device(&'static str),
}

/// What a number rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Source {
    /// The document.
    pub standard: &'static str,
    /// Where in the document.
    pub section: &'static str,
    /// How strictly it asks for it.
    pub strength: Strength,
    /// What it asks for, in our words.
    pub says: &'static str,
}

/// How strictly a source asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// It must be so.
    Required,
    /// It should be so.
    Recommended,
    /// No source has a number; this one is our own proposal.
    Ours,
}

impl Preset {
    /// Every preset there is.
    pub const ALL: [Self; 15] = [
        Self::NistAal1,
        Self::NistAal2,
        Self::NistAal3,
        Self::FedrampModerate,
        Self::FedrampHigh,
        Self::StigAsd,
        Self::PciDss,
        Self::Psd2,
        Self::Hipaa,
        Self::OwaspHigh,
        Self::OwaspLow,
        Self::CisM365Unmanaged,
        Self::SharedDevice,
        Self::Saas,
        Self::Consumer,
    ];

    /// The name as documents write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        table::of(self).name
    }

    /// The name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        table::of(self).title
    }

    /// What it is for.
    #[must_use]
    pub const fn purpose(self) -> &'static str {
        table::of(self).purpose
    }

    /// The loosest values it takes.
    #[must_use]
    pub const fn ceilings(self) -> &'static [Ceiling] {
        table::of(self).ceilings
    }

    /// What it asks for beyond the values of a policy.
    #[must_use]
    pub const fn notes(self) -> &'static [&'static str] {
        table::of(self).notes
    }

    /// Whether a document must say in `justification` why its values are what they are.
    #[must_use]
    pub const fn requires_justification(self) -> bool {
        table::of(self).requires_justification
    }

    /// The complete policy that the preset stands for. Where a justification is required it has one that asks for yours.
    pub fn policy(self) -> Result<Policy, Vec<Violation>> {
        let mut document = self.start();
        if self.requires_justification() {
            document.justification = Some("The values of the preset; replace this by your own risk analysis.".into());
        }
        Policy::new(document)
    }

    /// The document of somebody who writes the name of the preset and nothing else.
    pub(super) fn start(self) -> PolicyDocument {
        let entry = table::of(self);
        let max_sessions = entry
            .ceilings
            .iter()
            .find_map(|ceiling| match (ceiling.bound, ceiling.scope) {
                (Bound::MaxSessions(most), Scope::Everyone) => Some(most),
                _ => None,
            });
        let mut document = PolicyDocument {
            preset: Some(self),
            idle: entry.idle,
            absolute: entry.absolute,
            warn_before: entry.warn_before,
            on_idle: entry.on_idle,
            max_sessions,
            ..PolicyDocument::default()
        };
        document.rules = entry
            .ceilings
            .iter()
            .filter_map(|ceiling| ceiling.rule(&document))
            .collect();
        document
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Ceiling {
    /// Whether a rule brings exactly this value to exactly those it is for.
    pub(super) fn is_brought_by(&self, rule: &Rule) -> bool {
        let level = self.bound.level();
        rule.criteria == self.scope.criteria()
            && level.is_some_and(|(quantity, level)| quantity.of_rule(rule) == Some(level))
    }

    /// The rule that brings this value to those it is for, where the base gives them another.
    fn rule(&self, document: &PolicyDocument) -> Option<Rule> {
        let (quantity, level) = self.bound.level()?;
        let base = quantity.of_policy(document);
        let mut rule = Rule {
            name: Some(format!("{} of {}", quantity.key(), self.scope).into()),
            criteria: self.scope.criteria(),
            lengthens: level > base,
            ..Rule::default()
        };
        match self.bound {
            Bound::Idle(limit) => rule.idle = Some(limit),
            Bound::Absolute(limit) => rule.absolute = Some(limit),
            Bound::MaxSessions(most) => rule.max_sessions = Some(most),
            Bound::OnIdle(_) => return None,
        }
        (level != base && self.scope != Scope::Everyone).then_some(rule)
    }
}

impl Bound {
    /// The key it bounds.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Idle(_) => "idle",
            Self::Absolute(_) => "absolute",
            Self::MaxSessions(_) => "max_sessions",
            Self::OnIdle(_) => "on_idle",
        }
    }

    /// As a level, where it is one.
    pub(super) fn level(self) -> Option<(Quantity, Level)> {
        match self {
            Self::Idle(limit) => Some((Quantity::Idle, limit.into())),
            Self::Absolute(limit) => Some((Quantity::Absolute, limit.into())),
            Self::MaxSessions(most) => Some((Quantity::MaxSessions, most.into())),
            Self::OnIdle(_) => None,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle(limit) | Self::Absolute(limit) => limit.fmt(f),
            Self::MaxSessions(most) => most.fmt(f),
            Self::OnIdle(OnIdle::SignOut) => f.write_str("sign-out"),
            Self::OnIdle(OnIdle::Lock) => f.write_str("lock"),
        }
    }
}

impl Scope {
    /// The match that holds for exactly these sessions.
    #[must_use]
    pub fn criteria(self) -> Match {
        let only = |name: &str| Some(OneOrMany::one(name.into()));
        match self {
            Self::Everyone => Match::default(),
            Self::Role(role) => Match {
                role: only(role),
                ..Match::default()
            },
            Self::Device(device) => Match {
                device: only(device),
                ..Match::default()
            },
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Role(role) => write!(f, "role {role}"),
            Self::Device(device) => write!(f, "device {device}"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.strength {
            Strength::Required => write!(f, "{}, {} (required)", self.standard, self.section),
            Strength::Recommended => write!(f, "{}, {} (recommended)", self.standard, self.section),
            Strength::Ours => write!(f, "{}, {}", self.standard, self.section),
        }
    }
}
