//! The cases of the lifetime rules, entry by entry: through the library, and through the naive model.

#[path = "naive/naive.rs"]
mod naive;

use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

#[test]
fn the_library_agrees_with_every_vector() {
    assert_agrees(nightlatch_core::scenario::simulate);
}

#[test]
fn the_naive_model_agrees_with_every_vector() {
    assert_agrees(naive::simulate);
}

/// Runs every case and reports all that differ, each with its reason to be.
fn assert_agrees(simulate: fn(&Value) -> Value) {
    let mut differences = String::new();
    let cases = cases();
    assert!(cases.len() >= 60, "only {} cases found", cases.len());
    for (file, case) in cases {
        let (expected, found) = (&case["expect"], &simulate(&case));
        if expected != found {
            let _ = writeln!(
                differences,
                "\n{file}: {}\n{}",
                case["why"],
                side_by_side(expected, found)
            );
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

fn cases() -> Vec<(String, Value)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut paths: Vec<_> = directory
        .read_dir()
        .expect("the vectors")
        .map(|entry| entry.expect("a file").path())
        .collect();
    paths.sort();
    let read = |path: &Path| serde_json::from_slice(&std::fs::read(path).expect("a readable case")).expect("JSON");
    paths
        .iter()
        .map(|path| (path.file_name().unwrap_or_default().display().to_string(), read(path)))
        .collect()
}

/// One line where both agree, both lines where they do not.
fn side_by_side(expected: &Value, found: &Value) -> String {
    let (Some(expected), Some(found)) = (expected.as_array(), found.as_array()) else {
        return format!("  expected {expected}\n  found    {found}");
    };
    let mut lines = String::new();
    for index in 0..expected.len().max(found.len()) {
        let _ = match (expected.get(index), found.get(index)) {
            (Some(expected), Some(found)) if expected == found => writeln!(lines, "           {found}"),
            (expected, found) => {
                let show = |entry: Option<&Value>| entry.map_or_else(|| "nothing".to_owned(), Value::to_string);
                writeln!(lines, "  expected {}\n  found    {}", show(expected), show(found))
            }
        };
    }
    lines
}
