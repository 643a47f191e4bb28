//! What keeps nightlatch from working with a server, and how to mend it.

use std::fmt;

use nightlatch_store::StoreError;

/// Something about an address, a server or its database that nightlatch does not start with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which of the options it is about.
    pub about: About,
    /// What is wrong, in words.
    pub what: String,
    /// How to mend it, in words.
    pub mend: String,
}

/// The option that something is about, or what it leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// The address, or the server or the database there.
    #[default]
    Address,
    /// What is promised about acknowledged ends.
    Durability,
    /// What the server is known by.
    RootCertificates,
}

impl Finding {
    pub(super) fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            about: About::default(),
            what: what.into(),
            mend: mend.into(),
        }
    }

    pub(super) fn about(self, about: About) -> Self {
        Self { about, ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.mend)
    }
}

/// Why there is no store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address, the server or its database must not be used as they are. There is at least one finding.
    #[error("{}", told(.0))]
    Refused(Vec<Finding>),
    /// The server cannot be reached, or does not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn told(findings: &[Finding]) -> String {
    let lines = findings.iter().map(ToString::to_string);
    lines.collect::<Vec<_>>().join("\n")
}
