//! Which sessions and pages an entry of the policy is for.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::present;
use crate::facts::Facts;
use crate::path::{Path, PathPattern};

/// All given keys must hold; a list means any of them; no key at all holds always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = crate::schema::keys_are_never_null))]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// The session's application is one of these.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub application: Option<OneOrMany<Box<str>>>,
    /// The session's device class is one of these.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub device: Option<OneOrMany<Box<str>>>,
    /// The session has one of these roles.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub role: Option<OneOrMany<Box<str>>>,
    /// The page matches one of these patterns. Never holds where there is no page.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub path: Option<OneOrMany<PathPattern>>,
}

impl Match {
    /// Whether no key is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether every given key holds.
    #[must_use]
    pub fn holds(&self, facts: &Facts, path: Option<&Path<'_>>) -> bool {
        self.unmet(facts, path).is_none()
    }

    /// The first key that does not hold, by name.
    #[must_use]
    pub fn unmet(&self, facts: &Facts, path: Option<&Path<'_>>) -> Option<&'static str> {
        let names = |wanted: &Option<OneOrMany<Box<str>>>, actual: Option<&str>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted.any(|name| actual == Some(name)))
        };
        let page_matched = |pattern: &PathPattern| path.is_some_and(|path| pattern.matches(path));
        [
            ("application", names(&self.application, facts.application.as_deref())),
            ("device", names(&self.device, facts.device.as_deref())),
            (
                "role",
                self.role
                    .as_ref()
                    .is_none_or(|roles| roles.any(|role| facts.roles.contains(role))),
            ),
            (
                "path",
                self.path.as_ref().is_none_or(|patterns| patterns.any(page_matched)),
            ),
        ]
        .into_iter()
        .find_map(|(key, held)| (!held).then_some(key))
    }

    /// Whether this match holds wherever `other` does, as far as can be told from the words alone. Never true where it is
    /// not so; now and then false where a longer look would show that it is.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        covers_all(self.application.as_ref(), other.application.as_ref(), PartialEq::eq)
            && covers_all(self.device.as_ref(), other.device.as_ref(), PartialEq::eq)
            && covers_all(self.role.as_ref(), other.role.as_ref(), PartialEq::eq)
            && covers_all(self.path.as_ref(), other.path.as_ref(), PathPattern::covers)
    }

    /// Whether no session is in both: they ask for different applications or classes of device. A session may have any
    /// roles together.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        excludes_all(self.application.as_ref(), other.application.as_ref())
            || excludes_all(self.device.as_ref(), other.device.as_ref())
    }
}

/// What asks for nothing covers everything; else each of the others must be covered by one of its own.
fn covers_all<T>(own: Option<&OneOrMany<T>>, others: Option<&OneOrMany<T>>, covers: impl Fn(&T, &T) -> bool) -> bool {
    own.is_none_or(|own| others.is_some_and(|others| others.iter().all(|other| own.any(|own| covers(own, other)))))
}

fn excludes_all(own: Option<&OneOrMany<Box<str>>>, others: Option<&OneOrMany<Box<str>>>) -> bool {
    own.zip(others)
        .is_some_and(|(own, others)| !others.any(|other| own.any(|own| own == other)))
}

/// One value, or a list of which any may hold. Never empty: an empty list could only be a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMany<T>(Vec<T>);

impl<T> OneOrMany<T> {
    /// This value alone.
    #[must_use]
    pub fn one(value: T) -> Self {
        Self(vec![value])
    }

    fn any(&self, holds: impl Fn(&T) -> bool) -> bool {
        self.0.iter().any(holds)
    }

    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            many => many.serialize(serializer),
        }
    }
}

impl<'de, T: TryFrom<String>> Deserialize<'de> for OneOrMany<T>
where
    T::Error: std::fmt::Display,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a text or a list of texts")]
        enum Written {
            One(String),
            Many(Vec<String>),
        }
        let texts = match Written::deserialize(deserializer)? {
            Written::One(text) => vec![text],
            Written::Many(texts) => texts,
        };
        if texts.is_empty() {
            return Err(serde::de::Error::custom(
                "an empty list matches nothing; leave the key out to match everything",
            ));
        }
        let values = texts.into_iter().map(T::try_from).collect::<Result<_, _>>();
        values.map(Self).map_err(serde::de::Error::custom)
    }
}
