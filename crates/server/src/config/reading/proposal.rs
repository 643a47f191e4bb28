//! A value to write in place of a wrong one. Whatever is proposed has been tried: with it the document has no mistake there.

use jiff::{SpanTotal, Unit};
use nightlatch_core::duration::Limit;
use nightlatch_core::time::Span;
use toml::{Table, Value};

use super::super::key::Key;
use super::super::schema::{Kind, Node};
use super::super::similar::{most_similar, same_but_for_spelling};

/// The first value that is accepted at a key of a document: what was meant, as far as can be guessed, else an example.
pub(super) fn propose(root: &Node, table: &Table, key: &Key, accepted: impl Fn(&Table) -> bool) -> Option<Value> {
    let node = root.at(key)?;
    let candidates = candidates(node, key.find(table));
    candidates.into_iter().find(|candidate| {
        let mut tried = table.clone();
        key.put(&mut tried, candidate.clone()) && accepted(&tried)
    })
}

fn candidates(node: &Node, written: Option<&Value>) -> Vec<Value> {
    let mut candidates = Vec::new();
    if let Some(written) = written {
        // Whoever writes text where a word is possible means one.
        let is_word = |kind: &&Kind| !written.is_str() || node.words().is_none() || matches!(kind, Kind::Words(_));
        for kind in node.kinds.iter().filter(is_word) {
            candidates.extend(meant(node, kind, written));
        }
        if written.is_str() {
            candidates.extend(
                node.words()
                    .into_iter()
                    .flatten()
                    .map(|(word, _)| Value::from(word.as_str())),
            );
        }
    }
    let default = node
        .default
        .iter()
        .filter(|default| default.as_array().is_none_or(|list| !list.is_empty()));
    candidates.extend(default.chain(&node.examples).filter_map(as_toml));
    candidates.extend(node.kinds.iter().filter_map(example_of));
    candidates
}

fn as_toml(json: &serde_json::Value) -> Option<Value> {
    Value::try_from(json).ok()
}

/// Something of this kind, where nothing is known but the kind.
fn example_of(kind: &Kind) -> Option<Value> {
    match kind {
        Kind::Words(words) => words.first().map(|(word, _)| Value::from(word.as_str())),
        Kind::Integer { least, .. } => Some(Value::from((*least).max(1))),
        Kind::Boolean => Some(Value::from(true)),
        Kind::List(elements) => {
            let example = candidates(elements, None).into_iter().next()?;
            Some(Value::Array(vec![example]))
        }
        Kind::Table { keys, required } => {
            let needed: Table = required
                .iter()
                .filter_map(|name| Some((name.clone(), candidates(keys.get(name)?, None).into_iter().next()?)))
                .collect();
            Some(Value::Table(needed))
        }
        Kind::Named(_) => Some(Value::Table(Table::new())),
        Kind::Text { .. } => None,
    }
}

/// What somebody may have meant who wrote this where that kind of value stands.
fn meant(node: &Node, kind: &Kind, written: &Value) -> Vec<Value> {
    match (kind, written) {
        (Kind::Words(words), Value::String(text)) => {
            let names = || words.iter().map(|(word, _)| word.as_str());
            let near = names().find(|word| same_but_for_spelling(word, text));
            near.or_else(|| most_similar(text, names()))
                .map(Value::from)
                .into_iter()
                .collect()
        }
        (Kind::Words(_) | Kind::Text { .. } | Kind::Integer { .. } | Kind::Boolean, Value::Array(list)) => {
            // Of several only one can be.
            list.first()
                .map(|first| match first {
                    Value::String(_) => vec![first.clone()],
                    other => meant(node, kind, other),
                })
                .unwrap_or_default()
        }
        (Kind::Text { .. }, _) if node.is_duration() => durations(node, written),
        (Kind::Text { format: Some(format) }, _) if format == super::super::address::ADDRESS => {
            super::super::address::meant(written)
                .into_iter()
                .map(Value::from)
                .collect()
        }
        (Kind::Text { format: Some(format) }, Value::String(text)) if format == super::super::level::LEVEL => {
            super::super::level::meant(text).map(Value::from).into_iter().collect()
        }
        (Kind::Text { format: None }, Value::Integer(_) | Value::Float(_)) => vec![Value::from(written.to_string())],
        (Kind::Text { .. }, Value::String(text)) => super::meant::texts(text).into_iter().map(Value::from).collect(),
        (Kind::Boolean, written) => {
            let word = written.to_string().trim_matches('"').to_ascii_lowercase();
            match word.as_str() {
                "yes" | "on" | "1" | "true" | "y" | "enabled" => vec![Value::from(true)],
                "no" | "off" | "0" | "false" | "n" | "disabled" | "none" => vec![Value::from(false)],
                _ => Vec::new(),
            }
        }
        (Kind::Integer { least, most }, Value::String(text)) => number(text)
            .map(|number| Value::from(number.clamp(*least, *most)))
            .into_iter()
            .collect(),
        (Kind::Integer { least, most }, Value::Float(float)) => {
            let rounded = format!("{float:.0}").parse::<i64>().ok();
            rounded
                .map(|number| Value::from(number.clamp(*least, *most)))
                .into_iter()
                .collect()
        }
        (Kind::Integer { least, most }, Value::Integer(number)) => {
            vec![Value::from(number.saturating_abs().clamp(*least, *most))]
        }
        (Kind::List(elements), Value::String(text)) if text.contains(',') => {
            let each: Vec<_> = text.split(',').map(|part| Value::from(part.trim())).collect();
            let likely = each.iter().map(|part| likeliest(elements, part)).collect();
            vec![Value::Array(each), Value::Array(likely)]
        }
        (Kind::List(elements), Value::String(_) | Value::Integer(_) | Value::Float(_)) if elements.keys().is_none() => {
            let mut lists = vec![Value::Array(vec![written.clone()])];
            lists.push(Value::Array(vec![likeliest(elements, written)]));
            lists
        }
        (Kind::Table { keys, .. }, Value::String(_) | Value::Array(_) | Value::Integer(_)) => wrapped(keys, written),
        _ => Vec::new(),
    }
}

