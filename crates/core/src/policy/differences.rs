//! What differs between two documents, key by key.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::PolicyDocument;

/// A key that is not the same in two documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Difference {
    /// The key, for example `rules[1].match.role`. Entries of lists are counted in the later document; those that are gone in
    /// the earlier one.
    pub key: String,
    /// The value before; none where the key is new.
    pub before: Option<Value>,
    /// The value after; none where the key is gone.
    pub after: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), shown);
        write!(f, "{}: {} -> {}", self.key, shown(&self.before), shown(&self.after))
    }
}

/// A plain word as it is, everything else as JSON, so that it stays on its line.
fn shown(value: &Value) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./*".contains(c);
    match value {
        Value::String(text) if !text.is_empty() && text.chars().all(is_plain) => text.clone(),
        value => value.to_string(),
    }
}

/// Every key that differs. Equal documents have none, others have some.
#[must_use]
pub fn differences(before: &PolicyDocument, after: &PolicyDocument) -> Vec<Difference> {
    let mut found = Vec::new();
    // A document is always a table of plain values.
    let [before, after] = [before, after].map(|document| serde_json::to_value(document).unwrap_or_default());
    compare("", Some(&before), Some(&after), &mut found);
    found
}

fn compare(key: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    match (before, after) {
        (before, after) if before == after => {}
        (Some(Value::Object(before)), Some(Value::Object(after))) => compare_tables(key, before, after, found),
        (Some(Value::Array(before)), Some(Value::Array(after))) if is_list_of_tables(before, after) => {
            compare_entries(key, before, after, found);
        }
        (before, after) => found.push(Difference {
            key: key.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn is_list_of_tables(before: &[Value], after: &[Value]) -> bool {
    before.iter().chain(after).all(Value::is_object)
}

fn compare_tables(key: &str, before: &Map<String, Value>, after: &Map<String, Value>, found: &mut Vec<Difference>) {
    let new = after.keys().filter(|name| !before.contains_key(*name));
    for name in before.keys().chain(new) {
        let key = if key.is_empty() {
            name.clone()
        } else {
            format!("{key}.{name}")
        };
        compare(&key, before.get(name), after.get(name), found);
    }
}

/// Entries belong together by name, then where they are equal, then, without names, in their order.
fn compare_entries(key: &str, before: &[Value], after: &[Value], found: &mut Vec<Difference>) {
    let mut partners: Vec<Option<usize>> = vec![None; after.len()];
    let name = |entry: &Value| entry.get("name").cloned();
    pair(before, after, &mut partners, |one, other| {
        name(one).is_some() && name(one) == name(other)
    });
    pair(before, after, &mut partners, |one, other| one == other);
    let unnamed = |entry: &Value| {
        let mut entry = entry.clone();
        entry.as_object_mut().map(|keys| keys.remove("name"));
        entry
    };
    // One that was given another name is still the same; one with a name is no other without it.
    pair(before, after, &mut partners, |one, other| {
        unnamed(one) == unnamed(other)
    });
    pair(before, after, &mut partners, |one, other| {
        name(one).is_none() && name(other).is_none()
    });

    for (index, entry) in after.iter().enumerate() {
        let before = partners[index].map(|partner| &before[partner]);
        compare(&format!("{key}[{index}]"), before, Some(entry), found);
    }
    for (index, entry) in before.iter().enumerate() {
        if !partners.contains(&Some(index)) {
            compare(&format!("{key}[{index}]"), Some(entry), None, found);
        }
    }
    found.extend(reordered(key, before, after, &partners));
}

/// Gives each entry without a partner the first one left that fits.
fn pair(before: &[Value], after: &[Value], partners: &mut [Option<usize>], fits: impl Fn(&Value, &Value) -> bool) {
    for (index, entry) in after.iter().enumerate() {
        if partners[index].is_none() {
            partners[index] =
                (0..before.len()).find(|earlier| !partners.contains(&Some(*earlier)) && fits(&before[*earlier], entry));
        }
    }
}

/// Order counts: among rules with equal values the first decides.
fn reordered(key: &str, before: &[Value], after: &[Value], partners: &[Option<usize>]) -> Option<Difference> {
    let kept: Vec<(usize, usize)> = partners
        .iter()
        .enumerate()
        .filter_map(|(index, partner)| Some((index, (*partner)?)))
        .collect();
    if kept.is_sorted_by_key(|(_, partner)| *partner) {
        return None;
    }
    let name = |entry: &Value, index: usize| match entry.get("name") {
        Some(name) => name.clone(),
        None => Value::String(format!("{key}[{index}]")),
    };
    let mut earlier = kept.clone();
    earlier.sort_by_key(|(_, partner)| *partner);
    let order = |pairs: &[(usize, usize)], entries: &[Value], at: fn(&(usize, usize)) -> usize| {
        let names = pairs.iter().map(|pair| name(&entries[at(pair)], pair.1));
        Some(Value::Array(names.collect()))
    };
    Some(Difference {
        key: key.to_owned(),
        before: order(&earlier, before, |pair| pair.1),
        after: order(&kept, after, |pair| pair.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(before: &str, after: &str) -> Vec<String> {
        let document = |json: &str| serde_json::from_str::<PolicyDocument>(json).expect("a document");
        let found = differences(&document(before), &document(after));
        found.iter().map(Difference::to_string).collect()
    }

    #[test]
    fn values_are_compared_by_key_and_value() {
        assert_eq!(lines(r#"{"idle": "60m"}"#, r#"{"idle": "1h"}"#), [""; 0]);
        assert_eq!(lines(r#"{"idle": "30m"}"#, r#"{"idle": "15m"}"#), ["idle: 30m -> 15m"]);
        assert_eq!(
            lines(
                r#"{"applications": {"console": {"idle": "30m"}}}"#,
                r#"{"applications": {"console": {"idle": "5m"}, "shop": {"max_sessions": 1}}, "max_sessions": 3}"#
            ),
            [
                "applications.console.idle: 30m -> 5m",
                "applications.shop: nothing -> {\"max_sessions\":1}",
                "max_sessions: nothing -> 3"
            ]
        );
        assert_eq!(
            lines(r#"{"justification": "one\ntwo"}"#, "{}"),
            [r#"justification: "one\ntwo" -> nothing"#]
        );
    }

    const THREE: &str = r#"{"rules": [{"name": "a", "idle": "1m1s"}, {"name": "b", "idle": "2m"}, {"idle": "3m"}]}"#;

    #[test]
    fn an_insertion_leaves_the_later_entries_alone() {
        assert_eq!(
            lines(
                THREE,
                r#"{"rules": [{"name": "new", "idle": "9m"}, {"name": "a", "idle": "1m1s"},
                    {"name": "b", "match": {"role": "admin"}, "idle": "2m"}, {"idle": "3m"}]}"#
            ),
            [
                r#"rules[0]: nothing -> {"idle":"9m","name":"new"}"#,
                r#"rules[2].match: nothing -> {"role":"admin"}"#
            ]
        );
        assert_eq!(
            lines(THREE, r#"{"rules": [{"name": "b", "idle": "2m"}, {"idle": "4m"}]}"#),
            [
                "rules[1].idle: 3m -> 4m",
                r#"rules[0]: {"idle":"1m1s","name":"a"} -> nothing"#
            ]
        );
    }

    #[test]
    fn another_order_is_a_difference() {
        assert_eq!(
            lines(
                THREE,
                r#"{"rules": [{"idle": "3m"}, {"name": "b", "idle": "2m"}, {"name": "a", "idle": "1m1s"}]}"#
            ),
            [r#"rules: ["a","b","rules[2]"] -> ["rules[2]","b","a"]"#]
        );
    }
}
