//! The description of one operation while it is put together.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::management::refusal::Refusal;

/// Requests and answers have generators of their own: a key that may be left out of a request stands in every answer.
pub(in crate::management) struct OperationDescription<'a> {
    requests: &'a mut SchemaGenerator,
    answers: &'a mut SchemaGenerator,
    pub(in crate::management) parameters: Vec<Value>,
    pub(in crate::management) body: Option<Value>,
    pub(in crate::management) responses: BTreeMap<u16, Value>,
    pub(in crate::management) refusals: BTreeSet<Refusal>,
}

impl<'a> OperationDescription<'a> {
    pub(in crate::management) fn new(requests: &'a mut SchemaGenerator, answers: &'a mut SchemaGenerator) -> Self {
        Self {
            requests,
            answers,
            parameters: Vec::new(),
            body: None,
            responses: BTreeMap::new(),
            refusals: BTreeSet::new(),
        }
    }

    pub(in crate::management) fn refuse(&mut self, refusals: &[Refusal]) {
        self.refusals.extend(refusals);
    }

    /// The schema of a value in a request.
    pub(in crate::management) fn form<T: JsonSchema>(&mut self) -> Schema {
        self.requests.subschema_for::<T>()
    }

    pub(in crate::management) fn parameter(&mut self, place: &str, name: &str, about: &str, schema: &Schema) {
        self.parameters.push(json!({
            "name": name,
            "in": place,
            "required": place == "path",
            "description": about,
            "schema": schema,
        }));
    }

    /// Every key of an object is a parameter of the query.
    pub(in crate::management) fn query<T: JsonSchema>(&mut self) {
        let mut schema = T::json_schema(self.requests);
        nightlatch_core::schema::keys_are_never_null(&mut schema);
        let required = schema.get("required").cloned().unwrap_or_default();
        let Some(Value::Object(keys)) = schema.get("properties") else {
            return;
        };
        for (name, schema) in keys {
            let mut schema = schema.clone();
            let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let required = required
                .as_array()
                .is_some_and(|required| required.contains(&json!(name)));
            self.parameters.push(json!({
                "name": name,
                "in": "query",
                "required": required,
                "description": about,
                "schema": schema,
            }));
        }
    }

    pub(in crate::management) fn body<T: JsonSchema>(&mut self, media_types: &[&str]) {
        let schema = self.requests.subschema_for::<T>();
        self.body_of(&schema, media_types);
    }

    /// A body in any of these media types.
    pub(in crate::management) fn body_of(&mut self, schema: &Schema, media_types: &[&str]) {
        self.refuse(&[
            Refusal::BadRequest,
            Refusal::TooLarge,
            Refusal::TooSlow,
            Refusal::UnsupportedMediaType,
            Refusal::InvalidValue,
        ]);
        let content: Map<String, Value> = media_types
            .iter()
            .map(|media_type| ((*media_type).to_owned(), json!({ "schema": schema })))
            .collect();
        self.body = Some(json!({ "required": true, "content": content }));
    }

    /// An answer in JSON.
    pub(in crate::management) fn answer<T: JsonSchema>(&mut self, status: StatusCode, headers: &Value) {
        let schema = self.answers.subschema_for::<T>();
        let content = json!({ "application/json": { "schema": schema } });
        self.respond(status, headers, &content);
    }

    pub(in crate::management) fn respond(&mut self, status: StatusCode, headers: &Value, content: &Value) {
        let mut response = json!({ "description": status.canonical_reason().unwrap_or_default() });
        for (key, value) in [("headers", headers), ("content", content)] {
            if !value.is_null() {
                response[key] = value.clone();
            }
        }
        self.responses.insert(status.as_u16(), response);
    }
}