fn likeliest(node: &Node, written: &Value) -> Value {
    let meant = node.kinds.iter().flat_map(|kind| meant(node, kind, written)).next();
    meant.unwrap_or_else(|| written.clone())
}

/// A table with the value at one of its keys, those first whose own examples look like it.
fn wrapped(keys: &std::collections::BTreeMap<String, Node>, written: &Value) -> Vec<Value> {
    let is_path = |text: &str| text.starts_with('/');
    let text = written.as_str().unwrap_or_default();
    let score = |name: &str, node: &Node| {
        let alike = if is_path(text) {
            let examples = node.examples.iter().filter_map(|example| example.as_str());
            examples.into_iter().any(is_path)
        } else {
            node.is_duration() && !durations(node, written).is_empty()
        };
        (!alike, node.elements().is_none() && written.is_array(), name != "idle")
    };
    let mut names: Vec<_> = keys.iter().collect();
    names.sort_by_key(|(name, node)| score(name, node));
    let table = |(name, node): (&String, &Node)| {
        let value = if text.is_empty() {
            written.clone()
        } else {
            likeliest(node, written)
        };
        Value::Table([(name.clone(), value)].into_iter().collect())
    };
    names.into_iter().map(table).collect()
}

/// Durations that a number, or a text of another notation, may stand for.
fn durations(node: &Node, written: &Value) -> Vec<Value> {
    let text = match written {
        Value::String(text) => text.trim().to_ascii_lowercase(),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => written.to_string(),
        _ => return Vec::new(),
    };
    if matches!(
        text.as_str(),
        "off" | "never" | "none" | "no" | "false" | "unlimited" | "infinite" | "infinity" | "disabled"
    ) {
        // No limit; where there is none to lift, no time at all.
        return ["off", "0s"].map(Value::from).into();
    }
    if text.parse::<Limit>().is_ok() {
        return vec![Value::from(text)];
    }
    if let Ok(number) = text.parse::<u32>() {
        return with_units(number, node);
    }
    let other = text.parse::<jiff::Span>().ok();
    let millis = other.and_then(|span| span.total(SpanTotal::from(Unit::Millisecond).days_are_24_hours()).ok());
    let whole = millis.and_then(|millis| format!("{millis:.0}").parse::<u64>().ok());
    let span = whole
        .filter(|millis| *millis > 0)
        .map(|millis| Value::from(Span::from_millis(millis).to_string()));
    span.into_iter().collect()
}

/// A number with each unit, first the one that makes it most like what the key usually has.
fn with_units(number: u32, node: &Node) -> Vec<Value> {
    let shown = node
        .default
        .iter()
        .chain(&node.examples)
        .filter_map(|shown| shown.as_str());
    let usual = shown.into_iter().find_map(|text| text.parse::<Span>().ok());
    let usual = usual.map_or(60_000, Span::as_millis).max(1);
    let unlikeness = |text: &str| {
        let millis = text.parse::<Span>().map_or(0, Span::as_millis).max(1);
        millis.max(usual).saturating_mul(1000) / millis.min(usual)
    };
    let mut texts: Vec<_> = ["s", "m", "h", "d"].map(|unit| format!("{number}{unit}")).into();
    texts.sort_by_key(|text| unlikeness(text));
    // Zero is zero with every unit.
    texts.into_iter().filter(|_| number > 0).map(Value::from).collect()
}

/// A number that is written as text, `k`, `MB` and the like included.
fn number(text: &str) -> Option<i64> {
    let text = text.trim().to_ascii_lowercase().replace(['_', ' '], "");
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits);
    let factor = match unit {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return None,
    };
    digits.parse::<i64>().ok()?.checked_mul(factor)
}
