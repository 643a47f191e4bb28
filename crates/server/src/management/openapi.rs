//! The description of the API (`OpenAPI` 3.1), put together from the operations themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use axum::response::Response;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::operation::{Group, Operation, OperationDescription};
use super::operations;
use super::refusal::Refusal;
use crate::http::headers;
use crate::http::problem::Problem;

/// The document as it is served. It depends on nothing but the code.
pub(super) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document(&operations()));

/// `GET openapi.json`. It says what there is and nothing of what is kept, so it needs no key: tools can read it, and who has
/// no key learns how to get one.
pub(super) async fn openapi() -> Response {
    headers::json(&*DOCUMENT)
}

fn document(operations: &[Operation]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut requests = settings.clone().for_deserialize().into_generator();
    let mut answers = settings.for_serialize().into_generator();
    let problem = Problem::schema(&mut answers).to_value();

    let mut paths = Map::new();
    for operation in operations {
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        item[operation.method.as_str().to_lowercase()] = described(operation, &problem, &mut requests, &mut answers);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "nightlatch management API",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Sessions, the policy over them, and the audit of what happened.",
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "The management listener that served this document." }],
        "tags": Group::ALL.map(|group| json!({ "name": group.name(), "description": group.description() })),
        "paths": paths,
        "components": {
            "schemas": schemas(answers, requests),
            "securitySchemes": { "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key, `nlk_…`; `nightlatch keys create NAME` makes one.",
            } },
        },
    })
}

const ABOUT: &str = "Every call carries an API key as `Authorization: Bearer nlk_…`, and every key has scopes. Bodies are \
JSON objects; unknown keys are refused, in bodies and in queries. What goes wrong is told as `application/problem+json` \
(RFC 9457) with a `type` that never changes: see the types at each answer. A path that does not exist is `not-found`, a \
method that a path does not take is `method-not-allowed` with the header `Allow`.\n\nLists come in pages: `next_after` and \
the header `Link` say where the next one starts; the last page has neither.";

fn described(
    operation: &Operation,
    problem: &Value,
    requests: &mut SchemaGenerator,
    answers: &mut SchemaGenerator,
) -> Value {
    let mut description = OperationDescription::new(requests, answers);
    operation.description(&mut description);
    let OperationDescription {
        parameters,
        body,
        responses,
        refusals,
        ..
    } = description;
    let mut responses: Map<String, Value> = responses
        .into_iter()
        .map(|(status, response)| (status.to_string(), response))
        .collect();
    responses.extend(refused(&refusals, problem));
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.group.name()],
        "summary": operation.summary,
        "description": operation.description,
        // For a bearer the roles it needs.
        "security": [{ "key": [operation.scope.as_str()] }],
        "responses": responses,
    });
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if let Some(mut body) = body {
        if let (Some(example), Some(Value::Object(content))) = (operation.example(), body.get_mut("content")) {
            for media in content.values_mut() {
                media["example"] = example.clone();
            }
        }
        described["requestBody"] = body;
    }
    described
}

/// One answer for each status, with the types of problem that come with it.
fn refused(refusals: &BTreeSet<Refusal>, problem: &Value) -> BTreeMap<String, Value> {
    let mut by_status = BTreeMap::<u16, Vec<Refusal>>::new();
    for refusal in refusals {
        by_status.entry(refusal.status().as_u16()).or_default().push(*refusal);
    }
    let response = |(status, refusals): (u16, Vec<Refusal>)| {
        let titles: Vec<_> = refusals.iter().map(|refusal| refusal.title()).collect();
        let kinds: Vec<_> = refusals.iter().map(|refusal| refusal.kind()).collect();
        let narrowed = json!({ "properties": { "type": { "enum": kinds }, "status": { "const": status } } });
        let mut response = json!({
            "description": titles.join(". "),
            "content": { "application/problem+json": { "schema": { "allOf": [problem, narrowed] } } },
        });
        if let Some(header) = refusals.iter().find_map(|refusal| header(*refusal)) {
            response["headers"] = header;
        }
        (status.to_string(), response)
    };
    by_status.into_iter().map(response).collect()
}

fn header(refusal: Refusal) -> Option<Value> {
    let required = |name: &str, schema: Value| json!({ name: { "required": true, "schema": schema } });
    match refusal {
        Refusal::NoApiKey => Some(required("WWW-Authenticate", json!({ "const": "Bearer" }))),
        Refusal::StoreUnavailable => Some(required("Retry-After", json!({ "type": "integer", "minimum": 1 }))),
        _ => None,
    }
}

/// Where a request and an answer name the same form, the request's also describes the answer: it asks for fewer keys.
fn schemas(mut answers: SchemaGenerator, mut requests: SchemaGenerator) -> Map<String, Value> {
    let mut schemas = answers.take_definitions(true);
    schemas.extend(requests.take_definitions(true));
    schemas
}
