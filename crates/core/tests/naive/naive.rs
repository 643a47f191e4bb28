//! The lifetime rules once more, as plainly as they can be told: keep everything that happened, and answer each
//! question by reading the whole story again. Slow on purpose; it shares nothing with the library it is compared to.

pub(crate) mod duration;
mod event;
mod history;
mod holds;
pub(crate) mod path;
pub(crate) mod policy;
pub(crate) mod preset;
pub(crate) mod resolve;
mod run;
pub(crate) mod session;

use serde_json::{Value, json};

/// Milliseconds, wide enough that no sum of two durations overflows.
pub(crate) type Ms = i128;

/// Runs a scenario: the trace, or `{"error": text}`.
pub(crate) fn simulate(scenario: &Value) -> Value {
    match run::run(scenario) {
        Ok(trace) => Value::Array(trace),
        Err(error) => json!({ "error": error }),
    }
}

/// The object in `value`, which has no keys but these.
fn object<'a>(value: &'a Value, keys: &[&str]) -> Result<&'a serde_json::Map<String, Value>, String> {
    let object = value.as_object().ok_or_else(|| format!("not an object: {value}"))?;
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown key {key}")),
        None => Ok(object),
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("not a text: {value}"))
}

fn list(value: &Value) -> Result<&[Value], String> {
    value
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| format!("not a list: {value}"))
}
