//! `NIGHTLATCH__SECTION__KEY=value` in the environment wins over the file.

use toml::{Table, Value};

use super::super::key::{Key, Step};
use super::super::schema::Node;

pub(in crate::config) const PREFIX: &str = "NIGHTLATCH__";

/// One variable: the keys it names and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Override {
    pub(super) variable: String,
    names: Vec<String>,
    value: String,
}

/// The overrides among the variables of an environment. What names more comes later, so that an entry of a list can be
/// changed beside the list.
pub(super) fn overrides(variables: impl IntoIterator<Item = (String, String)>) -> Vec<Override> {
    let mut found: Vec<_> = variables
        .into_iter()
        .filter_map(|(variable, value)| {
            let names = variable.strip_prefix(PREFIX)?.split("__").map(str::to_owned).collect();
            Some(Override { variable, names, value })
        })
        .collect();
    found.sort_by_cached_key(|over| {
        (
            over.names.len(),
            over.names.iter().map(|name| in_order(name)).collect::<Vec<_>>(),
        )
    });
    found
}

/// Entries of a list are added in their order, which is not that of their digits.
fn in_order(name: &str) -> (Option<usize>, String) {
    (name.parse().ok(), name.to_owned())
}

/// Variables that set nothing and hardly mean to: the names of keys with a single underscore in front or between their parts.
/// Each with the name that is meant.
pub(super) fn nearly_overrides<'a>(root: &Node, variables: impl Iterator<Item = &'a str>) -> Vec<(&'a str, String)> {
    let mut known = Vec::new();
    collect_names(root, &mut Vec::new(), &mut known);
    let meant = |variable: &'a str| {
        let name = variable
            .strip_prefix("NIGHTLATCH_")
            .filter(|name| !name.starts_with('_'))?;
        let plain = name.replace("__", "_");
        let parts = known.iter().find(|parts| parts.join("_") == plain)?;
        let meant = format!("{PREFIX}{}", parts.join("__"));
        (meant != variable).then_some((variable, meant))
    };
    variables.filter_map(meant).collect()
}

fn collect_names(node: &Node, above: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    for (name, below) in node.keys().into_iter().flat_map(|(keys, _)| keys) {
        above.push(name.to_ascii_uppercase());
        if below.keys().is_some() {
            collect_names(below, above, found);
        } else {
            found.push(above.clone());
        }
        above.pop();
    }
}

/// Why nothing can be put at a key.
fn out_of_place(key: &Key, table: &Table) -> String {
    let parent = key.parent();
    match key.0.last() {
        Some(Step::Index(index)) => {
            let length = parent.find(table).and_then(Value::as_array).map_or(0, Vec::len);
            format!("`{parent}` has {length} entries, and {index} counts from 0; the next one is {length}")
        }
        _ => format!("`{parent}` is not a table; check the name of the variable"),
    }
}

impl Override {
    /// The key that it names in a document: known keys in small letters, names that the writer chose as they are written
    /// there, and numbers within lists.
    pub(super) fn key(&self, root: &Node, table: &Table) -> Key {
        let mut key = Key::default();
        let mut node = Some(root);
        for name in &self.names {
            let there = if key.is_empty() {
                Some(table)
            } else {
                key.find(table).and_then(Value::as_table)
            };
            if let Some(elements) = node.and_then(Node::elements)
                && let Ok(index) = name.parse()
            {
                key = key.at(index);
                node = Some(elements);
                continue;
            }
            let same = there.and_then(|table| table.keys().find(|known| known.eq_ignore_ascii_case(name)));
            let name = same.cloned().unwrap_or_else(|| name.to_ascii_lowercase());
            node = node.and_then(|node| node.below(&name));
            key = key.below(&name);
        }
        key
    }

    /// Lays the value over the table. What is wrong is told with the place.
    pub(super) fn lay_over(&self, root: &Node, table: &mut Table) -> Result<(), String> {
        let key = self.key(root, table);
        let node = root.at(&key);
        for (length, step) in key.0.iter().enumerate().skip(1) {
            let above = Key(key.0[..length].to_vec());
            if above.find(table).is_none() {
                let empty = match step {
                    Step::Name(_) => Value::Table(Table::new()),
                    Step::Index(_) => Value::Array(Vec::new()),
                };
                if !above.put(table, empty) {
                    return Err(out_of_place(&above, table));
                }
            }
        }
        if key.put(table, self.read(node)) {
            return Ok(());
        }
        Err(out_of_place(&key, table))
    }

    /// The value as the key takes it: text as it is; numbers, booleans, lists and tables as TOML writes them.
    fn read(&self, node: Option<&Node>) -> Value {
        let text = || Value::String(self.value.clone());
        let takes_text = node.is_none_or(Node::takes_text);
        let structured = self.value.trim_start().starts_with(['[', '{']);
        if takes_text && !structured {
            if node.is_some_and(Node::is_file) && !self.value.is_empty() {
                let absolute = std::path::absolute(&self.value).ok();
                return absolute.map_or_else(text, |path| Value::from(path.display().to_string()));
            }
            return text();
        }
        let parsed = toml::from_str::<Table>(&format!("value = {}", self.value));
        let value = parsed.ok().and_then(|mut table| table.remove("value"));
        value.unwrap_or_else(text)
    }

