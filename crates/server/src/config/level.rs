//! How much is logged. The text is read here alone, so that what is accepted is what holds.

use schemars::{Schema, SchemaGenerator, json_schema};
use tracing_subscriber::filter::{LevelFilter, Targets};

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// For `#[schemars(schema_with = …)]`.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": LEVEL, "examples": ["info", "nightlatch=debug,info"] })
}

/// The format of such a text.
pub(super) const LEVEL: &str = "log-level";

/// Reads a level, or parts of the program with a level each. A word that is no level is an error: taken for a part of the
/// program, as `tracing` does, it would silence everything else.
pub(crate) fn targets(text: &str) -> Result<Targets, String> {
    let mut targets = Targets::new();
    for directive in text.split(',').map(str::trim) {
        match directive.split_once('=') {
            None => targets = targets.with_default(level(directive)?),
            Some((target, word)) => {
                let target = target.trim();
                let is_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
                if target.is_empty() || !target.chars().all(is_path) {
                    return Err(format!("`{target}` is no part of the program"));
                }
                let root = target.split(':').next().unwrap_or_default();
                let ours = ["nightlatch", "nightlatch_engine", "nightlatch_core"];
                let meant = super::similar::most_similar(root, ours.into_iter());
                if let Some(meant) = meant.filter(|meant| *meant != root && !ours.contains(&root)) {
                    return Err(format!("there is no part `{root}`; did you mean `{meant}`?"));
                }
                targets = targets.with_target(target.to_owned(), level(word.trim())?);
            }
        }
    }
    Ok(targets)
}

fn level(word: &str) -> Result<LevelFilter, String> {
    let plain = word.to_ascii_lowercase();
    match plain.parse() {
        // Numbers would be read as levels, too.
        Ok(level) if LEVELS.contains(&plain.as_str()) => Ok(level),
        _ => {
            let levels = LEVELS.map(|level| format!("`{level}`"));
            Err(format!("`{word}` is none of {}", levels.join(", ")))
        }
    }
}

/// The level that is likely meant by another word.
pub(super) fn meant(text: &str) -> Option<&'static str> {
    let word = text.trim().to_ascii_lowercase();
    match word.as_str() {
        "verbose" | "all" | "5" => Some("debug"),
        "warning" => Some("warn"),
        "fatal" | "critical" => Some("error"),
        "none" | "quiet" | "silent" => Some("off"),
        other => super::similar::most_similar(other, LEVELS.into_iter()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_parts_are_read() {
        for text in [
            "info",
            "INFO",
            "off",
            "nightlatch=debug,info",
            "nightlatch=debug, hyper=warn",
            "nightlatch_engine::sweep=trace",
        ] {
            assert!(targets(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "debgu",
            "3",
            "verbose",
            "loud=very",
            "info,",
            "nightlach=debug,info",
            "=info",
            "a b=info",
        ] {
            assert!(targets(text).is_err(), "{text}");
        }
    }
}
