//! `NIGHTLATCH__SECTION__KEY=value` in the environment wins over the file.

use toml::{Table, Value};

pub(super) const PREFIX: &str = "NIGHTLATCH__";

/// One variable: the keys it names and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Override {
    pub(crate) variable: String,
    keys: Vec<String>,
    value: String,
}

/// The overrides among the variables of an environment.
pub(crate) fn overrides(variables: impl IntoIterator<Item = (String, String)>) -> Vec<Override> {
    let mut found: Vec<_> = variables
        .into_iter()
        .filter_map(|(variable, value)| {
            let keys = variable
                .strip_prefix(PREFIX)?
                .split("__")
                .map(str::to_ascii_lowercase)
                .collect();
            Some(Override { variable, keys, value })
        })
        .collect();
    found.sort_by(|one, other| one.variable.cmp(&other.variable));
    found
}

impl Override {
    /// The key as the file would write it.
    pub(crate) fn key(&self) -> String {
        self.keys.join(".")
    }

    /// Lays the value over the table. Numbers, booleans and lists are read as TOML; anything else is text.
    pub(crate) fn apply(&self, table: &mut Table) -> Result<(), String> {
        let Some((last, sections)) = self.keys.split_last() else {
            return Ok(());
        };
        let mut within = table;
        for section in sections {
            let next = within.entry(section).or_insert_with(|| Value::Table(Table::new()));
            within = next
                .as_table_mut()
                .ok_or_else(|| format!("`{section}` is not a section"))?;
        }
        within.insert(last.clone(), self.parsed());
        Ok(())
    }

    fn parsed(&self) -> Value {
        let structured = self.value.starts_with(['[', '{']) || matches!(self.value.as_str(), "true" | "false");
        let parsed = structured
            .then(|| toml::from_str::<Table>(&format!("value = {}", self.value)).ok())
            .flatten();
        parsed
            .and_then(|mut table| table.remove("value"))
            .unwrap_or_else(|| Value::String(self.value.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_name_sections_and_keys() {
        let environment = [
            ("NIGHTLATCH__POLICY__IDLE".to_owned(), "5m".to_owned()),
            (
                "NIGHTLATCH__SERVER__TRUSTED_PROXIES".to_owned(),
                "[\"10.0.0.1\"]".to_owned(),
            ),
            ("PATH".to_owned(), "/bin".to_owned()),
        ];
        let mut table = Table::new();
        for over in overrides(environment) {
            over.apply(&mut table).expect("a section");
        }
        assert_eq!(table["policy"]["idle"].as_str(), Some("5m"));
        assert_eq!(table["server"]["trusted_proxies"].as_array().map(Vec::len), Some(1));
        assert_eq!(table.len(), 2);
    }
}
