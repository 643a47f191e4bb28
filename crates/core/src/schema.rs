//! JSON Schema of the document (feature `schema`): what a configuration's editor and a description of the API show of it.
//!
//! A schema says how a value is written. Whether the values go together ([`crate::policy::Violation`]) it cannot say.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::duration::Limit;
use crate::path::PathPattern;
use crate::time::Span;

/// Units from large to small, each once. The digits are bounded so that the sum of what matches can be counted, and written
/// again as a text that matches.
pub(crate) const DURATION: &str = "([0-9]{1,11}d)?([0-9]{1,9}h)?([0-9]{1,11}m)?([0-9]{1,12}s)?([0-9]{1,15}ms)?";

/// A transform of schemas: a key is present or left out; `null` is neither, so the schema of an optional key does not offer it.
pub fn keys_are_never_null(schema: &mut Schema) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for property in properties.values_mut() {
        without_null(property);
    }
}

fn without_null(property: &mut Value) {
    let Value::Object(keywords) = property else { return };
    if let Some(Value::Array(types)) = keywords.get_mut("type") {
        types.retain(|word| word != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            keywords.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(kinds)) = keywords.get_mut("anyOf") {
        kinds.retain(|kind| *kind != json!({ "type": "null" }));
        if let [Value::Object(only)] = kinds.as_slice() {
            let only = only.clone();
            keywords.remove("anyOf");
            keywords.extend(only);
        }
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Numbers with the units `d h m s ms`, larger units first, each once.",
            "minLength": 2,
            "pattern": format!("^{DURATION}$"),
            "examples": ["30m", "1h30m"],
        })
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A duration such as `30m` or `1h30m`, or `off` for no limit.",
            "minLength": 2,
            "pattern": format!("^(off|{DURATION})$"),
            "examples": ["30m", "off"],
        })
    }
}

impl JsonSchema for PathPattern {
    fn schema_name() -> Cow<'static, str> {
        "PathPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "`*` is one segment, `**` any number of them, none included.",
            "pattern": r"^(/([^*/]*|\*|\*\*))+$",
            "examples": ["/billing/**"],
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::time::Span;

    #[test]
    fn the_longest_duration_of_the_schema_can_be_counted() {
        let longest = "99999999999d999999999h99999999999m999999999999s999999999999999ms";
        assert!(longest.parse::<Span>().is_ok());
    }
}
