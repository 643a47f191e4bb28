//! What a key may do. Each operation needs one of these; `operation` declares it, admission holds to it.

use std::fmt;

/// One permission of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Scope {
    SessionsRead,
    SessionsCreate,
    SessionsEnd,
    PolicyRead,
    PolicyWrite,
    ApplicationsRead,
    ApplicationsWrite,
    AuditRead,
    KeysRead,
    KeysWrite,
}

impl Scope {
    pub(super) const ALL: [Self; 10] = [
        Self::SessionsRead,
        Self::SessionsCreate,
        Self::SessionsEnd,
        Self::PolicyRead,
        Self::PolicyWrite,
        Self::ApplicationsRead,
        Self::ApplicationsWrite,
        Self::AuditRead,
        Self::KeysRead,
        Self::KeysWrite,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::SessionsRead => "sessions:read",
            Self::SessionsCreate => "sessions:create",
            Self::SessionsEnd => "sessions:end",
            Self::PolicyRead => "policy:read",
            Self::PolicyWrite => "policy:write",
            Self::ApplicationsRead => "applications:read",
            Self::ApplicationsWrite => "applications:write",
            Self::AuditRead => "audit:read",
            Self::KeysRead => "keys:read",
            Self::KeysWrite => "keys:write",
        }
    }

    /// The scope a word stands for.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the scopes that the store will keep"))]
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_a_word_of_its_own() {
        for scope in Scope::ALL {
            assert_eq!(Scope::from_word(scope.as_str()), Some(scope));
        }
        assert_eq!(Scope::from_word("sessions"), None);
    }
}
