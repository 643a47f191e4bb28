//! What has the wrong shape in a document: keys that are not known, values of another kind, words that mean nothing. All of it
//! is told, not only the first.

use toml::{Table, Value};

use super::super::address::ADDRESS;
use super::super::key::Key;
use super::super::schema::{Kind, Node};
use super::problem::{Problem, listed};
use super::unknown_key;

/// Everything wrong with the shape of a document.
pub(super) fn problems(root: &Node, table: &Table) -> Vec<Problem> {
    let mut walk = Walk {
        root,
        found: Vec::new(),
    };
    walk.table(root, &Key::default(), table);
    walk.found
}

struct Walk<'a> {
    root: &'a Node,
    found: Vec<Problem>,
}

impl Walk<'_> {
    fn value(&mut self, node: &Node, key: &Key, value: &Value) {
        match value {
            Value::Table(table) if node.keys().is_some() || node.named().is_some() => self.table(node, key, table),
            Value::Array(list) if node.elements().is_some() => {
                let Some(elements) = node.elements() else { return };
                for (index, element) in list.iter().enumerate() {
                    self.value(elements, &key.at(index), element);
                }
            }
            Value::String(text) if node.takes_text() => self.text(node, key, text),
            Value::Integer(number) if integers(node).next().is_some() => self.integer(node, key, *number),
            Value::Boolean(_) if node.kinds.iter().any(|kind| matches!(kind, Kind::Boolean)) => {}
            other => self.found.push(wrong_kind(node, key, other)),
        }
    }

    fn table(&mut self, node: &Node, key: &Key, table: &Table) {
        for (name, value) in table {
            match node.below(name) {
                Some(below) => self.value(below, &key.below(name), value),
                None => self.found.push(unknown_key::problem(self.root, node, key, name)),
            }
        }
        let required = node.keys().map(|(_, required)| required).unwrap_or_default();
        for name in required.iter().filter(|name| !table.contains_key(*name)) {
            let message = format!("`{name}` is missing");
            self.found.push(Problem::of_what_is_missing(key.below(name), message));
        }
    }

    fn text(&mut self, node: &Node, key: &Key, text: &str) {
        let is_free = node.kinds.iter().any(|kind| matches!(kind, Kind::Text { .. }));
        let Some(words) = node.words().filter(|_| !is_free) else {
            return;
        };
        if !words.iter().any(|(word, _)| word == text) {
            let listed = listed(words.iter().map(|(word, _)| word.as_str()));
            let message = match (words, node.keys()) {
                ([_], Some(_)) => format!("`{text}` is neither {listed} nor a table"),
                _ => format!("`{text}` is none of {listed}"),
            };
            self.found.push(Problem::of_value(key.clone(), message));
        }
    }

    fn integer(&mut self, node: &Node, key: &Key, number: i64) {
        let fits = integers(node).any(|(least, most)| (least..=most).contains(&number));
        if !fits {
            let message = format!("{number} is not {}", expected(node));
            self.found.push(Problem::of_value(key.clone(), message));
        }
    }
}

fn wrong_kind(node: &Node, key: &Key, value: &Value) -> Problem {
    let takes = format!("takes {}, not {}", expected(node), kind_of(value));
    let of_tables = node.elements().is_some_and(|elements| elements.keys().is_some());
    let message = match value {
        Value::Table(_) if of_tables => {
            format!("{takes}; write the heading with two brackets, `[[{key}]]`, above each of them")
        }
        Value::Array(list) if node.named().is_some() => {
            let name = list.first().and_then(|first| first.get("name")).and_then(Value::as_str);
            let name = name.unwrap_or("NAME");
            format!("{takes}; write a heading with the name in it, `[{key}.{name}]`, above each of them")
        }
        Value::Array(list) if node.keys().is_some() && list.iter().all(Value::is_table) => {
            format!("{takes}; write the heading with single brackets, `[{key}]`, and once")
        }
        _ if node.keys().is_some_and(|(_, required)| required.len() > 1) => {
            let names = node
                .keys()
                .into_iter()
                .flat_map(|(keys, _)| keys.keys().map(String::as_str));
            format!("{takes}; write the heading `[{key}]`, and below it {}", listed(names))
        }
        _ => takes,
    };
    Problem::of_value(key.clone(), message)
}

fn integers(node: &Node) -> impl Iterator<Item = (i64, i64)> + '_ {
    node.kinds.iter().filter_map(|kind| match kind {
        Kind::Integer { least, most } => Some((*least, *most)),
        _ => None,
    })
}

/// What may stand here, in words.
fn expected(node: &Node) -> String {
    let kinds = node.kinds.iter().map(|kind| match kind {
        Kind::Table { .. } => "a table".to_owned(),
        Kind::Named(_) => "a table of names".to_owned(),
        Kind::List(elements) if elements.keys().is_some() => "a list of tables".to_owned(),
        Kind::List(_) => "a list".to_owned(),
        Kind::Words(words) => match words.as_slice() {
            [(only, _)] => format!("the word \"{only}\""),
            _ => "a word in quotes".to_owned(),
        },
        Kind::Text { .. } if node.is_duration() => "a duration in quotes".to_owned(),
        Kind::Text { format: Some(format) } if format == ADDRESS => "an address with its port in quotes".to_owned(),
        Kind::Text { .. } => "text in quotes".to_owned(),
        Kind::Integer { least, most } => match (*least, *most) {
            (i64::MIN, _) => "a whole number".to_owned(),
            (least, i64::MAX) => format!("a whole number from {least} on"),
            (least, most) => format!("a whole number from {least} to {most}"),
        },
        Kind::Boolean => "true or false".to_owned(),
    });
    kinds.collect::<Vec<_>>().join(" or ")
}

fn kind_of(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(_) => "text".to_owned(),
        Value::Integer(number) => format!("the number {number}"),
        Value::Float(number) => format!("the number {number}"),
        Value::Boolean(value) => value.to_string(),
        Value::Datetime(_) => "a date".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
    }
}
