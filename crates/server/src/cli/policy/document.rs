//! A policy in a file: a configuration or a policy on its own.

use std::path::Path;

use nightlatch_core::policy::{Policy, Violation};

use crate::config::{Config, ConfigError, PolicyOwner, Position, text_file};

/// The sections of a configuration; a file that has one is not a bare policy.
const SECTIONS: [&str; 8] = [
    "server",
    "management",
    "proxy",
    "sites",
    "gateway",
    "store",
    "log",
    "policy",
];

/// A configuration or a bare policy document, in TOML or JSON. `Err` says what is wrong, a line for each mistake.
pub(super) fn of_file(file: &Path) -> Result<Policy, String> {
    let source = file.display().to_string();
    let text = text_file::read(file).map_err(|error| error.to_string())?;
    let read = if text.trim_start().starts_with('{') {
        of_json(&text, &source)
    } else if is_configuration(&text) {
        // What the environment says concerns the server that runs, not the one that is thought of.
        Config::parse(&text, &source, [])
    } else {
        Config::of_policy(&text, &source)
    };
    let config = read.map_err(|errors| {
        let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })?;
    match config.policy_owner {
        PolicyOwner::File => Ok(config.policy),
        PolicyOwner::Server => Err(format!(
            "{source}: policy: the server owns the policy; this file has none. `nightlatch policy show > policy.toml` writes \
             down what the server has, and `nightlatch policy export` without a file is its report"
        )),
    }
}

fn is_configuration(text: &str) -> bool {
    toml::from_str::<toml::Table>(text)
        .is_ok_and(|document| SECTIONS.iter().any(|section| document.contains_key(*section)))
}

/// Also what the management API answers, which has the document under `policy`.
fn of_json(text: &str, source: &str) -> Result<Config, Vec<ConfigError>> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        vec![ConfigError {
            source: source.to_owned(),
            position: Some(Position {
                line: error.line(),
                column: error.column(),
            }),
            key: None,
            message: format!("this is no JSON ({error}); mend it there, or write the policy in TOML"),
        }]
    })?;
    Config::of_json_policy(value.get("policy").unwrap_or(&value), source)
}

pub(super) fn described(violations: Vec<Violation>, before: &str) -> String {
    let lines: Vec<_> = violations
        .into_iter()
        .map(|Violation { key, problem, remedy }| format!("{before}{key}: {problem}; {remedy}"))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a file of this content that is called `strict`.
    fn read(text: &str) -> Result<String, String> {
        let (directory, file) = strict(text);
        let read = of_file(&file).map(|policy| policy.idle.to_string());
        read.map_err(|error| error.replace(&format!("{}/", directory.path().display()), ""))
    }

    fn strict(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("strict");
        std::fs::write(&file, text).expect("the file");
        (directory, file)
    }

    #[test]
    fn configurations_and_bare_policies_are_read() {
        for text in [
            "idle = \"5m\"\n",
            "[policy]\nidle = \"5m\"\n[store]\nkind = \"memory\"\n",
            "{\"idle\": \"5m\"}",
            "{\"revision\": 3, \"policy\": {\"idle\": \"5m\"}}",
        ] {
            assert_eq!(read(text).as_deref(), Ok("5m"), "{text}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (text, told) in [
            ("absolute = \"8h\"\nidel = \"5m\"\n", "strict:2:1: "),
            ("[policy]\nidle = 5\n", "strict:2:8: policy.idle"),
            ("idle = \"30s\"\n", "strict:1:1: idle: "),
            ("idle = 5\n", "strict:1:1: idle: "),
            ("{\"idle\": 5}", "strict: idle: "),
            ("{\"idle\": null}", "strict: idle: null"),
            ("{\"idle\": }", "strict:1:10: "),
        ] {
            let error = read(text).expect_err("a mistake");
            assert!(error.starts_with(told), "{error}");
        }
    }
}
