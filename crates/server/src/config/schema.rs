//! Every key that a configuration may have, what may stand there and what it means. Read off the types that the
//! configuration is read into, so that what checks, what documents and what reads cannot differ.

use std::collections::BTreeMap;

use nightlatch_core::duration::Limit;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::key::{Key, Step};

/// The format of a text that names a file; relative to the file that it is written in.
pub(super) const FILE: &str = "file";

/// What may stand at a key, or at the top.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// What it is, in sentences.
    pub(super) about: String,
    /// What holds where it is left out, if that is a value.
    pub(super) default: Option<Value>,
    pub(super) examples: Vec<Value>,
    /// Any of these.
    pub(super) kinds: Vec<Kind>,
    /// Whether leaving it out means something that no value means.
    pub(super) is_optional: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// A table of known keys.
    Table {
        keys: BTreeMap<String, Node>,
        required: Vec<String>,
    },
    /// A table whose names the writer chooses.
    Named(Box<Node>),
    List(Box<Node>),
    /// One of these, each with its meaning.
    Words(Vec<(String, String)>),
    Text {
        format: Option<String>,
    },
    Integer {
        least: i64,
        most: i64,
    },
    Boolean,
}

impl Node {
    /// What the type takes.
    pub(super) fn of_type<T: JsonSchema>() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let schema = settings.into_generator().into_root_schema_for::<T>();
        Self::of(&schema.to_value())
    }

    fn of(schema: &Value) -> Self {
        let text = |key: &str| schema[key].as_str().unwrap_or_default().to_owned();
        let mut node = Self {
            about: text("description"),
            default: schema.get("default").filter(|default| !default.is_null()).cloned(),
            examples: schema["examples"].as_array().cloned().unwrap_or_default(),
            kinds: Vec::new(),
            is_optional: false,
        };
        let mut words = Vec::new();
        for alternative in ["oneOf", "anyOf"] {
            for inner in schema[alternative].as_array().into_iter().flatten() {
                node.is_optional |= inner["type"] == "null";
                let inner = Self::of(inner);
                for kind in inner.kinds {
                    match kind {
                        Kind::Words(more) => words.extend(more),
                        other => node.kinds.push(other),
                    }
                }
                if node.examples.is_empty() {
                    node.examples = inner.examples;
                }
            }
        }
        for word in schema["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .chain(schema.get("const"))
        {
            words.extend(word.as_str().map(|word| (word.to_owned(), text("description"))));
        }
        let has_words = !words.is_empty();
        if has_words {
            node.kinds.push(Kind::Words(words));
        }
        let types = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>(),
            Value::String(only) => vec![only.as_str()],
            _ => Vec::new(),
        };
        node.is_optional |= types.contains(&"null");
        for kind in types {
            node.kinds.extend(match kind {
                "object" => Some(Self::table(schema)),
                "array" => Some(Kind::List(Box::new(Self::of(&schema["items"])))),
                "string" if !has_words => Some(Kind::Text {
                    format: schema["format"].as_str().map(str::to_owned),
                }),
                "integer" => Some(Kind::Integer {
                    least: schema["minimum"].as_i64().unwrap_or(i64::MIN),
                    most: schema["maximum"].as_i64().unwrap_or(i64::MAX),
                }),
                "boolean" => Some(Kind::Boolean),
                _ => None,
            });
        }
        node
    }

    fn table(schema: &Value) -> Kind {
        if let Some(named @ Value::Object(_)) = schema.get("additionalProperties") {
            return Kind::Named(Box::new(Self::of(named)));
        }
        let keys = schema["properties"].as_object().into_iter().flatten();
        let required = schema["required"].as_array().into_iter().flatten();
        Kind::Table {
            keys: keys.map(|(name, schema)| (name.clone(), Self::of(schema))).collect(),
            required: required.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }

    /// The keys of the table that may stand here.
    pub(super) fn keys(&self) -> Option<(&BTreeMap<String, Self>, &[String])> {
        self.kinds.iter().find_map(|kind| match kind {
            Kind::Table { keys, required } => Some((keys, required.as_slice())),
            _ => None,
        })
    }

    /// What the tables here are that the writer names.
    pub(super) fn named(&self) -> Option<&Self> {
        self.kinds.iter().find_map(|kind| match kind {
            Kind::Named(node) => Some(&**node),
            _ => None,
        })
    }

    /// What the elements of the list are that may stand here.
    pub(super) fn elements(&self) -> Option<&Self> {
        self.kinds.iter().find_map(|kind| match kind {
            Kind::List(node) => Some(&**node),
            _ => None,
        })
    }

    pub(super) fn words(&self) -> Option<&[(String, String)]> {
        self.kinds.iter().find_map(|kind| match kind {
            Kind::Words(words) => Some(words.as_slice()),
            _ => None,
        })
    }

    /// What stands below a name.
    pub(super) fn below(&self, name: &str) -> Option<&Self> {
        let known = self.keys().and_then(|(keys, _)| keys.get(name));
        known.or_else(|| self.named())
    }

    /// Whether text may stand here as it is.
    pub(super) fn takes_text(&self) -> bool {
        self.kinds
            .iter()
            .any(|kind| matches!(kind, Kind::Text { .. } | Kind::Words(_)))
    }

    /// What stands at a key.
    pub(super) fn at(&self, key: &Key) -> Option<&Self> {
        key.0.iter().try_fold(self, |node, step| match step {
            Step::Name(name) => node.below(name),
            Step::Index(_) => node.elements(),
        })
    }

    /// Whether durations are what stands here.
    pub(super) fn is_duration(&self) -> bool {
        let shown = self.examples.iter().chain(&self.default).filter_map(Value::as_str);
        shown.into_iter().any(|text| text.parse::<Limit>().is_ok())
    }

    pub(super) fn is_file(&self) -> bool {
        self.kinds
            .iter()
            .any(|kind| matches!(kind, Kind::Text { format: Some(format) } if format == FILE))
    }
}
