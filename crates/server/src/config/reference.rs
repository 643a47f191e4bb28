//! Every key of a configuration for people: `docs/configuration.md`, which `nightlatch check --keys` prints.

use std::fmt::Write as _;

use serde_json::Value;

use super::document::root;
use super::schema::{Kind, Node};

const INTRODUCTION: &str = r#"# Configuration

<!-- Written by `nightlatch check --keys`. -->

A configuration is a TOML file. Every key may be left out, unless it says *required*; then its default holds. An unknown key is
an error, and every error names file, line, column and key, and how to mend it: `nightlatch check latch.toml`.

- **Durations** are text with units, larger ones first: `"30m"`, `"1h30m"`, `"250ms"`. The units are `d`, `h`, `m`, `s` and `ms`.
- **Paths of files** are relative to the configuration file, whatever the working directory.
- **Patterns** of request paths: `*` is one segment, `**` any number of them, none included. `/admin/**` is `/admin` and
  everything below it.
- **The environment wins over the file.** The variable of a key is its name in capital letters, with two underscores between
  its parts: `NIGHTLATCH__POLICY__IDLE=10m`, `NIGHTLATCH__POLICY__MAX_SESSIONS=3`, `NIGHTLATCH__PROXY__INJECT=false`. Lists and tables
  are written as in TOML: `NIGHTLATCH__SERVER__TRUSTED_PROXIES='["10.0.0.7"]'`. An entry of a list is named by its number, counted
  from 0: `NIGHTLATCH__POLICY__RULES__0__IDLE=5m`. Paths in variables are relative to the working directory.
- The policy is explained in [policy.md](policy.md), sites and the proxy in [proxy.md](proxy.md), gateways in
  [gateways.md](gateways.md).
"#;

/// The whole document.
pub(crate) fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    section(&mut text, root(), &Heading::default());
    text
}

/// How a table is written: `[proxy.tls]`, `[[sites]]`, or a table within one line.
#[derive(Clone, Debug, Default)]
struct Heading {
    path: String,
    is_entry: bool,
}

impl Heading {
    fn below(&self, name: &str, is_entry: bool) -> Self {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Self { path, is_entry }
    }

    fn shown(&self) -> String {
        if self.is_entry {
            format!("[[{}]]", self.path)
        } else {
            format!("[{}]", self.path)
        }
    }
}

fn section(text: &mut String, node: &Node, heading: &Heading) {
    let Some((keys, required)) = node.keys() else { return };
    let mut tables = Vec::new();
    let mut rows = Vec::new();
    for (name, below) in keys {
        if let Some(table) = table_of(below) {
            let (table, is_entry) = table;
            tables.push((heading.below(name, is_entry), below, table));
        } else if let Some(named) = below.named() {
            tables.push((heading.below(&format!("{name}.NAME"), false), below, named));
        } else {
            rows.push((name, below));
        }
    }
    if !rows.is_empty() {
        text.push_str("\n| key | takes | left out | meaning |\n|---|---|---|---|\n");
    }
    for (name, below) in rows {
        let left_out = if required.contains(name) {
            "*required*".to_owned()
        } else {
            below.default.as_ref().map_or_else(String::new, default)
        };
        let _ = writeln!(
            text,
            "| `{name}` | {} | {left_out} | {} |",
            takes(below),
            meaning(below)
        );
    }
    for (heading, outer, table) in tables {
        let _ = write!(text, "\n## `{}`\n", heading.shown());
        let about = if outer.about.is_empty() {
            &table.about
        } else {
            &outer.about
        };
        let _ = write!(text, "\n{}\n", one_line(about));
        section(text, table, &heading);
    }
}

/// The table that may stand here, and whether as an entry of a list.
fn table_of(node: &Node) -> Option<(&Node, bool)> {
    if node.keys().is_some() {
        return Some((node, false));
    }
    let elements = node.elements()?;
    elements.keys().map(|_| (elements, true))
}

fn default(value: &Value) -> String {
    match value {
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Object(_) => String::new(),
        value => format!("`{value}`"),
    }
}

fn takes(node: &Node) -> String {
    let example = || {
        node.examples
            .first()
            .map_or_else(String::new, |example| format!(", such as `{example}`"))
    };
    let kinds = node.kinds.iter().map(|kind| match kind {
        Kind::Table { .. } | Kind::Named(_) => "a table".to_owned(),
        Kind::List(elements) => format!("a list of: {}", takes(elements)),
        Kind::Words(words) => {
            let words: Vec<_> = words.iter().map(|(word, _)| format!("`\"{word}\"`")).collect();
            words.join(", ")
        }
        Kind::Text { .. } if node.is_duration() => format!("a duration{}", example()),
        Kind::Text { .. } if node.is_file() => "the path of a file".to_owned(),
        Kind::Text { .. } => format!("text{}", example()),
        Kind::Integer { least, most } => match (*least, *most) {
            (i64::MIN, _) => "a whole number".to_owned(),
            (least, most) if most >= i64::from(u32::MAX) => format!("a whole number from {least}"),
            (least, most) => format!("a whole number from {least} to {most}"),
        },
        Kind::Boolean => "`true` or `false`".to_owned(),
    });
    kinds.collect::<Vec<_>>().join("; or ")
}

fn meaning(node: &Node) -> String {
    let mut meaning = one_line(&node.about);
    let words = node.words().or_else(|| node.elements().and_then(Node::words));
    for (word, about) in words.into_iter().flatten().filter(|(_, about)| !about.is_empty()) {
        let about = one_line(about);
        let _ = write!(meaning, " `\"{word}\"`: {}", about.trim_start());
    }
    meaning.trim().replace('|', "\\|")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_what_the_code_reads() {
        let document = include_str!("../../../../docs/configuration.md");
        assert!(
            document == reference(),
            "docs/configuration.md is not fresh; write it again: cargo run -- check --keys > docs/configuration.md"
        );
    }

    #[test]
    fn every_key_says_what_it_means() {
        let silent: Vec<_> = reference()
            .lines()
            .filter(|line| line.starts_with("| `") && line.ends_with("|  |"))
            .map(str::to_owned)
            .collect();
        assert_eq!(silent, [""; 0]);
    }
}
