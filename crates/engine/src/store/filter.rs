//! Which sessions are meant.

use serde::{Deserialize, Serialize};

use crate::token::{Digest, Handle};

/// Which sessions are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The one with this token.
    Digest(Digest),
    /// The one with this handle.
    Handle(Handle),
    /// All that match.
    Matching(Filter),
}

/// Which live sessions are meant: all given fields must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Of this subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Box<str>>,
    /// Signed in to this application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<Box<str>>,
    /// On this class of device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Box<str>>,
    /// With this role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Box<str>>,
}

/// A page of a list in the order of handles, which is that of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Start behind this one.
    pub after: Option<Handle>,
    /// At most so many.
    pub limit: usize,
}
