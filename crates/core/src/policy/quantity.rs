//! The three values that resolve through the same layers: idle, absolute and the number of sessions. What compares
//! values with each other (ceilings, lints) speaks of these.

use std::num::NonZeroU32;

use super::{ApplicationBase, Match, PolicyDocument, Rule};
use crate::duration::Limit;

/// A value that base, rules and caps decide together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    Idle,
    Absolute,
    MaxSessions,
}

/// How loose a value is: larger is looser, the largest is no limit at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Level(u64);

impl Level {
    pub(crate) const UNLIMITED: Self = Self(u64::MAX);

    pub(crate) const fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl From<Limit> for Level {
    fn from(limit: Limit) -> Self {
        limit.span().map_or(Self::UNLIMITED, |span| Self(span.as_millis()))
    }
}

impl From<NonZeroU32> for Level {
    fn from(most: NonZeroU32) -> Self {
        Self(u64::from(most.get()))
    }
}

/// Where a document has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    Policy,
    Application(&'a str, &'a ApplicationBase),
    Rule(usize, &'a Rule),
    Choice(usize),
    Cap,
}

/// A value of the document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) quantity: Quantity,
    pub(crate) place: Place<'a>,
    pub(crate) level: Level,
}

impl Quantity {
    pub(crate) const ALL: [Self; 3] = [Self::Idle, Self::Absolute, Self::MaxSessions];

    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Absolute => "absolute",
            Self::MaxSessions => "max_sessions",
        }
    }

    pub(crate) fn of_policy(self, document: &PolicyDocument) -> Level {
        match self {
            Self::Idle => document.idle.into(),
            Self::Absolute => document.absolute.into(),
            Self::MaxSessions => document.max_sessions.map_or(Level::UNLIMITED, Level::from),
        }
    }

    pub(crate) fn of_application(self, application: &ApplicationBase) -> Option<Level> {
        match self {
            Self::Idle => application.idle.map(Level::from),
            Self::Absolute => application.absolute.map(Level::from),
            Self::MaxSessions => application.max_sessions.map(Level::from),
        }
    }

    pub(crate) fn of_rule(self, rule: &Rule) -> Option<Level> {
        match self {
            Self::Idle => rule.idle.map(Level::from),
            Self::Absolute => rule.absolute.map(Level::from),
            Self::MaxSessions => rule.max_sessions.map(Level::from),
        }
    }

    pub(crate) fn of_caps(self, document: &PolicyDocument) -> Option<Level> {
        let caps = document.caps.as_ref()?;
        match self {
            Self::Idle => caps.idle.map(Level::from),
            Self::Absolute => caps.absolute.map(Level::from),
            Self::MaxSessions => None,
        }
    }

    /// Every value of this kind, in the order of resolution.
    pub(crate) fn entries(self, document: &PolicyDocument) -> Vec<Entry<'_>> {
        let entry = |place, level| Entry {
            quantity: self,
            place,
            level,
        };
        let mut entries = vec![entry(Place::Policy, self.of_policy(document))];
        for (name, application) in &document.applications {
            let level = self.of_application(application);
            entries.extend(level.map(|level| entry(Place::Application(name, application), level)));
        }
        for (index, rule) in document.rules.iter().enumerate() {
            entries.extend(self.of_rule(rule).map(|level| entry(Place::Rule(index, rule), level)));
        }
        if self == Self::Idle {
            let offered = document
                .choice
                .iter()
                .flat_map(|choice| choice.allow.iter().enumerate());
            entries.extend(offered.map(|(index, limit)| entry(Place::Choice(index), (*limit).into())));
        }
        entries.extend(self.of_caps(document).map(|level| entry(Place::Cap, level)));
        entries
    }

    /// A level of this kind as documents write it.
    pub(crate) fn shown(self, level: Level) -> String {
        match self {
            Self::Idle | Self::Absolute if level == Level::UNLIMITED => "off".to_owned(),
            Self::MaxSessions if level == Level::UNLIMITED => "no limit".to_owned(),
            Self::Idle | Self::Absolute => crate::time::Span::from_millis(level.0).to_string(),
            Self::MaxSessions => level.0.to_string(),
        }
    }
}

impl Entry<'_> {
    /// The key within the document.
    pub(crate) fn key(&self) -> String {
        let key = self.quantity.key();
        match self.place {
            Place::Policy => key.to_owned(),
            Place::Application(name, _) => format!("applications.{name}.{key}"),
            Place::Rule(index, _) => format!("rules[{index}].{key}"),
            Place::Choice(index) => format!("choice.allow[{index}]"),
            Place::Cap => format!("caps.{key}"),
        }
    }

    pub(crate) fn shown(&self) -> String {
        self.quantity.shown(self.level)
    }

    /// The rule that brings it, if it lengthens.
    pub(crate) fn lengthening(&self) -> Option<(usize, &Rule)> {
        self.rule().filter(|(_, rule)| rule.lengthens)
    }

    /// The rule that brings it, if it tightens.
    pub(crate) fn tightening(&self) -> Option<(usize, &Rule)> {
        self.rule().filter(|(_, rule)| !rule.lengthens)
    }

    fn rule(&self) -> Option<(usize, &Rule)> {
        match self.place {
            Place::Rule(index, rule) => Some((index, rule)),
            _ => None,
        }
    }

    /// Whether it can be the value before anything tightens: neither a cap nor a rule that tightens.
    pub(crate) fn raises(&self) -> bool {
        self.place != Place::Cap && self.tightening().is_none()
    }

    /// The sessions that may have it.
    pub(crate) fn criteria(&self) -> Match {
        match self.place {
            Place::Rule(_, rule) => rule.criteria.clone(),
            Place::Application(name, _) => Match {
                application: Some(super::OneOrMany::one(name.into())),
                ..Match::default()
            },
            Place::Policy | Place::Choice(_) | Place::Cap => Match::default(),
        }
    }

    /// Why the value may be looser than a preset's ceiling, as its own entry says.
    pub(crate) fn deviation(&self) -> Option<&str> {
        match self.place {
            Place::Application(_, application) => application.deviation.as_deref(),
            Place::Rule(_, rule) => rule.deviation.as_deref(),
            Place::Policy | Place::Choice(_) | Place::Cap => None,
        }
    }
}
