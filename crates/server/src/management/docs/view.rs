//! The document in the order in which it is read: groups, operations, answers.

use serde_json::Value;

use super::field::{Field, inner, kind, list, resolve, text};
use super::prose::{Prose, prose};
use crate::management::refusal::Refusal;

pub(super) struct View {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) about: Vec<Prose>,
    pub(super) groups: Vec<Group>,
    pub(super) problems: Vec<(String, u16, &'static str)>,
}

pub(super) struct Group {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) operations: Vec<Described>,
}

pub(super) struct Described {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) about: Prose,
    pub(super) scope: String,
    pub(super) parameters: Vec<Field>,
    pub(super) body: Option<Form>,
    pub(super) answers: Vec<Answered>,
    pub(super) curl: String,
}

pub(super) struct Answered {
    pub(super) status: String,
    pub(super) about: String,
    pub(super) form: Option<Form>,
    pub(super) problems: Vec<String>,
    pub(super) headers: Vec<String>,
}

pub(super) struct Form {
    pub(super) kind: String,
    pub(super) fields: Vec<Field>,
}

impl View {
    pub(super) fn of(document: &Value) -> Self {
        let info = &document["info"];
        let problem = |refusal: Refusal| (refusal.kind(), refusal.status().as_u16(), refusal.title());
        Self {
            title: text(&info["title"]).to_owned(),
            version: text(&info["version"]).to_owned(),
            about: text(&info["description"]).split("\n\n").map(prose).collect(),
            groups: list(&document["tags"]).map(|tag| Group::of(document, tag)).collect(),
            problems: Refusal::ALL.map(problem).into(),
        }
    }
}

impl Group {
    fn of(document: &Value, tag: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| (path, method, operation))
        });
        let mut operations: Vec<_> = operations
            .filter(|(_, _, operation)| list(&operation["tags"]).any(|name| *name == tag["name"]))
            .collect();
        // What only reads comes first, what ends things last.
        let rank = |method: &str| {
            ["get", "post", "put", "patch", "delete"]
                .iter()
                .position(|known| *known == method)
        };
        operations.sort_by_key(|(path, method, _)| (path.as_str(), rank(method)));
        Self {
            name: text(&tag["name"]).to_owned(),
            about: text(&tag["description"]).to_owned(),
            operations: operations
                .into_iter()
                .map(|(path, method, operation)| Described::of(document, path, method, operation))
                .collect(),
        }
    }
}

impl Described {
    fn of(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let responses = operation["responses"].as_object().into_iter().flatten();
        Self {
            id: text(&operation["operationId"]).to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]).to_owned(),
            about: prose(text(&operation["description"])),
            scope: text(&operation["security"][0]["key"][0]).to_owned(),
            parameters: list(&operation["parameters"])
                .map(|parameter| Field::parameter(document, parameter))
                .collect(),
            body: form(document, &operation["requestBody"]),
            answers: responses
                .map(|(status, response)| Answered::of(document, status, response))
                .collect(),
            curl: curl(document, path, method, operation),
        }
    }
}

impl Answered {
    fn of(document: &Value, status: &str, response: &Value) -> Self {
        let refused = &response["content"]["application/problem+json"]["schema"]["allOf"][1];
        let problems = list(&refused["properties"]["type"]["enum"]).map(|kind| text(kind).to_owned());
        let headers = response["headers"].as_object().into_iter().flatten();
        Self {
            status: status.to_owned(),
            about: text(&response["description"]).to_owned(),
            form: form(document, response).filter(|_| refused.is_null()),
            problems: problems.collect(),
            headers: headers.map(|(name, _)| name.clone()).collect(),
        }
    }
}

/// What a request or an answer carries, in the first of its media types.
fn form(document: &Value, carrier: &Value) -> Option<Form> {
    let (_, media) = carrier["content"].as_object()?.iter().next()?;
    Some(Form {
        kind: kind(&media["schema"]),
        fields: inner(document, &media["schema"], 0),
    })
}

/// A call that can be pasted into a shell.
fn curl(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let mut path = path.to_owned();
    for parameter in list(&operation["parameters"]).filter(|parameter| parameter["in"] == "path") {
        let schema = resolve(document, &parameter["schema"]);
        let named = format!("{{{}}}", text(&parameter["name"]));
        path = path.replace(&named, text(&schema["examples"][0]));
    }
    let method = match method {
        "get" => String::new(),
        other => format!(" --request {}", other.to_uppercase()),
    };
    let example = &operation["requestBody"]["content"]["application/json"]["example"];
    let body = if example.is_null() {
        String::new()
    } else {
        format!(" \\\n  --header \"Content-Type: application/json\" \\\n  --data '{example}'")
    };
    format!("curl{method} \"$NIGHTLATCH_URL{path}\" \\\n  --header \"Authorization: Bearer $NIGHTLATCH_API_KEY\"{body}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_carries_key_and_example() {
        let operation = json!({
            "parameters": [{ "in": "path", "name": "handle", "schema": { "$ref": "#/h" } }],
            "requestBody": { "content": { "application/json": { "example": { "subject": "ada" } } } },
        });
        let document = json!({ "h": { "examples": ["01"] } });
        assert_eq!(
            curl(&document, "/s/{handle}", "post", &operation),
            "curl --request POST \"$NIGHTLATCH_URL/s/01\" \\\n  --header \"Authorization: Bearer $NIGHTLATCH_API_KEY\" \\\n  \
             --header \"Content-Type: application/json\" \\\n  --data '{\"subject\":\"ada\"}'"
        );
    }
}
