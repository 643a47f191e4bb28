//! JSON Merge Patch (RFC 7396): keys that are not sent stay, `null` removes, everything else replaces; lists as a whole.

use axum::extract::{FromRequest, Request};
use schemars::json_schema;
use serde_json::{Map, Value};

use super::input::{MERGE_PATCH, read_object};
use super::signature::{Input, OperationDescription};
use crate::http::problem::Problem;

/// The body of a `PATCH`.
#[derive(Clone, Debug)]
pub(super) struct MergePatch(Map<String, Value>);

impl MergePatch {
    /// The document with the changes made.
    pub(super) fn apply(self, document: Value) -> Value {
        merged(document, Value::Object(self.0))
    }
}

fn merged(target: Value, patch: Value) -> Value {
    let Value::Object(changes) = patch else { return patch };
    let mut object = match target {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    for (key, change) in changes {
        if change.is_null() {
            object.remove(&key);
        } else {
            let before = object.remove(&key).unwrap_or_default();
            object.insert(key, merged(before, change));
        }
    }
    Value::Object(object)
}

impl<S: Send + Sync> FromRequest<S> for MergePatch {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read_object(request, MERGE_PATCH).await.map(Self)
    }
}

impl Input for MergePatch {
    fn description(description: &mut OperationDescription<'_>) {
        let schema = json_schema!({ "type": "object", "description": "A JSON Merge Patch (RFC 7396)." });
        description.body_of(&schema, MERGE_PATCH);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_examples_of_the_standard_hold() {
        for (target, patch, expected) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (
                json!({"a":{"b":"c"}}),
                json!({"a":{"b":"d","c":null}}),
                json!({"a":{"b":"d"}}),
            ),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!(null), json!(null)),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            assert_eq!(merged(target.clone(), patch.clone()), expected, "{target} {patch}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                object(inner),
            ]
        })
    }

    fn object(inner: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
        let entries = prop::collection::btree_map("[a-d]", inner, 0..4);
        entries
            .prop_map(|entries| Value::Object(entries.into_iter().collect()))
            .boxed()
    }

    fn no_null(value: &Value) -> bool {
        match value {
            Value::Object(entries) => entries.values().all(|value| !value.is_null() && no_null(value)),
            _ => true,
        }
    }

    proptest! {
        #[test]
        fn keys_that_are_not_sent_stay(document in object(any_json()), patch in object(any_json())) {
            let after = merged(document.clone(), patch.clone());
            for (key, before) in document.as_object().expect("an object") {
                if patch.get(key).is_none() {
                    prop_assert_eq!(after.get(key), Some(before));
                }
            }
            for (key, sent) in patch.as_object().expect("an object") {
                match sent {
                    Value::Null => prop_assert_eq!(after.get(key), None),
                    Value::Object(_) => prop_assert!(after[key].is_object()),
                    whole => prop_assert_eq!(after.get(key), Some(whole)),
                }
            }
        }

        #[test]
        fn what_is_sent_twice_changes_nothing_more(document in any_json(), patch in any_json()) {
            let once = merged(document, patch.clone());
            prop_assert_eq!(merged(once.clone(), patch), once);
        }

        #[test]
        fn a_document_is_a_patch_that_changes_it_to_itself(document in object(any_json())) {
            prop_assume!(no_null(&document));
            prop_assert_eq!(merged(document.clone(), document.clone()), document);
        }

        #[test]
        fn an_empty_patch_changes_nothing(document in object(any_json())) {
            prop_assert_eq!(MergePatch(Map::new()).apply(document.clone()), document);
        }
    }
}
