//! The policy document for auditors: complete, and nothing written in a policy breaks out of it.

use nightlatch_core::policy::{Issued, Policy, PolicyDocument, Report, ReportedRevision};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::{Value, json};

fn policy(json: &Value) -> Policy {
    let document: PolicyDocument = serde_json::from_value(json.clone()).expect("a document");
    Policy::new(document).unwrap_or_else(|violations| panic!("{violations:?}"))
}

fn report(policy: &Policy) -> Report {
    of_revision(policy, "because")
}

fn of_revision(policy: &Policy, words: &str) -> Report {
    let issued = Issued {
        at: "2026-03-01T09:30:00.000Z".to_owned(),
        version: "1.2.3".to_owned(),
        file: None,
        revision: Some(ReportedRevision {
            revision: 7,
            since: "2026-02-01T09:30:00.000Z".to_owned(),
            actor: "api:ops".into(),
            reason: Some(words.into()),
        }),
    };
    nightlatch_core::policy::report(policy, issued)
}

/// A policy that has these words wherever words can be.
fn wordy(words: &str) -> Value {
    // A reason is text in lines; a name may be anything.
    let reason: String = words.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let reason = format!("x{reason}");
    let pattern: String = words.chars().filter(|c| *c != '*').collect();
    json!({
        "preset": "pci-dss",
        "justification": reason,
        "deviation": reason,
        "idle": "20m",
        "applications": { words: { "idle": "30m", "deviation": reason } },
        "rules": [{ "name": words, "match": { "role": [words, "admin"], "device": words, "path": format!("/{pattern}") },
                    "idle": "1h", "lengthens": true, "deviation": reason }],
        "gates": [{ "name": words, "match": { "application": words }, "max_age": "1h" }],
        "passive": [{ "name": words, "match": { "path": "/poll" } }],
    })
}

/// What a reader of the Markdown sees: how many of each kind of block, and links that are not ours.
fn structure(markdown: &str) -> (Vec<String>, Vec<String>) {
    let mut blocks = Vec::new();
    let mut foreign = Vec::new();
    for event in Parser::new_ext(markdown, Options::all()) {
        match event {
            Event::Start(Tag::Link { ref dest_url, .. }) if dest_url.starts_with(env!("CARGO_PKG_REPOSITORY")) => {}
            Event::InlineHtml(ref html) if **html == *"<br>" => {}
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_))
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_) => foreign.push(format!("{event:?}")),
            Event::Start(
                tag @ (Tag::Heading { .. }
                | Tag::Table(_)
                | Tag::TableRow
                | Tag::TableCell
                | Tag::List(_)
                | Tag::Item
                | Tag::BlockQuote(_)
                | Tag::Emphasis
                | Tag::Strong),
            ) => blocks.push(format!("{tag:?}")),
            _ => {}
        }
    }
    (blocks, foreign)
}

fn markdown(words: &str) -> String {
    of_revision(&policy(&wordy(words)), words).to_markdown()
}

const HOSTILE: &[&str] = &[
    "| a | b |\n|---|---|\n| c | d |",
    "# heading",
    "</td><script>alert(1)</script>",
    "[click](javascript:alert(1)) ![x](https://example.com/x.png)",
    "`code` ``` fence\n```\nx\n```",
    "- list\n1. one\n> quote\n    code",
    "&lt;b&gt; <https://example.com> https://example.com",
    "\\| \\\\| a\\",
    "*bold* _it_ ~~gone~~ $x$ $$y$$ [^1] :smile:",
    "===\n---\n***",
    "\u{202e}evil\u{2028}x\u{b}y\rz",
    "",
];

#[test]
fn hostile_words_stay_words() {
    for words in HOSTILE {
        let (_, foreign) = structure(&markdown(words));
        assert_eq!(foreign, [""; 0], "{words:?}: {}", markdown(words));
    }
}

proptest! {
    /// Whatever the words, headings, tables, rows and cells are those of any other words. (Findings come and go with
    /// the words, so their table is left out.)
    #[test]
    fn words_change_no_structure(words in "[-a-z|`*_<>\\[\\]()#&!~$\\\\:.+= \n\r\t/^0-9]{1,12}") {
        let before_findings = |markdown: String| markdown.split("\n## Findings").next().map(str::to_owned).expect("a part");
        let quiet = structure(&before_findings(markdown("word")));
        prop_assert_eq!(structure(&before_findings(markdown(&words))), quiet);
    }
}

#[test]
fn the_words_can_be_read() {
    let markdown = markdown("a|b <c>");
    let cells: Vec<String> = Parser::new_ext(&markdown, Options::all())
        .filter_map(|event| match event {
            Event::Text(text) => Some(text.to_string()),
            _ => None,
        })
        .collect();
    assert!(cells.concat().contains("role a|b <c> or admin"), "{markdown}");
}

fn value_of(report: &Value, key: &str) -> Value {
    let values = report["values"].as_array().expect("a list");
    let value = values.iter().find(|value| value["key"] == key);
    value.unwrap_or_else(|| panic!("no {key} in {report}")).clone()
}

#[test]
fn every_value_has_its_origin() {
    let written = json!({
        "preset": "fedramp-high",
        "justification": "because",
        "warn_before": "30s",
        "idle": "5m",
        "rules": [{ "name": "privileged", "match": { "role": "admin" }, "idle": "4m" }],
        "applications": { "console": { "idle": "1h", "deviation": "an old terminal" } },
    });
    let report = serde_json::to_value(report(&policy(&written))).expect("JSON");
    assert_eq!(value_of(&report, "idle")["origin"], json!({ "from": "written" }));
    assert_eq!(value_of(&report, "applications.console.idle")["value"], "1h");
    let absolute = value_of(&report, "absolute");
    assert_eq!(
        (&absolute["origin"]["from"], &absolute["origin"]["source"]["section"]),
        (&json!("preset"), &json!("IA-11"))
    );
    assert_eq!(
        value_of(&report, "max_sessions")["origin"]["source"]["section"],
        "AC-10"
    );
    assert_eq!(value_of(&report, "hold_max")["origin"], json!({ "from": "default" }));
    assert_eq!(
        report["deviations"],
        json!([{ "key": "applications.console.deviation", "text": "an old terminal", "covers": ["applications.console.idle"] }])
    );
    let unmet: Vec<_> = report["ceilings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["met"] == false)
        .collect();
    assert_eq!(
        (unmet.len(), &unmet[0]["looser"]),
        (1, &json!(["applications.console.idle"]))
    );
    assert_eq!(report["policy"]["absolute"], "12h");
    assert_eq!(report["rules"][0]["applies_to"], "role admin");
}

#[test]
fn a_policy_without_a_preset_has_a_report_too() {
    let markdown = report(&policy(&json!({}))).to_markdown().replace('\\', "");
    for line in [
        "The policy follows no preset.",
        "| idle | 30m | default |",
        "| max_sessions | no limit | default |",
        "## Findings\n\nNone.",
        "2026-03-01T09:30:00",
        "nightlatch 1.2.3",
        "7, in force since",
    ] {
        assert!(markdown.contains(line), "{line}: {markdown}");
    }
}

#[test]
fn a_value_that_overrides_the_preset_is_written_even_where_it_is_the_usual_one() {
    let written =
        json!({ "preset": "pci-dss", "justification": "because", "on_idle": "sign-out", "warn_before": "30s" });
    let report = serde_json::to_value(report(&policy(&written))).expect("JSON");
    for key in ["on_idle", "warn_before"] {
        assert_eq!(value_of(&report, key)["origin"], json!({ "from": "written" }), "{key}");
    }
}
