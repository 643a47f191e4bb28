//! From a text and the environment to a configuration, or to everything that is wrong with them.

mod meant;
mod overrides;
mod problem;
mod proposal;
mod shape;
mod syntax;
mod unknown_key;

use std::collections::BTreeSet;
use std::path::Path;

use toml::{Table, Value};

pub(super) use self::overrides::PREFIX;
use self::overrides::{Override, overrides};
use self::problem::{Place, Problem};
use self::proposal::propose;
use super::document::{ConfigDocument, root};
use super::file_path::anchor;
use super::key::{Key, bare_or_quoted};
use super::position::{Position, of_offset, spans};
use super::{Config, ConfigError, validate};

/// Variables that seem to be meant for the configuration and are not read, each with the name that is meant.
pub(super) fn nearly_overrides<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(&'a str, String)> {
    overrides::nearly_overrides(root(), names)
}

/// Reads a text with the environment laid over it. `source` names the text in errors; its paths are relative to `directory`,
/// where one is given.
pub(super) fn read(
    text: &str,
    source: &str,
    directory: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, Vec<ConfigError>> {
    let mut file = table(text, source).map_err(|error| vec![error])?;
    if let Some(directory) = directory {
        anchor(root(), &mut file, directory);
    }
    let overrides = overrides(environment);
    let mut laid = file.clone();
    let mut errors = Vec::new();
    for over in &overrides {
        let key = over.key(root(), &laid).to_string();
        if let Err(message) = over.lay_over(root(), &mut laid) {
            errors.push(ConfigError {
                source: format!("environment variable {}", over.variable),
                position: None,
                key: Some(key),
                message,
            });
        }
    }
    let problems = match configuration(&laid) {
        Ok(config) if errors.is_empty() => return Ok(config),
        Ok(_) => Vec::new(),
        Err(problems) => problems,
    };
    let written = Written {
        text,
        source,
        file: &file,
        laid: &laid,
        overrides: &overrides,
    };
    errors.extend(written.told(&problems));
    Err(errors)
}

/// Reads a policy that stands alone, as if it were the table `[policy]` of a configuration.
pub(super) fn read_policy(text: &str, source: &str) -> Result<Config, Vec<ConfigError>> {
    let policy = table(text, source).map_err(|error| vec![error])?;
    alone(Value::Table(policy), text, source)
}

/// The same of a policy in JSON, which has no places.
pub(super) fn read_json_policy(policy: &serde_json::Value, source: &str) -> Result<Config, Vec<ConfigError>> {
    let refused = |key: Option<String>, message: String| {
        vec![ConfigError {
            source: source.to_owned(),
            position: None,
            key,
            message,
        }]
    };
    if let Some(key) = null_in(policy, &Key::default()) {
        let message = "null is no value; leave the key out".to_owned();
        return Err(refused(Some(key.to_string()), message));
    }
    let policy = Value::try_from(policy)
        .map_err(|problem| refused(None, format!("{problem}; write the policy as an object")))?;
    alone(policy, "", source)
}

/// The first key that has null, which TOML does not know.
fn null_in(value: &serde_json::Value, key: &Key) -> Option<Key> {
    match value {
        serde_json::Value::Null => Some(key.clone()),
        serde_json::Value::Array(list) => {
            let mut elements = list.iter().enumerate();
            elements.find_map(|(index, element)| null_in(element, &key.at(index)))
        }
        serde_json::Value::Object(table) => table.iter().find_map(|(name, value)| null_in(value, &key.below(name))),
        _ => None,
    }
}

fn alone(policy: Value, text: &str, source: &str) -> Result<Config, Vec<ConfigError>> {
    let whole = [("policy".to_owned(), policy)].into_iter().collect();
    let problems = match configuration(&whole) {
        Ok(config) => return Ok(config),
        Err(problems) => problems,
    };
    let written = Written {
        text,
        source,
        file: &whole,
        laid: &whole,
        overrides: &[],
    };
    let mut errors = written.told(&problems);
    for error in &mut errors {
        // The text is the table itself, so the keys in it have nothing in front.
        let key = error.key.take().unwrap_or_default();
        let key = key.strip_prefix("policy").unwrap_or(&key).trim_start_matches('.');
        error.position = position(text, &Key::parse(key, &Table::new()), Place::Name);
        error.key = Some(key.to_owned()).filter(|key| !key.is_empty());
    }
    Err(errors)
}

fn table(text: &str, source: &str) -> Result<Table, ConfigError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let span = error.span();
        let (key, message) = syntax::message(text, error.message(), span.as_ref());
        ConfigError {
            source: source.to_owned(),
            position: span.map(|span| of_offset(text, span.start)),
            key,
            message,
        }
    })
}

/// What a document means, or everything wrong with it: with its shape and its values, else with how they go together.
fn configuration(table: &Table) -> Result<Config, Vec<Problem>> {
    let mut problems = shape::problems(root(), table);
    let mut rest = table.clone();
    let is_readable = problems.iter().all(|problem| leave_out(&problem.key, &mut rest));
    let document = if is_readable {
        document(rest, &mut problems)
    } else {
        None
    };
    let Some(document) = document.filter(|_| problems.is_empty()) else {
        return Err(problems);
    };
    validate(document).map_err(|problems| {
        let problem = |(key, message): (String, String)| Problem::of_key(Key::parse(&key, table), message);
        problems.into_iter().map(problem).collect()
    })
}

