//! What differs between two policies, a line for each key.

use std::io::Write;

use serde_json::Value;

use crate::cli::table::visible;

pub(super) fn write_differences(out: &mut impl Write, differences: &Value) -> std::io::Result<()> {
    for difference in differences.as_array().into_iter().flatten() {
        let value = |key: &str| match &difference[key] {
            Value::Null => "nothing".to_owned(),
            Value::String(text) => visible(text),
            other => visible(&other.to_string()),
        };
        let key = visible(difference["key"].as_str().unwrap_or_default());
        writeln!(out, "  {key}: {} -> {}", value("before"), value("after"))?;
    }
    Ok(())
}
