//! JSON Schema of the types of the document that have a form of their own.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Absent, OneOrMany};
use crate::schema::DURATION;

impl JsonSchema for Absent {
    fn schema_name() -> Cow<'static, str> {
        "Absent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "`count`: the idle clock runs. `pause`: it stands still. A duration: the session ends after it.",
            "minLength": 2,
            "pattern": format!("^(count|pause|{DURATION})$"),
            "examples": ["count", "5m"],
        })
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

#[cfg(test)]
mod tests {
    use schemars::schema_for;
    use serde_json::Value;

    use crate::policy::PolicyDocument;

    #[test]
    fn the_schema_of_a_policy_has_its_keys_and_no_null() {
        let schema = schema_for!(PolicyDocument).to_value();
        assert_eq!(schema["additionalProperties"], Value::Bool(false));
        for key in ["idle", "absolute", "rules", "gates", "passive", "caps", "choice"] {
            assert!(schema["properties"].get(key).is_some(), "{key}: {schema:#}");
        }
        assert_eq!(schema.get("required"), None, "every key has a default");
        assert!(!schema.to_string().contains("\"null\""), "{schema:#}");
    }
}
