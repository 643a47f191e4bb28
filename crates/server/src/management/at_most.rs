//! A list whose length has a bound.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// A list of at most `MOST` entries.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<T>", bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct AtMost<const MOST: usize, T>(Vec<T>);

impl<const MOST: usize, T: Into<Box<str>>> AtMost<MOST, T> {
    pub(super) fn into_inner(self) -> Vec<Box<str>> {
        self.0.into_iter().map(Into::into).collect()
    }
}

impl<const MOST: usize, T> Default for AtMost<MOST, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<const MOST: usize, T> TryFrom<Vec<T>> for AtMost<MOST, T> {
    type Error = String;

    fn try_from(entries: Vec<T>) -> Result<Self, String> {
        if entries.len() > MOST {
            return Err(format!(
                "{} entries are not possible; at most {MOST} are",
                entries.len()
            ));
        }
        Ok(Self(entries))
    }
}

impl<const MOST: usize, T: JsonSchema> JsonSchema for AtMost<MOST, T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("AtMost{MOST}{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": generator.subschema_for::<T>(), "maxItems": MOST })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_refused_by_its_length_alone() {
        assert!(AtMost::<2, &str>::try_from(vec![]).is_ok());
        assert!(AtMost::<2, &str>::try_from(vec!["a", "b"]).is_ok());
        let refused = AtMost::<2, &str>::try_from(vec!["a", "b", "c"]);
        assert_eq!(refused, Err("3 entries are not possible; at most 2 are".to_owned()));
    }
}
