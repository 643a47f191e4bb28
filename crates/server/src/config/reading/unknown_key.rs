//! A key that its table does not know.

use super::super::key::{Key, Step, bare_or_quoted};
use super::super::schema::Node;
use super::super::similar::{also_called, most_similar, same_but_for_spelling};
use super::problem::{Problem, listed};

/// Most often it is misspelled, or it belongs into another table.
pub(super) fn problem(root: &Node, node: &Node, key: &Key, name: &str) -> Problem {
    let own = node.keys().map(|(keys, _)| keys);
    let names = || own.into_iter().flat_map(|keys| keys.keys().map(String::as_str));
    let at = key.below(name);
    let what = if key.is_empty() {
        format!("there is no section `{name}`")
    } else {
        format!("`{name}` is not a key of {}", heading_of(key))
    };
    let also_called = also_called(name);
    let exact = names().find(|known| same_but_for_spelling(known, name) || also_called.contains(known));
    let message = if let Some(exact) = exact {
        format!("{what}; write `{exact}`")
    } else if let Some(place) = places_of(node, name).into_iter().next() {
        format!("{what}; it belongs into `{place}`: write `{place} = {{ {name} = … }}`")
    } else {
        let elsewhere = headings_of(root, name);
        if !elsewhere.is_empty() {
            format!("{what}; it belongs below {}", elsewhere.join(" or "))
        } else if let Some(similar) = most_similar(name, names()) {
            format!("{what}; did you mean `{similar}`?")
        } else {
            format!("{what}; there are {}", listed(names()))
        }
    };
    Problem::of_key(at, message)
}

/// The tables below a table, by their names, that know a key.
fn places_of(node: &Node, name: &str) -> Vec<String> {
    let Some((keys, _)) = node.keys() else {
        return Vec::new();
    };
    let of_table = |(own, below): (&String, &Node)| {
        let known = below.keys()?.0.contains_key(name);
        (known && below.elements().is_none()).then(|| own.clone())
    };
    // At the top a heading says it better.
    if keys
        .values()
        .all(|below| below.keys().is_some() || below.elements().is_some())
    {
        return Vec::new();
    }
    keys.iter().filter_map(of_table).collect()
}

/// The headings of the tables, in the whole document, that know a key.
fn headings_of(root: &Node, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect_headings(root, "", name, &mut found);
    // The shortest first: a key of a section is likelier meant than one of an entry deep in it.
    found.sort_by_key(|heading| heading.matches('.').count());
    found.truncate(3);
    found
}

fn collect_headings(node: &Node, path: &str, name: &str, found: &mut Vec<String>) {
    for (own, below) in node.keys().into_iter().flat_map(|(keys, _)| keys) {
        let path = if path.is_empty() {
            own.clone()
        } else {
            format!("{path}.{own}")
        };
        let (table, opening, closing) = match below.elements() {
            Some(elements) => (elements, "[[", "]]"),
            None => (below, "[", "]"),
        };
        if let Some((keys, _)) = table.keys() {
            // A table is where its own heading says; anything else is below the heading of the table that has it.
            let has = keys
                .get(name)
                .is_some_and(|key| key.keys().is_none() && key.elements().is_none_or(|e| e.keys().is_none()));
            if own == name || has {
                found.push(format!("{opening}{path}{closing}"));
            }
            collect_headings(table, &path, name, found);
        }
    }
}

/// How the table of a key is written.
fn heading_of(key: &Key) -> String {
    let names: Vec<_> = key
        .0
        .iter()
        .filter_map(|step| match step {
            Step::Name(name) => Some(bare_or_quoted(name)),
            Step::Index(_) => None,
        })
        .collect();
    let path = names.join(".");
    match key.0.last() {
        Some(Step::Index(_)) => format!("[[{path}]]"),
        _ => format!("[{path}]"),
    }
}