    /// How the variable is set to a value.
    pub(super) fn assignment(&self, value: &Value) -> String {
        match value {
            Value::String(text) if !text.contains([' ', '$', '\'', '"', '*', ';', '&']) => {
                format!("{}={text}", self.variable)
            }
            Value::String(text) => format!("{}='{text}'", self.variable),
            Value::Integer(_) | Value::Boolean(_) => format!("{}={value}", self.variable),
            other => format!("{}='{other}'", self.variable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::document::root;
    use super::*;

    fn laid(file: &str, variables: &[(&str, &str)]) -> Result<Table, String> {
        let mut table: Table = toml::from_str(file).map_err(|error| error.to_string())?;
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        for over in overrides(variables) {
            over.lay_over(root(), &mut table)?;
        }
        Ok(table)
    }

    #[test]
    fn a_value_is_read_as_its_key_takes_it() {
        let table = laid(
            "",
            &[
                ("NIGHTLATCH__POLICY__IDLE", "5m"),
                ("NIGHTLATCH__POLICY__MAX_SESSIONS", "3"),
                ("NIGHTLATCH__PROXY__INJECT", "false"),
                ("NIGHTLATCH__SERVER__TRUSTED_PROXIES", "[\"10.0.0.1\"]"),
                ("NIGHTLATCH__SERVER__PROVIDER_NOTE", "3"),
                ("NIGHTLATCH__POLICY__CHOICE__ALLOW", "[\"15m\"]"),
                ("PATH", "/bin"),
            ],
        )
        .expect("laid over");
        assert_eq!(table["policy"]["idle"].as_str(), Some("5m"));
        assert_eq!(table["policy"]["max_sessions"].as_integer(), Some(3));
        assert_eq!(table["proxy"]["inject"].as_bool(), Some(false));
        assert_eq!(table["server"]["trusted_proxies"].as_array().map(Vec::len), Some(1));
        assert_eq!(table["server"]["provider_note"].as_str(), Some("3"));
        assert_eq!(table.len(), 3);
    }

    #[test]
    fn a_name_with_single_underscores_is_noticed() {
        let names = [
            "NIGHTLATCH_POLICY_IDLE",
            "NIGHTLATCH_STORE__PATH",
            "NIGHTLATCH__POLICY_MAX_SESSIONS",
        ];
        let meant: Vec<_> = nearly_overrides(root(), names.into_iter())
            .into_iter()
            .map(|(_, meant)| meant)
            .collect();
        let expected = ["NIGHTLATCH__POLICY__IDLE", "NIGHTLATCH__STORE__PATH"];
        assert_eq!(meant, expected, "with two in front an unknown key is an error anyway");
        let others = [
            "NIGHTLATCH__POLICY__IDLE",
            "NIGHTLATCH_URL",
            "NIGHTLATCH_API_KEY",
            "NIGHTLATCH_SERVER_PORT",
            "PATH",
        ];
        assert_eq!(nearly_overrides(root(), others.into_iter()), []);
    }

    #[test]
    fn names_and_entries_of_lists_are_found() {
        let file = "[policy.applications.Console]\nidle = \"1h\"\n[[policy.rules]]\nidle = \"5m\"\n";
        let table = laid(
            file,
            &[
                ("NIGHTLATCH__POLICY__APPLICATIONS__CONSOLE__IDLE", "2h"),
                ("NIGHTLATCH__POLICY__RULES__0__IDLE", "6m"),
                ("NIGHTLATCH__SITES__0__HOST", "app.example"),
            ],
        )
        .expect("laid over");
        assert_eq!(table["policy"]["applications"]["Console"]["idle"].as_str(), Some("2h"));
        assert_eq!(table["policy"]["rules"][0]["idle"].as_str(), Some("6m"));
        assert_eq!(table["sites"][0]["host"].as_str(), Some("app.example"));
        let names: Vec<_> = (0..12)
            .map(|index| format!("NIGHTLATCH__SITES__{index}__HOST"))
            .collect();
        let hosts: Vec<_> = names.iter().map(|name| (name.as_str(), "app.example")).collect();
        let table = laid("", &hosts).expect("twelve entries");
        assert_eq!(table["sites"].as_array().map(Vec::len), Some(12));
        let told = laid(file, &[("NIGHTLATCH__POLICY__RULES__5__IDLE", "6m")]).expect_err("there is one rule");
        assert!(told.contains("the next one is 1"), "{told}");
        assert!(laid(file, &[("NIGHTLATCH__SERVER__LISTEN__PORT", "6")]).is_ok());
    }
}
