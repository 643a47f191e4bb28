//! Every key of the configuration, as the code reads it: nonsense is told with its place and a remedy, and whoever follows
//! the remedy is told nothing more about the key.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::super::document::root;
use super::super::key::{Key, Step};
use super::super::schema::Node;
use super::super::{Config, ConfigError};

/// Keys where any text means something.
const FREE: &[&str] = &[
    "policy.deviation",
    "policy.justification",
    "policy.applications.app.deviation",
    "policy.gates[0].match.application",
    "policy.gates[0].match.device",
    "policy.gates[0].match.role",
    "policy.gates[0].name",
    "policy.passive[0].match.application",
    "policy.passive[0].match.device",
    "policy.passive[0].match.role",
    "policy.passive[0].name",
    "policy.rules[0].deviation",
    "policy.rules[0].match.application",
    "policy.rules[0].match.device",
    "policy.rules[0].match.role",
    "policy.rules[0].name",
    "proxy.tls.certificate",
    "proxy.tls.key",
    "proxy.upstream_ca",
    "server.provider_note",
    "sites[0].application",
    "sites[0].host",
    "store.password_file",
    "store.path",
    "store.root_certificates",
];

/// The leaves below a node.
fn leaves(node: &Node, key: &Key, found: &mut Vec<Key>) {
    if let Some((keys, _)) = node.keys() {
        for (name, below) in keys {
            leaves(below, &key.below(name), found);
        }
    } else if let Some(named) = node.named() {
        leaves(named, &key.below("app"), found);
    } else if let Some(elements) = node.elements().filter(|elements| elements.keys().is_some()) {
        leaves(elements, &key.at(0), found);
    } else {
        found.push(key.clone());
    }
}

fn every_leaf() -> Vec<Key> {
    let mut found = Vec::new();
    leaves(root(), &Key::default(), &mut found);
    found
}

/// Something that a key takes.
fn example(node: &Node) -> Value {
    let shown = node.examples.iter().chain(&node.default).next();
    let word = || node.words().map(|words| Value::from(words[0].0.as_str()));
    let list = || node.elements().map(|elements| Value::Array(vec![example(elements)]));
    let shown = shown.map(|shown| Value::try_from(shown).expect("TOML"));
    shown
        .or_else(word)
        .or_else(list)
        .expect("an example of what is required")
}

/// A document with this value at this key, and what its tables require beside it.
fn document(key: &Key, value: Value) -> String {
    let mut table = Table::new();
    for length in 1..key.0.len() {
        let above = Key(key.0[..length].to_vec());
        let is_list = matches!(key.0[length], Step::Index(_));
        if above.find(&table).is_none() {
            let empty = if is_list {
                Value::Array(Vec::new())
            } else {
                Value::Table(Table::new())
            };
            assert!(above.put(&mut table, empty), "{above}");
        }
        let needed = root().at(&above).and_then(Node::keys);
        for name in needed.map(|(_, required)| required).unwrap_or_default() {
            let sibling = above.below(name);
            let node = root().at(&sibling).expect("a known key");
            sibling.put(&mut table, example(node));
        }
    }
    assert!(key.put(&mut table, value), "{key}");
    toml::to_string(&table).expect("TOML")
}

fn errors(text: &str) -> Vec<ConfigError> {
    Config::parse(text, "latch.toml", []).err().unwrap_or_default()
}

/// Where a message says what to write, and what: a line such as `idle = "30m"`, an element of a list, or text.
fn proposed(message: &str, own: &Key) -> Option<(Key, Value)> {
    let (_, after) = message.split_once("write for example `")?;
    let (whole, _) = after.rsplit_once('`')?;
    if let Ok(line) = whole.parse::<Table>() {
        let (name, new) = line.into_iter().next()?;
        let at = if own.name() == Some(&name) {
            own.clone()
        } else {
            own.below(&name)
        };
        return Some((at, new));
    }
    let (text, _) = after.split_once('`')?;
    let element = format!("x = {whole}").parse::<Table>().ok();
    let element = element.and_then(|mut line| line.remove("x"));
    Some((own.clone(), element.unwrap_or_else(|| Value::from(text))))
}

