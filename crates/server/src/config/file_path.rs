//! Paths of files in a configuration. They are relative to the file that they are written in, whatever the working directory;
//! what makes them so goes by the format of their schema, so a path of another type would be left out.

use std::borrow::Cow;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::schema::{FILE, Node};

/// The path of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct FilePath(PathBuf);

impl FilePath {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl TryFrom<String> for FilePath {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() {
            Err("an empty text names no file")
        } else {
            Ok(Self(text.into()))
        }
    }
}

impl Deref for FilePath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for FilePath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl JsonSchema for FilePath {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "File".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": FILE, "examples": ["nightlatch.pem"] })
    }
}

/// Makes every path of a document relative to a directory, those that are left out and have a default included.
pub(super) fn anchor(node: &Node, table: &mut Table, directory: &Path) {
    for (name, below) in node.keys().into_iter().flat_map(|(keys, _)| keys) {
        let left_out = default_file(below).map(Value::from).or_else(|| {
            let has_default = has_default_file(below);
            has_default.then(|| Value::Table(Table::new()))
        });
        if let Some(left_out) = left_out {
            table.entry(name).or_insert(left_out);
        }
    }
    for (name, value) in table.iter_mut() {
        if let Some(below) = node.below(name) {
            anchor_value(below, value, directory);
        }
    }
}

fn default_file(node: &Node) -> Option<&str> {
    node.default.as_ref().filter(|_| node.is_file())?.as_str()
}

/// Whether a table that is left out has paths all the same.
fn has_default_file(node: &Node) -> bool {
    let keys = node.keys().filter(|_| !node.is_optional);
    let below = keys.into_iter().flat_map(|(keys, _)| keys.values());
    below
        .into_iter()
        .any(|below| default_file(below).is_some() || has_default_file(below))
}

fn anchor_value(node: &Node, value: &mut Value, directory: &Path) {
    match value {
        Value::String(text) if node.is_file() && !text.is_empty() => {
            *text = directory.join(&*text).display().to_string();
        }
        Value::Array(list) => {
            for element in list {
                if let Some(elements) = node.elements() {
                    anchor_value(elements, element, directory);
                }
            }
        }
        Value::Table(table) => anchor(node, table, directory),
        _ => {}
    }
}
