//! Every lint: a policy that triggers it, and one that just does not; and its section in the documents.

use std::collections::BTreeSet;

use nightlatch_core::policy::{Lint, LintCode, Policy, PolicyDocument, Preset, Severity, lint};

fn policy(json: &str) -> Policy {
    let document: PolicyDocument = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    Policy::new(document).unwrap_or_else(|violations| panic!("{violations:?}: {json}"))
}

fn lints(json: &str) -> Vec<Lint> {
    lint(&policy(json))
}

/// Code; a policy that triggers it, at this key; a policy that just does not.
const CASES: &[(&str, &str, &str, &str)] = &[
    (
        "NL001",
        r#"{"warn_before": "19s"}"#,
        "warn_before",
        r#"{"warn_before": "20s"}"#,
    ),
    (
        "NL002",
        r#"{"warn_before": "0s"}"#,
        "warn_before",
        r#"{"warn_before": "20s"}"#,
    ),
    (
        "NL003",
        r#"{"idle": "39s", "warn_before": "20s"}"#,
        "idle",
        r#"{"idle": "40s", "warn_before": "20s"}"#,
    ),
    (
        "NL003",
        r#"{"warn_before": "20s", "rules": [{"match": {"role": "a"}, "idle": "30s"}]}"#,
        "rules[0].idle",
        r#"{"warn_before": "20s", "rules": [{"match": {"role": "a"}, "idle": "40s"}]}"#,
    ),
    (
        "NL004",
        r#"{"idle": "1h", "absolute": "659m"}"#,
        "absolute",
        r#"{"idle": "1h", "absolute": "11h"}"#,
    ),
    (
        "NL004",
        r#"{"idle": "3h", "absolute": "20h"}"#,
        "absolute",
        r#"{"idle": "3h", "absolute": "20h1ms"}"#,
    ),
    (
        "NL004",
        r#"{"applications": {"one": {"idle": "1h"}}}"#,
        "applications.one.idle",
        r#"{"applications": {"one": {"idle": "1h", "absolute": "11h"}}}"#,
    ),
    (
        "NL004",
        r#"{"idle": "1h"}"#,
        "absolute",
        r#"{"idle": "1h", "rules": [{"idle": "30m"}]}"#,
    ),
    ("NL005", r#"{"idle": "8h"}"#, "absolute", r#"{"idle": "479m"}"#),
    (
        "NL005",
        r#"{"applications": {"one": {"absolute": "20m"}}}"#,
        "applications.one.absolute",
        r#"{"applications": {"one": {"absolute": "20m", "idle": "5m"}}}"#,
    ),
    (
        "NL006",
        r#"{"idle": "off"}"#,
        "idle",
        r#"{"idle": "off", "caps": {"idle": "3d"}}"#,
    ),
    (
        "NL006",
        r#"{"absolute": "off"}"#,
        "absolute",
        r#"{"absolute": "off", "rules": [{"absolute": "30d"}]}"#,
    ),
    (
        "NL006",
        r#"{"choice": {"allow": ["15m", "off"]}}"#,
        "choice.allow[1]",
        r#"{"choice": {"allow": ["15m", "off"]}, "caps": {"idle": "1d"}}"#,
    ),
    (
        "NL006",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "off", "lengthens": true}]}"#,
        "rules[0].idle",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "off", "lengthens": true},
                      {"match": {"role": ["a", "b"]}, "idle": "2h"}]}"#,
    ),
    ("NL007", r#"{"hold_max": "8h1ms"}"#, "hold_max", r#"{"hold_max": "8h"}"#),
    (
        "NL008",
        r#"{"caps": {"idle": "31m"}}"#,
        "caps.idle",
        r#"{"caps": {"idle": "30m"}}"#,
    ),
    (
        "NL008",
        r#"{"caps": {"absolute": "9h"}}"#,
        "caps.absolute",
        r#"{"caps": {"absolute": "9h"}, "applications": {"one": {"absolute": "10h"}}}"#,
    ),
    ("NL009", r#"{"activity": []}"#, "activity", r#"{"activity": ["input"]}"#),
    (
        "NL010",
        r#"{"absent": "pause", "absolute": "off"}"#,
        "absent",
        r#"{"absent": "pause", "absolute": "off", "caps": {"absolute": "30d"}}"#,
    ),
    (
        "NL011",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "30m", "lengthens": true}]}"#,
        "rules[0].idle",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "31m", "lengthens": true}]}"#,
    ),
    (
        "NL011",
        r#"{"idle": "40m", "applications": {"one": {"idle": "30m"}},
            "rules": [{"match": {"application": "two"}, "idle": "35m", "lengthens": true}]}"#,
        "rules[0].idle",
        r#"{"idle": "40m", "applications": {"one": {"idle": "30m"}},
            "rules": [{"match": {"role": "a"}, "idle": "35m", "lengthens": true}]}"#,
    ),
    (
        "NL011",
        r#"{"caps": {"idle": "30m"}, "rules": [{"match": {"role": "a"}, "idle": "1h", "lengthens": true}]}"#,
        "rules[0].idle",
        r#"{"caps": {"idle": "31m"}, "rules": [{"match": {"role": "a"}, "idle": "1h", "lengthens": true}]}"#,
    ),
    (
        "NL011",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "1h", "lengthens": true}, {"match": {"role": ["b", "a"]}, "idle": "20m"}]}"#,
        "rules[0].idle",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "1h", "lengthens": true}, {"match": {"role": "b"}, "idle": "20m"}]}"#,
    ),
    (
        "NL011",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "1h", "lengthens": true}, {"idle": "2h", "lengthens": true}]}"#,
        "rules[0].idle",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "2h", "lengthens": true}, {"idle": "1h", "lengthens": true}]}"#,
    ),
    (
        "NL011",
        r#"{"rules": [{"match": {"role": "a"}, "max_sessions": 5, "lengthens": true}]}"#,
        "rules[0].max_sessions",
        r#"{"max_sessions": 4, "rules": [{"match": {"role": "a"}, "max_sessions": 5, "lengthens": true}]}"#,
    ),
    (
        "NL012",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "30m"}]}"#,
        "rules[0].idle",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "29m"}]}"#,
    ),
    (
        "NL012",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "30m"}]}"#,
        "rules[0].idle",
        r#"{"choice": {"allow": ["31m"]}, "rules": [{"match": {"role": "a"}, "idle": "30m"}]}"#,
    ),
    (
        "NL012",
        r#"{"rules": [{"match": {"path": "/a/**"}, "idle": "10m"}, {"match": {"path": "/a/b"}, "idle": "15m"}]}"#,
        "rules[1].idle",
        r#"{"rules": [{"match": {"path": "/a/*"}, "idle": "10m"}, {"match": {"path": "/a/**"}, "idle": "15m"}]}"#,
    ),
    (
        "NL012",
        r#"{"rules": [{"match": {"role": "a"}, "absolute": "4h"}], "caps": {"absolute": "4h"}}"#,
        "rules[0].absolute",
        r#"{"rules": [{"match": {"role": "a"}, "absolute": "4h"}], "caps": {"absolute": "5h"}}"#,
    ),
    (
        "NL012",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "10m"}], "caps": {"idle": "10m"}}"#,
        "rules[0].idle",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "10m", "on_idle": "lock"}], "caps": {"idle": "10m"}}"#,
    ),
    (
        "NL013",
        r#"{"applications": {"shop": {"idle": "20m"}}, "rules": [{"match": {"application": "shpo"}, "idle": "5m"}]}"#,
        "rules[0].match.application",
        r#"{"applications": {"shop": {"idle": "20m"}}, "rules": [{"match": {"application": "shop"}, "idle": "5m"}]}"#,
    ),
    (
        "NL013",
        r#"{"applications": {"shop": {}}, "gates": [{"match": {"application": ["shop", "shpo"]}, "max_age": "1h"}]}"#,
        "gates[0].match.application",
        r#"{"gates": [{"match": {"application": ["shop", "shpo"]}, "max_age": "1h"}]}"#,
    ),
    (
        "NL014",
        r#"{"gates": [{"name": "x", "match": {"path": "/a"}, "max_age": "1h"}, {"name": "x", "max_age": "2h"}]}"#,
        "gates[1].name",
        r#"{"gates": [{"name": "x", "match": {"path": "/a"}, "max_age": "1h"}], "passive": [{"name": "x", "match": {"path": "/b"}}]}"#,
    ),
    (
        "NL015",
        r#"{"rules": [{"match": {"role": ["a", "b", "a"]}, "idle": "5m"}]}"#,
        "rules[0].match.role",
        r#"{"rules": [{"match": {"role": ["a", "b"]}, "idle": "5m"}]}"#,
    ),
    (
        "NL016",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "20m", "absolute": "20m"}]}"#,
        "rules[0].absolute",
        r#"{"rules": [{"match": {"role": "a"}, "idle": "20m", "absolute": "21m"}]}"#,
    ),
    (
        "NL017",
        r#"{"rules": [{"match": {"role": ""}, "idle": "5m"}]}"#,
        "rules[0].match.role",
        r#"{"rules": [{"match": {"role": "the staff"}, "idle": "5m"}]}"#,
    ),
    (
        "NL017",
        r#"{"rules": [{"match": {"role": " staff"}, "idle": "5m"}]}"#,
        "rules[0].match.role",
        r#"{"rules": [{"match": {"role": "the staff"}, "idle": "5m"}]}"#,
    ),
    (
        "NL017",
        r#"{"rules": [{"match": {"role": "admin,staff"}, "idle": "5m"}]}"#,
        "rules[0].match.role",
        r#"{"rules": [{"match": {"role": "the staff"}, "idle": "5m"}]}"#,
    ),
    (
        "NL020",
        r#"{"gates": [{"match": {"path": "/billing/*"}, "max_age": "1h"}]}"#,
        "gates[0].match.path",
        r#"{"gates": [{"match": {"path": ["/billing", "/billing/*"]}, "max_age": "1h"}]}"#,
    ),
    (
        "NL020",
        r#"{"gates": [{"match": {"path": "/*"}, "max_age": "1h"}]}"#,
        "gates[0].match.path",
        r#"{"gates": [{"match": {"path": "/**/*"}, "max_age": "1h"}]}"#,
    ),
    (
        "NL021",
        r#"{"rules": [{"match": {"path": ["/a", "/b/"]}, "idle": "5m"}]}"#,
        "rules[0].match.path[1]",
        r#"{"rules": [{"match": {"path": ["/", "/b"]}, "idle": "5m"}]}"#,
    ),
    (
        "NL022",
        r#"{"rules": [{"match": {"path": "/a/../b"}, "idle": "5m"}]}"#,
        "rules[0].match.path",
        r#"{"rules": [{"match": {"path": "/a/.../b"}, "idle": "5m"}]}"#,
    ),
    (
        "NL023",
        r#"{"rules": [{"match": {"path": "/a%20b"}, "idle": "5m"}]}"#,
        "rules[0].match.path",
        r#"{"rules": [{"match": {"path": "/a b"}, "idle": "5m"}]}"#,
    ),
    (
        "NL024",
        r#"{"rules": [{"match": {"path": "/a?tab=1"}, "idle": "5m"}]}"#,
        "rules[0].match.path",
        r#"{"rules": [{"match": {"path": "/a&tab=1"}, "idle": "5m"}]}"#,
    ),
    (
        "NL025",
        r#"{"rules": [{"match": {"path": "/admin"}, "idle": "5m"}], "gates": [{"match": {"path": "/Admin"}, "max_age": "1h"}]}"#,
        "gates[0].match.path",
        r#"{"rules": [{"match": {"path": "/admin"}, "idle": "5m"}], "gates": [{"match": {"path": "/admin"}, "max_age": "1h"}]}"#,
    ),
    (
        "NL026",
        r#"{"gates": [{"match": {"path": "/admin"}, "max_age": "1h"}]}"#,
        "gates[0].match.path",
        r#"{"gates": [{"match": {"path": "/admin/**"}, "max_age": "1h"}]}"#,
    ),
    (
        "NL026",
        r#"{"gates": [{"match": {"path": ["/admin", "/x/*"]}, "max_age": "1h"}], "rules": [{"match": {"path": "/admin/**"}, "idle": "5m"}]}"#,
        "gates[0].match.path[0]",
        r#"{"gates": [{"match": {"path": "/admin"}, "max_age": "1h"}, {"match": {"path": "/**"}, "max_age": "2h"}]}"#,
    ),
    (
        "NL026",
        r#"{"gates": [{"match": {"path": "/"}, "max_age": "1h"}]}"#,
        "gates[0].match.path",
        r#"{"gates": [{"match": {"path": "/admin.php"}, "max_age": "1h"}]}"#,
    ),
    (
        "NL027",
        r#"{"gates": [{"match": {"path": "/users/:id"}, "max_age": "1h"}]}"#,
        "gates[0].match.path",
        r#"{"gates": [{"match": {"path": "/users/*"}, "max_age": "1h"}]}"#,
    ),
    (
        "NL027",
        r#"{"passive": [{"match": {"path": ["/a/**", "/api/v[0-9]/poll"]}}]}"#,
        "passive[0].match.path[1]",
        r#"{"passive": [{"match": {"path": ["/a/**", "/rest/v2:poll"]}}]}"#,
    ),
    (
        "NL028",
        r#"{"rules": [{"match": {"path": "/billing"}, "idle": "5m"}]}"#,
        "rules[0].match.path",
        r#"{"rules": [{"match": {"path": "/billing/**"}, "idle": "5m"}]}"#,
    ),
    (
        "NL028",
        r#"{"passive": [{"match": {"path": "/poll"}}]}"#,
        "passive[0].match.path",
        r#"{"passive": [{"match": {"path": "/poll.json"}}]}"#,
    ),
    (
        "NL030",
        r#"{"passive": [{"match": {"path": "/**"}}]}"#,
        "passive[0].match.path",
        r#"{"passive": [{"match": {"path": "/api/**"}}]}"#,
    ),
    (
        "NL030",
        r#"{"passive": [{"match": {"application": "shop"}}]}"#,
        "passive[0]",
        r#"{"passive": [{"match": {"application": "shop", "path": "/poll"}}]}"#,
    ),
    (
        "NL030",
        r#"{"gates": [{"match": {"path": "/admin/users/**"}, "max_age": "1h"}], "passive": [{"match": {"path": "/admin/**"}}]}"#,
        "passive[0].match.path",
        r#"{"gates": [{"match": {"path": "/admin/**"}, "max_age": "1h"}], "passive": [{"match": {"path": "/admin/poll/**"}}]}"#,
    ),
    (
        "NL040",
        r#"{"choice": {"allow": ["31m"]}, "caps": {"idle": "30m"}}"#,
        "choice.allow[0]",
        r#"{"choice": {"allow": ["30m", "off"]}, "caps": {"idle": "30m"}}"#,
    ),
    (
        "NL040",
        r#"{"choice": {"allow": ["20m"]}, "rules": [{"idle": "15m"}]}"#,
        "choice.allow[0]",
        r#"{"choice": {"allow": ["20m"]}, "rules": [{"match": {"role": "a"}, "idle": "15m"}]}"#,
    ),
    (
        "NL041",
        r#"{"choice": {"allow": ["60m", "1h"]}}"#,
        "choice.allow[1]",
        r#"{"choice": {"allow": ["60m", "61m"]}}"#,
    ),
    ("NL041", r#"{"choice": {"allow": []}}"#, "choice.allow", "{}"),
    (
        "NL050",
        r#"{"gates": [{"match": {"path": "/a"}, "max_away": "30m"}]}"#,
        "gates[0].max_away",
        r#"{"gates": [{"match": {"path": "/a"}, "max_away": "29m"}]}"#,
    ),
    (
        "NL050",
        r#"{"gates": [{"match": {"path": "/a"}, "max_away": "30m"}]}"#,
        "gates[0].max_away",
        r#"{"absent": "pause", "gates": [{"match": {"path": "/a"}, "max_away": "30m"}]}"#,
    ),
    (
        "NL050",
        r#"{"gates": [{"match": {"path": "/a"}, "max_age": "8h"}]}"#,
        "gates[0].max_age",
        r#"{"applications": {"one": {"absolute": "9h"}}, "gates": [{"match": {"path": "/a"}, "max_age": "8h"}]}"#,
    ),
    (
        "NL060",
        r#"{"preset": "pci-dss"}"#,
        "justification",
        r#"{"preset": "pci-dss", "justification": "card data"}"#,
    ),
    (
        "NL061",
        r#"{"preset": "pci-dss", "deviation": "old kiosks"}"#,
        "deviation",
        r#"{"preset": "pci-dss", "deviation": "old kiosks", "idle": "16m"}"#,
    ),
    (
        "NL061",
        r#"{"preset": "pci-dss", "rules": [{"match": {"role": "a"}, "idle": "10m", "deviation": "old kiosks"}]}"#,
        "rules[0].deviation",
        r#"{"preset": "pci-dss", "rules": [{"match": {"role": "a"}, "idle": "16m", "lengthens": true, "deviation": "old kiosks"}]}"#,
    ),
    (
        "NL062",
        r#"{"on_max_sessions": "ask"}"#,
        "on_max_sessions",
        r#"{"on_max_sessions": "ask", "rules": [{"match": {"role": "a"}, "max_sessions": 1}]}"#,
    ),
];

