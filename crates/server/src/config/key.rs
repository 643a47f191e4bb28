//! Which value of a document is meant: `policy.rules[1].idle`.

use std::fmt;

use toml::{Table, Value};

/// The names and indexes that lead from the document to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(pub(super) Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    Name(String),
    Index(usize),
}

impl Key {
    /// Reads a key as messages write it. Names of `table` may have dots in them, so the longest name that is there wins.
    pub(super) fn parse(text: &str, table: &Table) -> Self {
        let mut steps = Vec::new();
        let mut within: Option<&Value> = None;
        let mut names = Some(table);
        let mut rest = text;
        while !rest.is_empty() {
            if let Some((index, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'))
                && let Ok(index) = index.parse()
            {
                within = within.and_then(|value| value.get(index));
                steps.push(Step::Index(index));
                rest = after;
            } else {
                let there = names.into_iter().flat_map(Table::keys).filter(|name| {
                    rest.strip_prefix(name.as_str())
                        .is_some_and(|after| after.is_empty() || after.starts_with(['.', '[']))
                });
                let plain = rest.split(['.', '[']).next().unwrap_or(rest);
                let name = there.map(String::as_str).max_by_key(|name| name.len()).unwrap_or(plain);
                within = names.and_then(|table| table.get(name));
                steps.push(Step::Name(name.to_owned()));
                rest = rest.get(name.len()..).unwrap_or_default();
            }
            names = within.and_then(Value::as_table);
            rest = rest.strip_prefix('.').unwrap_or(rest);
        }
        Self(steps)
    }

    pub(super) fn below(&self, name: &str) -> Self {
        self.with(Step::Name(name.to_owned()))
    }

    pub(super) fn at(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What it stands in; nothing above the document itself.
    pub(super) fn parent(&self) -> Self {
        Self(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    /// Its own name, unless it is an element of a list.
    pub(super) fn name(&self) -> Option<&str> {
        match self.0.last()? {
            Step::Name(name) => Some(name),
            Step::Index(_) => None,
        }
    }

    pub(super) fn begins_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// The value that a document has there.
    pub(super) fn find<'a>(&self, table: &'a Table) -> Option<&'a Value> {
        let (Step::Name(first), rest) = self.0.split_first()? else {
            return None;
        };
        rest.iter().try_fold(table.get(first)?, |value, step| match step {
            Step::Name(name) => value.as_table()?.get(name),
            Step::Index(index) => value.as_array()?.get(*index),
        })
    }

    /// Puts a value there, in place of what is there. False where there is nothing that could have it.
    pub(super) fn put(&self, table: &mut Table, new: Value) -> bool {
        let Some(last) = self.0.last() else { return false };
        let parent = self.parent();
        if parent.is_empty() {
            return match last {
                Step::Name(name) => {
                    table.insert(name.clone(), new);
                    true
                }
                Step::Index(_) => false,
            };
        }
        match (parent.find_mut(table), last) {
            (Some(Value::Table(within)), Step::Name(name)) => {
                within.insert(name.clone(), new);
                true
            }
            (Some(Value::Array(elements)), Step::Index(index)) if *index <= elements.len() => {
                if *index == elements.len() {
                    elements.push(new);
                } else {
                    elements[*index] = new;
                }
                true
            }
            _ => false,
        }
    }

    /// Takes a value away. False where there is none.
    pub(super) fn remove(&self, table: &mut Table) -> bool {
        let Some(last) = self.0.last() else { return false };
        let parent = self.parent();
        match (last, parent.is_empty()) {
            (Step::Name(name), true) => table.remove(name).is_some(),
            (Step::Name(name), false) => match parent.find_mut(table) {
                Some(Value::Table(within)) => within.remove(name).is_some(),
                _ => false,
            },
            (Step::Index(index), _) => match parent.find_mut(table) {
                Some(Value::Array(elements)) if *index < elements.len() => {
                    elements.remove(*index);
                    true
                }
                _ => false,
            },
        }
    }

    fn find_mut<'a>(&self, table: &'a mut Table) -> Option<&'a mut Value> {
        let (Step::Name(first), rest) = self.0.split_first()? else {
            return None;
        };
        rest.iter().try_fold(table.get_mut(first)?, |value, step| match step {
            Step::Name(name) => value.as_table_mut()?.get_mut(name),
            Step::Index(index) => value.as_array_mut()?.get_mut(*index),
        })
    }
}

impl From<&serde_path_to_error::Path> for Key {
    fn from(path: &serde_path_to_error::Path) -> Self {
        use serde_path_to_error::Segment;
        let steps = path.iter().filter_map(|segment| match segment {
            Segment::Map { key } => Some(Step::Name(key.clone())),
            Segment::Seq { index } => Some(Step::Index(*index)),
            Segment::Enum { .. } | Segment::Unknown => None,
        });
        Self(steps.collect())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Name(name) => {
                    if at > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(&bare_or_quoted(name))?;
                }
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A name as TOML writes it.
pub(super) fn bare_or_quoted(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !name.is_empty() && name.bytes().all(is_bare) {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_dot_is_found_where_it_is_there() {
        let table: Table = toml::from_str("[policy.applications.\"wiki.old\"]\nidle = \"5m\"\n").expect("TOML");
        let key = Key::parse("policy.applications.wiki.old.idle", &table);
        assert_eq!(key.find(&table).and_then(Value::as_str), Some("5m"));
        assert_eq!(key.to_string(), "policy.applications.\"wiki.old\".idle");
        assert_eq!(
            Key::parse("policy.rules[1].idle", &Table::new()).to_string(),
            "policy.rules[1].idle"
        );
    }
}
