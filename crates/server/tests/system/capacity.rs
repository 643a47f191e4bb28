//! `docs/capacity.md` does what it says: each of its commands is run, and prints the figures that stand below it.

use std::process::{Command, Output};

use serde_json::Value;

const DOCUMENT: &str = include_str!("../../../../docs/capacity.md");

fn run(line: &str) -> Output {
    let words: Vec<_> = line.split_whitespace().skip(1).collect();
    Command::new(env!("CARGO_BIN_EXE_nightlatch"))
        .args(words)
        .output()
        .expect("the binary runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Each command of the document with what it shows of it, if it does.
fn commands() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    DOCUMENT.split("```sh\n").skip(1).map(|rest| {
        let (line, after) = rest.split_once("\n```\n").expect("one line");
        let shown = after.trim_start().strip_prefix("```text\n");
        (line, shown.and_then(|shown| shown.split("```").next()))
    })
}

#[test]
fn the_commands_of_the_document_print_what_it_shows() {
    let mut shown = 0;
    for (line, expected) in commands().filter(|(line, _)| line.starts_with("nightlatch ")) {
        let output = run(line);
        assert!(output.stderr.is_empty(), "{line}: {output:?}");
        if let Some(expected) = expected {
            assert_eq!(out(&output), expected, "{line}");
            shown += 1;
        }
    }
    assert!(shown > 0);
}

#[test]
fn it_exits_with_1_where_it_does_not_fit_and_says_what_to_do() {
    let fits = run("nightlatch capacity --sessions 1M --active 100k");
    assert!(fits.status.success(), "{}", out(&fits));
    let line = "nightlatch capacity --sessions 2G --active 1G --sticky false";
    let much = run(line);
    assert_eq!(much.status.code(), Some(1));
    assert!(out(&much).contains("clusters of 2 nodes"), "{}", out(&much));
    let json = run(&format!("{line} --json"));
    assert_eq!(json.status.code(), Some(1));
    let document: Value = serde_json::from_str(&out(&json)).expect("JSON");
    assert_eq!(document["fits"], false);
    assert!(document["clusters"].as_u64().is_some_and(|clusters| clusters > 1));
}

#[test]
fn mistakes_are_told() {
    for (line, told) in [
        ("nightlatch capacity --sessions 1k --active 2k", "--active is more"),
        ("nightlatch capacity --sessions 1X --active 2k", "1.5M"),
        (
            "nightlatch capacity --sessions 1k --active 1k --touch-interval 0s",
            "longer than nothing",
        ),
        (
            "nightlatch capacity --sessions 1k --active 1k --nodes-per-session 3",
            "more than --nodes",
        ),
    ] {
        let output = run(line);
        assert!(!output.status.success(), "{line}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(told), "{line}: {error}");
    }
}