#[test]
fn every_lint_has_a_policy_that_triggers_it_and_one_that_just_does_not() {
    for (code, triggering, key, close) in CASES {
        let of_code = |json: &str| -> Vec<String> {
            let found = lints(json).into_iter().filter(|lint| lint.code.to_string() == **code);
            found.map(|lint| lint.key).collect()
        };
        assert_eq!(
            of_code(triggering),
            [*key],
            "{code}: {triggering}: {:?}",
            lints(triggering)
        );
        assert!(of_code(close).is_empty(), "{code}: {close}: {:?}", lints(close));
    }
    let tried: BTreeSet<String> = CASES.iter().map(|(code, ..)| (*code).to_owned()).collect();
    let all: BTreeSet<String> = LintCode::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(tried, all);
}

#[test]
fn the_defaults_and_a_careful_policy_have_no_lints() {
    assert_eq!(lints("{}"), []);
    let careful = r#"{
        "idle": "30m", "absolute": "11h", "warn_before": "2m", "max_sessions": 3,
        "choice": {"allow": ["15m", "30m", "60m", "off"]},
        "caps": {"idle": "2h", "absolute": "11h"},
        "applications": {"console": {"idle": "1h", "max_sessions": 1}},
        "rules": [
            {"name": "mobile", "match": {"device": "mobile"}, "idle": "90m", "lengthens": true},
            {"name": "admins", "match": {"role": "admin"}, "idle": "10m", "absolute": "4h"},
            {"name": "billing", "match": {"path": "/billing/**"}, "idle": "5m", "on_idle": "lock"}
        ],
        "gates": [{"name": "admin", "match": {"path": "/admin/**"}, "max_away": "5m", "max_age": "1h"}],
        "passive": [{"match": {"path": "/api/poll/**"}}]
    }"#;
    assert_eq!(lints(careful), []);
}