fn nonsense() -> Vec<Value> {
    vec![
        Value::from("no~nsense!"),
        Value::from(""),
        Value::from(-7),
        Value::from(1.5),
        Value::from(true),
        Value::Array(vec![Value::from(true)]),
        Value::Table([("no_such_key".to_owned(), Value::from(1))].into_iter().collect()),
        "2026-03-01"
            .parse::<toml::value::Datetime>()
            .map(Value::from)
            .expect("a date"),
    ]
}

#[test]
fn nonsense_is_told_with_place_key_and_a_remedy_that_is_accepted() {
    let mut followed = 0;
    for key in every_leaf() {
        for value in nonsense() {
            let text = document(&key, value.clone());
            for error in errors(&text) {
                let told = error.to_string();
                let place = error.position.is_some() && error.key.is_some();
                assert!(place, "no place: {told}\n{text}");
                assert!(
                    error.message.contains("; "),
                    "what is to be done?\n  {told}\nfor\n{text}"
                );
                let own = Key::parse(error.key.as_deref().expect("a key"), &text.parse().expect("TOML"));
                let Some((at, new)) = proposed(&error.message, &own) else {
                    continue;
                };
                let mut mended: Table = text.parse().expect("TOML");
                assert!(at.put(&mut mended, new), "{told}");
                let left = errors(&toml::to_string(&mended).expect("TOML"));
                let still = left
                    .iter()
                    .find(|left| left.key.as_deref().is_some_and(|key| key.starts_with(&at.to_string())));
                assert!(
                    still.is_none(),
                    "{told}\nwas followed, and then: {}",
                    still.expect("one")
                );
                followed += 1;
            }
        }
    }
    assert!(followed > 100, "{followed} remedies were followed");
}

#[test]
fn a_word_that_means_nothing_is_accepted_only_where_any_text_does() {
    let mut free = BTreeSet::new();
    for key in every_leaf() {
        let is_list = root().at(&key).is_some_and(|node| node.elements().is_some());
        let takes_text = root().at(&key).is_some_and(Node::takes_text);
        let word = Value::from("debgu");
        let value = if is_list && !takes_text {
            Value::Array(vec![word])
        } else {
            word
        };
        let concerned = |error: &ConfigError| {
            error
                .key
                .as_deref()
                .is_some_and(|told| told.starts_with(&key.to_string()))
        };
        if !errors(&document(&key, value)).iter().any(concerned) {
            free.insert(key.to_string());
        }
    }
    let unexpected: Vec<_> = free.iter().filter(|key| !FREE.contains(&key.as_str())).collect();
    assert_eq!(
        unexpected,
        [""; 0].iter().collect::<Vec<_>>(),
        "say what they take, or add them to the list"
    );
}

#[test]
fn every_key_can_be_set_by_the_environment() {
    for key in every_leaf() {
        let node = root().at(&key).expect("a known key");
        let shown = node.examples.iter().chain(&node.default).next();
        let value = shown.and_then(|shown| Value::try_from(shown).ok());
        let Some(value) = value.or_else(|| node.words().map(|words| Value::from(words[0].0.as_str()))) else {
            continue;
        };
        let names: Vec<_> = key
            .0
            .iter()
            .map(|step| match step {
                Step::Name(name) => name.to_ascii_uppercase(),
                Step::Index(index) => index.to_string(),
            })
            .collect();
        let variable = format!("NIGHTLATCH__{}", names.join("__"));
        let written = match &value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        // What a table requires besides stands in the file.
        let mut file: Table = document(&key, value).parse().expect("TOML");
        key.remove(&mut file);
        let file = toml::to_string(&file).expect("TOML");
        let read = Config::parse(&file, "latch.toml", [(variable.clone(), written.clone())]);
        let errors = read.err().unwrap_or_default();
        let concerned: Vec<_> = errors
            .iter()
            .filter(|error| error.key.as_deref() == Some(&key.to_string()) && error.message.contains("takes"))
            .map(ToString::to_string)
            .collect();
        assert_eq!(concerned, [""; 0], "{variable}={written}");
        let nonsense = Config::parse(&file, "latch.toml", [(variable.clone(), "\u{1}".to_owned())]);
        for error in nonsense.err().unwrap_or_default() {
            if error
                .key
                .as_deref()
                .is_some_and(|told| told.starts_with(&key.to_string()))
            {
                assert!(error.source.contains(&variable), "{error}");
            }
        }
    }
}