/// Reads a document whose shape is right. A value that cannot be read is noted and left out, so that the next ones are
/// looked at as well.
fn document(mut table: Table, problems: &mut Vec<Problem>) -> Option<ConfigDocument> {
    loop {
        let error = match serde_path_to_error::deserialize(table.clone()) {
            Ok(document) => return Some(document),
            Err(error) => error,
        };
        let key = Key::from(error.path());
        let is_readable = leave_out(&key, &mut table);
        problems.push(Problem::of_value(key, error.inner().message()));
        if !is_readable {
            return None;
        }
    }
}

/// Takes a key away; with an element of a list the whole list goes. False where the rest would lack what it needs.
fn leave_out(key: &Key, table: &mut Table) -> bool {
    let mut removed = key.clone();
    while removed.name().is_none() && !removed.is_empty() {
        removed = removed.parent();
    }
    let is_gone = removed.find(table).is_none() || removed.remove(table);
    let lacks = |problem: &Problem| problem.place == Place::Missing;
    !removed.is_empty() && is_gone && !shape::problems(root(), table).iter().any(lacks)
}

const START: Position = Position { line: 1, column: 1 };

/// Where a text has a key; what it lacks altogether is missing at its beginning.
fn position(text: &str, key: &Key, place: Place) -> Option<Position> {
    let Some(spans) = spans(text, key) else {
        return (!text.is_empty()).then_some(START);
    };
    let at_value = place == Place::Value && spans.whole;
    let span = if at_value { spans.value } else { spans.name };
    Some(of_offset(text, span.start))
}

/// A document and where each part of it comes from.
struct Written<'a> {
    text: &'a str,
    source: &'a str,
    file: &'a Table,
    laid: &'a Table,
    overrides: &'a [Override],
}

impl Written<'_> {
    fn told(&self, problems: &[Problem]) -> Vec<ConfigError> {
        let in_file: BTreeSet<(Key, String)> = if self.overrides.is_empty() {
            BTreeSet::new()
        } else {
            let alone = configuration(self.file).err().unwrap_or_default();
            alone
                .into_iter()
                .map(|problem| (problem.key, problem.message))
                .collect()
        };
        let error = |problem: &Problem| {
            let known = in_file.contains(&(problem.key.clone(), problem.message.clone()));
            let over = if known { None } else { self.override_of(&problem.key) };
            self.error(problem, problems, over)
        };
        problems.iter().map(error).collect()
    }

    /// The variable that brings a mistake into a file that does not have it.
    fn override_of(&self, key: &Key) -> Option<&Override> {
        let keyed = || self.overrides.iter().map(|over| (over.key(root(), self.laid), over));
        let own = keyed().find(|(of_variable, _)| key.begins_with(of_variable) || of_variable.begins_with(key));
        let beside = || keyed().find(|(of_variable, _)| of_variable.0.first() == key.0.first());
        let any = || self.overrides.first();
        own.or_else(beside).map(|(_, over)| over).or_else(any)
    }

    /// A value to write there. With it nothing new is wrong with the document, or else nothing is wrong with it itself.
    fn proposal(&self, key: &Key, before: &[Problem]) -> Option<Value> {
        let left = |tried: &Table| configuration(tried).err().unwrap_or_default();
        let nothing_new = |tried: &Table| left(tried).iter().all(|problem| before.contains(problem));
        let right_itself = |tried: &Table| !left(tried).iter().any(|problem| problem.key.begins_with(key));
        let accepted = |tried: &Table| nothing_new(tried) && right_itself(tried);
        propose(root(), self.laid, key, accepted).or_else(|| propose(root(), self.laid, key, right_itself))
    }

    fn error(&self, problem: &Problem, others: &[Problem], over: Option<&Override>) -> ConfigError {
        let remedy = if problem.has_remedy() {
            String::new()
        } else {
            let proposal = self.proposal(&problem.key, others);
            let write = |value| format!("; write for example `{}`", self.assignment(&problem.key, &value, over));
            proposal.map_or_else(|| "; remove it".to_owned(), write)
        };
        let message = format!("{}{remedy}", problem.message);
        let key = match problem.place {
            Place::Missing => problem.key.parent(),
            Place::Name | Place::Value => problem.key.clone(),
        };
        match over {
            Some(over) => ConfigError {
                source: format!("environment variable {}", over.variable),
                position: None,
                key: Some(key.to_string()),
                message,
            },
            None => ConfigError {
                source: self.source.to_owned(),
                position: position(self.text, &key, problem.place),
                key: Some(key.to_string()).filter(|key| !key.is_empty()),
                message,
            },
        }
    }

    /// How somebody writes a value at a key: a line of the file, an element of a list, or a variable.
    fn assignment(&self, key: &Key, value: &Value, over: Option<&Override>) -> String {
        if let Some(over) = over {
            let whole = over.key(root(), self.laid);
            let mut tried = self.laid.clone();
            key.put(&mut tried, value.clone());
            return over.assignment(whole.find(&tried).unwrap_or(value));
        }
        match key.name() {
            Some(name) => format!("{} = {value}", bare_or_quoted(name)),
            None => value.to_string(),
        }
    }
}