/// What a preset's own policy is told: that a justification is welcome, and that the default `hold_max` is longer than
/// its shortest sessions.
#[test]
fn presets_have_only_the_notes_that_are_documented() {
    for preset in Preset::ALL {
        let found = lint(&preset.policy().expect("a valid policy"));
        let mut expected = Vec::new();
        if matches!(preset, Preset::Psd2 | Preset::SharedDevice) {
            expected.push(LintCode::HoldPastAbsolute);
        }
        if preset != Preset::Hipaa {
            expected.push(LintCode::NoJustification);
        }
        let codes: Vec<_> = found.iter().map(|lint| lint.code).collect();
        assert_eq!(codes, expected, "{preset}");
        assert!(found.iter().all(|lint| lint.severity == Severity::Note), "{preset}");
    }
}

#[test]
fn every_code_has_a_section_that_says_what_why_and_how_to_mend() {
    let book = include_str!("../../../docs/lints.md");
    let sections: Vec<&str> = book.split("\n## ").skip(1).collect();
    let titles: Vec<&str> = sections.iter().filter_map(|section| section.lines().next()).collect();
    let codes: Vec<String> = LintCode::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(titles, codes);
    for (code, section) in LintCode::ALL.iter().zip(sections) {
        for part in ["**What.** ", "**Why.** ", "**Mend.** "] {
            assert!(section.contains(part), "{code} has no {part}");
        }
        assert!(section.contains(&format!("({})", code.severity())), "{code}: severity");
        let anchor = code.link();
        assert!(
            anchor.ends_with(&format!("/docs/lints.md#{}", code.to_string().to_lowercase())),
            "{anchor}"
        );
    }
}

#[test]
fn a_lint_is_one_object_for_machines_and_one_line_for_people() {
    let found = lints(r#"{"warn_before": "10s"}"#);
    let json = serde_json::to_value(&found[0]).expect("JSON");
    assert_eq!((&json["code"], &json["severity"]), (&"NL001".into(), &"warning".into()));
    let line = found[0].to_string();
    assert!(
        line.starts_with("warning NL001: warn_before: 10s are too short"),
        "{line}"
    );
}
