//! One mistake in a document, before it is known where the document came from.

use super::super::key::Key;

/// What is wrong with a value or a key. The message is `what is wrong; how to mend it`; where it has no second half, a value
/// that has been tried is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) key: Key,
    pub(super) place: Place,
    pub(super) message: String,
}

/// What of the key the mistake is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Name,
    Value,
    /// It is not there and should be.
    Missing,
}

impl Problem {
    pub(super) fn of_key(key: Key, message: impl Into<String>) -> Self {
        Self::new(key, Place::Name, message)
    }

    pub(super) fn of_value(key: Key, message: impl Into<String>) -> Self {
        Self::new(key, Place::Value, message)
    }

    pub(super) fn of_what_is_missing(key: Key, message: impl Into<String>) -> Self {
        Self::new(key, Place::Missing, message)
    }

    fn new(key: Key, place: Place, message: impl Into<String>) -> Self {
        Self {
            key,
            place,
            message: message.into(),
        }
    }

    /// Whether the message says how to mend it.
    pub(super) fn has_remedy(&self) -> bool {
        self.message.contains("; ")
    }
}

/// Names in a message.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
