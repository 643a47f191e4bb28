//! Schemas as a reader sees them: a name, a kind, what holds for the value, and what is inside.

use askama::Template;
use serde_json::{Map, Value};

use super::prose::{Prose, prose};

/// Deeper nesting is named and not unfolded.
const DEEPEST: usize = 6;

/// One key, parameter or header.
#[derive(Template)]
#[template(path = "management/field.html")]
pub(super) struct Field {
    name: String,
    place: String,
    required: bool,
    kind: String,
    bounds: Vec<String>,
    about: Prose,
    inner: Vec<Self>,
}

impl Field {
    pub(super) fn parameter(document: &Value, parameter: &Value) -> Self {
        let mut field = Self::new(document, text(&parameter["name"]), &parameter["schema"], 0);
        text(&parameter["in"]).clone_into(&mut field.place);
        field.required = parameter["required"] == true;
        field.about = prose(text(&parameter["description"]));
        field
    }

    fn new(document: &Value, name: &str, schema: &Value, depth: usize) -> Self {
        let target = resolve(document, schema);
        let own = schema["description"].as_str();
        Self {
            name: name.to_owned(),
            place: String::new(),
            required: false,
            kind: kind(schema),
            bounds: bounds(resolve(document, only(schema))),
            about: prose(own.unwrap_or_else(|| text(&target["description"]))),
            inner: inner(document, schema, depth + 1),
        }
    }
}

/// The keys of what a schema means, through references, lists and alternatives.
pub(super) fn inner(document: &Value, schema: &Value, depth: usize) -> Vec<Field> {
    let schema = resolve(document, schema);
    if depth > DEEPEST {
        return Vec::new();
    }
    if let Some(properties) = schema["properties"].as_object() {
        return keys(document, properties, &schema["required"], depth);
    }
    for deeper in [&schema["items"], &schema["additionalProperties"]] {
        if deeper.is_object() {
            return inner(document, deeper, depth);
        }
    }
    let alternatives = list(&schema["anyOf"]).chain(list(&schema["allOf"]));
    let mut unfolded = alternatives.map(|schema| inner(document, schema, depth));
    unfolded.find(|keys| !keys.is_empty()).unwrap_or_default()
}

fn keys(document: &Value, properties: &Map<String, Value>, required: &Value, depth: usize) -> Vec<Field> {
    let field = |(name, schema): (&String, &Value)| {
        let mut field = Field::new(document, name, schema, depth);
        field.required = list(required).any(|key| key == name);
        field
    };
    let mut fields: Vec<Field> = properties.iter().map(field).collect();
    fields.sort_by_key(|field| !field.required);
    fields
}

/// The kind in a few words: `string`, `list of Session`, `Limit or null`.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if schema["items"].is_object() {
        return format!("list of {}", kind(&schema["items"]));
    }
    if schema["additionalProperties"].is_object() {
        return format!("{} by name", kind(&schema["additionalProperties"]));
    }
    let alternatives: Vec<String> = list(&schema["anyOf"]).map(kind).collect();
    if !alternatives.is_empty() {
        return alternatives.join(" or ");
    }
    match &schema["type"] {
        Value::String(word) => word.clone(),
        Value::Array(words) => words.iter().map(text).collect::<Vec<_>>().join(" or "),
        _ if schema["const"].is_boolean() => "boolean".to_owned(),
        _ => "object".to_owned(),
    }
}

/// What a value is when it is not null.
fn only(schema: &Value) -> &Value {
    let mut others = list(&schema["anyOf"]).filter(|other| other["type"] != "null");
    match (others.next(), others.next()) {
        (Some(only), None) => only,
        _ => schema,
    }
}

fn bounds(schema: &Value) -> Vec<String> {
    let mut bounds = Vec::new();
    if let Some(words) = schema["enum"].as_array() {
        bounds.push(format!(
            "one of {}",
            words.iter().map(literal).collect::<Vec<_>>().join(", ")
        ));
    }
    let words: Vec<String> = list(&schema["oneOf"]).map(|word| literal(&word["const"])).collect();
    if !words.is_empty() {
        bounds.push(format!("one of {}", words.join(", ")));
    }
    // That of a number is a matter of programs.
    if let Some(format) = schema["format"].as_str().filter(|_| schema["type"] == "string") {
        bounds.push(format!("format {format}"));
    }
    for (keyword, words) in [
        ("const", "always"),
        ("minimum", "from"),
        ("maximum", "to"),
        ("minLength", "shortest"),
        ("maxLength", "longest"),
        ("maxItems", "at most"),
        ("pattern", "matches"),
        ("default", "default"),
    ] {
        if let Some(value) = schema.get(keyword) {
            bounds.push(format!("{words} {}", literal(value)));
        }
    }
    bounds
}

fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
