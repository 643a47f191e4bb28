//! Which sessions are meant.

use nightlatch_core::facts::Facts;
use serde::{Deserialize, Serialize};

use crate::token::{Digest, Handle};

/// Which sessions are meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selector {
    /// The one with this token.
    Digest(Digest),
    /// The one with this handle.
    Handle(Handle),
    /// All that match.
    Matching(Filter),
}

/// Which live sessions are meant: all given fields must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Of this subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Box<str>>,
    /// Signed in to this application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<Box<str>>,
    /// Signed in to one of these applications; empty means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Vec<Box<str>>>,
    /// On this class of device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Box<str>>,
    /// With this role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Box<str>>,
}

impl Selector {
    /// Which sessions it means by what they have in common.
    #[must_use]
    pub fn filter(&self) -> Option<&Filter> {
        match self {
            Self::Matching(filter) => Some(filter),
            Self::Digest(_) | Self::Handle(_) => None,
        }
    }
}

impl Filter {
    /// Whether it means a live session of `subject` with these facts.
    #[must_use]
    pub fn means(&self, subject: &str, facts: &Facts) -> bool {
        let same = |wanted: &Option<Box<str>>, actual: Option<&str>| wanted.is_none() || wanted.as_deref() == actual;
        same(&self.subject, Some(subject))
            && same(&self.application, facts.application.as_deref())
            && is_within(self.within.as_deref(), facts.application.as_deref())
            && same(&self.device, facts.device.as_deref())
            && self.role.as_ref().is_none_or(|role| facts.roles.contains(role))
    }
}

/// Whether an application is one of those that are meant; none means all.
pub(crate) fn is_within(meant: Option<&[Box<str>]>, application: Option<&str>) -> bool {
    meant.is_none_or(|meant| application.is_some_and(|own| meant.iter().any(|meant| **meant == *own)))
}

/// A page of a list in the order of handles, which is that of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Start behind this one.
    pub after: Option<Handle>,
    /// At most so many.
    pub limit: usize,
}
