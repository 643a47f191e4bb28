//! The presets: each number against the words of its source, and what every preset promises.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use nightlatch_core::duration::Limit;
use nightlatch_core::policy::{Bound, Issued, OnIdle, Policy, PolicyDocument, Preset, Scope, Strength, report};
use serde_json::{Value, json};

/// Preset, key, for whom, value, standard, section. Kept apart from the table in the source on purpose: a number is
/// changed in both or in neither.
const NUMBERS: &[(&str, &str, &str, &str, &str, &str)] = &[
    ("nist-aal1", "absolute", "everyone", "30d", "NIST SP 800-63B-4", "2.1.3"),
    ("nist-aal2", "idle", "everyone", "1h", "NIST SP 800-63B-4", "2.2.3"),
    ("nist-aal2", "absolute", "everyone", "1d", "NIST SP 800-63B-4", "2.2.3"),
    ("nist-aal3", "idle", "everyone", "15m", "NIST SP 800-63B-4", "2.3.3"),
    ("nist-aal3", "absolute", "everyone", "12h", "NIST SP 800-63B-4", "2.3.3"),
    (
        "nist-aal3",
        "on_idle",
        "everyone",
        "sign-out",
        "NIST SP 800-63B-4",
        "2.3.3",
    ),
    ("fedramp-moderate", "idle", "everyone", "15m", "FedRAMP Rev 5", "AC-11"),
    (
        "fedramp-moderate",
        "absolute",
        "everyone",
        "12h",
        "FedRAMP Rev 5",
        "IA-11",
    ),
    (
        "fedramp-moderate",
        "idle",
        "role admin",
        "10m",
        "FedRAMP Rev 5",
        "SC-10",
    ),
    ("fedramp-high", "idle", "everyone", "15m", "FedRAMP Rev 5", "IA-11"),
    ("fedramp-high", "absolute", "everyone", "12h", "FedRAMP Rev 5", "IA-11"),
    (
        "fedramp-high",
        "on_idle",
        "everyone",
        "sign-out",
        "FedRAMP Rev 5",
        "AC-2(5)",
    ),
    (
        "fedramp-high",
        "max_sessions",
        "everyone",
        "2",
        "FedRAMP Rev 5",
        "AC-10",
    ),
    ("fedramp-high", "idle", "role admin", "10m", "FedRAMP Rev 5", "SC-10"),
    (
        "fedramp-high",
        "max_sessions",
        "role admin",
        "3",
        "FedRAMP Rev 5",
        "AC-10",
    ),
    ("stig-asd", "idle", "everyone", "15m", "DISA ASD STIG V6R4", "V-222389"),
    ("stig-asd", "absolute", "everyone", "12h", "nightlatch", "own proposal"),
    (
        "stig-asd",
        "on_idle",
        "everyone",
        "sign-out",
        "DISA ASD STIG V6R4",
        "V-222389",
    ),
    (
        "stig-asd",
        "idle",
        "role admin",
        "10m",
        "DISA ASD STIG V6R4",
        "V-222390",
    ),
    ("pci-dss", "idle", "everyone", "15m", "PCI DSS 4.0.1", "8.2.8"),
    ("pci-dss", "absolute", "everyone", "12h", "nightlatch", "own proposal"),
    (
        "psd2",
        "idle",
        "everyone",
        "5m",
        "Delegated Regulation (EU) 2018/389",
        "Article 4(3)(d)",
    ),
    ("psd2", "absolute", "everyone", "1h", "nightlatch", "own proposal"),
    ("psd2", "on_idle", "everyone", "sign-out", "nightlatch", "own proposal"),
    ("hipaa", "idle", "everyone", "10m", "nightlatch", "own proposal"),
    ("hipaa", "absolute", "everyone", "12h", "nightlatch", "own proposal"),
    (
        "owasp-high",
        "idle",
        "everyone",
        "5m",
        "OWASP Session Management Cheat Sheet",
        "Idle Timeout",
    ),
    (
        "owasp-high",
        "absolute",
        "everyone",
        "4h",
        "OWASP Session Management Cheat Sheet",
        "Absolute Timeout",
    ),
    (
        "owasp-high",
        "on_idle",
        "everyone",
        "sign-out",
        "nightlatch",
        "own proposal",
    ),
    (
        "owasp-low",
        "idle",
        "everyone",
        "30m",
        "OWASP Session Management Cheat Sheet",
        "Idle Timeout",
    ),
    (
        "owasp-low",
        "absolute",
        "everyone",
        "8h",
        "OWASP Session Management Cheat Sheet",
        "Absolute Timeout",
    ),
    (
        "owasp-low",
        "on_idle",
        "everyone",
        "sign-out",
        "nightlatch",
        "own proposal",
    ),
    (
        "cis-m365-unmanaged",
        "idle",
        "device unmanaged",
        "3h",
        "CIS Microsoft 365 Foundations Benchmark",
        "1.3.2",
    ),
    (
        "cis-m365-unmanaged",
        "absolute",
        "device unmanaged",
        "1d",
        "nightlatch",
        "own proposal",
    ),
    (
        "cis-m365-unmanaged",
        "on_idle",
        "device unmanaged",
        "sign-out",
        "CIS Microsoft 365 Foundations Benchmark",
        "1.3.2",
    ),
    ("shared-device", "idle", "everyone", "2m", "nightlatch", "own proposal"),
    (
        "shared-device",
        "absolute",
        "everyone",
        "30m",
        "nightlatch",
        "own proposal",
    ),
    (
        "shared-device",
        "on_idle",
        "everyone",
        "sign-out",
        "nightlatch",
        "own proposal",
    ),
    ("saas", "idle", "everyone", "1h", "nightlatch", "own proposal"),
    ("saas", "absolute", "everyone", "1d", "nightlatch", "own proposal"),
    ("saas", "on_idle", "everyone", "sign-out", "nightlatch", "own proposal"),
    ("consumer", "idle", "everyone", "3d", "nightlatch", "own proposal"),
    ("consumer", "absolute", "everyone", "30d", "nightlatch", "own proposal"),
    (
        "consumer",
        "on_idle",
        "everyone",
        "sign-out",
        "nightlatch",
        "own proposal",
    ),
];

/// Preset, and what it fills in: idle, absolute, warning, outcome, sessions.
const STARTS: &[([&str; 5], Option<u32>)] = &[
    (["nist-aal1", "7d", "30d", "60s", "sign-out"], None),
    (["nist-aal2", "1h", "24h", "120s", "lock"], None),
    (["nist-aal3", "15m", "12h", "120s", "sign-out"], None),
    (["fedramp-moderate", "15m", "12h", "120s", "lock"], None),
    (["fedramp-high", "15m", "12h", "120s", "sign-out"], Some(2)),
    (["stig-asd", "15m", "12h", "120s", "sign-out"], None),
    (["pci-dss", "15m", "12h", "120s", "lock"], None),
    (["psd2", "5m", "60m", "60s", "sign-out"], None),
    (["hipaa", "10m", "12h", "60s", "lock"], None),
    (["owasp-high", "5m", "4h", "60s", "sign-out"], None),
    (["owasp-low", "30m", "8h", "60s", "sign-out"], None),
    (["cis-m365-unmanaged", "3h", "24h", "120s", "sign-out"], None),
    (["shared-device", "2m", "30m", "30s", "sign-out"], None),
    (["saas", "60m", "24h", "60s", "sign-out"], None),
    (["consumer", "3d", "30d", "60s", "sign-out"], None),
];

#[test]
fn every_number_is_tied_to_its_source() {
    let told: Vec<_> = Preset::ALL
        .iter()
        .flat_map(|preset| preset.ceilings().iter().map(move |ceiling| (preset, ceiling)))
        .map(|(preset, ceiling)| {
            let texts = [preset.name(), ceiling.bound.key()].map(str::to_owned);
            let values = [ceiling.scope.to_string(), ceiling.bound.to_string()];
            let source = [ceiling.source.standard, ceiling.source.section].map(str::to_owned);
            [texts, values, source].concat()
        })
        .collect();
    let expected: Vec<_> = NUMBERS
        .iter()
        .map(|(preset, key, scope, value, standard, section)| {
            [preset, key, scope, value, standard, section]
                .map(|text| (*text).to_owned())
                .to_vec()
        })
        .collect();
    assert_eq!(told, expected);
}

/// What a source says has the number in it, in words that a reader can look up.
#[test]
fn what_a_source_says_has_the_number_in_it() {
    let in_words = |bound: Bound| -> Vec<String> {
        let limit = match bound {
            Bound::Idle(limit) | Bound::Absolute(limit) => limit,
            Bound::MaxSessions(most) => return vec![format!("{most} session")],
            Bound::OnIdle(_) => return Vec::new(),
        };
        let minutes = limit.span().expect("a ceiling is finite").as_millis() / 60_000;
        let units = [("minute", 1), ("hour", 60), ("day", 1440)];
        let whole = units
            .iter()
            .filter(|(_, length)| minutes % length == 0 && minutes >= *length);
        whole
            .map(|(unit, length)| format!("{} {unit}", minutes / length))
            .collect()
    };
    for preset in Preset::ALL {
        for ceiling in preset.ceilings() {
            let words = in_words(ceiling.bound);
            let (says, strength) = (ceiling.source.says, ceiling.source.strength);
            assert!(
                words.is_empty() || words.iter().any(|words| says.contains(words.as_str())),
                "{preset}: {words:?} is not in {says:?}"
            );
            assert_eq!(
                strength == Strength::Ours,
                ceiling.source.standard == "nightlatch",
                "{preset}"
            );
        }
    }
}

#[test]
fn every_preset_fills_in_what_the_table_says() {
    assert_eq!(STARTS.len(), Preset::ALL.len());
    for (preset, ([name, idle, absolute, warn_before, on_idle], sessions)) in Preset::ALL.iter().zip(STARTS) {
        assert_eq!(preset.name(), *name);
        let read: PolicyDocument = serde_json::from_value(json!({ "preset": name })).expect("a document");
        let limit = |text: &str| text.parse::<Limit>().expect("a limit");
        assert_eq!((read.idle, read.absolute), (limit(idle), limit(absolute)), "{name}");
        assert_eq!(Limit::after(read.warn_before), limit(warn_before), "{name}");
        assert_eq!(read.on_idle == OnIdle::Lock, *on_idle == "lock", "{name}");
        assert_eq!(read.max_sessions.map(std::num::NonZeroU32::get), *sessions, "{name}");
        let mut own = PolicyDocument::clone(&preset.policy().expect("valid"));
        own.justification = None;
        assert_eq!(own, read, "{name}: its policy is what its name alone reads as");
    }
}

/// The same document through JSON, and through tables as TOML has them: no `null`, rules as tables.
#[test]
fn every_preset_round_trips() {
    for preset in Preset::ALL {
        let policy = preset.policy().expect("a valid policy");
        let text = serde_json::to_string(&*policy).expect("JSON");
        let again: PolicyDocument = serde_json::from_str(&text).expect("our own text");
        assert_eq!(again, *policy, "{preset}");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert!(!has_null(&value), "{preset}: {text}");
        assert_eq!(serde_json::to_value(&again).expect("JSON"), value, "{preset}");
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.iter().any(has_null),
        Value::Object(keys) => keys.values().any(has_null),
        _ => false,
    }
}

/// One step above a ceiling is refused, with a message that names preset, standard, section and the way out; with a
/// deviation it is taken.
#[test]
fn every_ceiling_is_held() {
    for preset in Preset::ALL {
        for ceiling in preset.ceilings() {
            let base = PolicyDocument::clone(&preset.policy().expect("valid"));
            let mut looser = PolicyDocument {
                // Rules of the preset would bring the value down again.
                rules: Vec::new(),
                ..base.clone()
            };
            let more =
                |limit: Limit| Limit::after(limit.span().expect("finite") + nightlatch_core::time::Span::from_secs(1));
            match ceiling.bound {
                Bound::Idle(limit) => looser.idle = more(limit),
                Bound::Absolute(limit) => looser.absolute = more(limit),
                Bound::MaxSessions(most) => looser.max_sessions = most.checked_add(1),
                Bound::OnIdle(_) => looser.on_idle = OnIdle::Lock,
            }
            let violations = Policy::new(looser.clone()).expect_err("above the ceiling");
            let told = violations.iter().map(ToString::to_string).find(|told| {
                let whom = match ceiling.scope {
                    Scope::Everyone => true,
                    Scope::Role(name) | Scope::Device(name) => {
                        told.contains(&format!("`{name}`")) || ceiling.bound.key() == "on_idle"
                    }
                };
                let words = [
                    preset.name(),
                    ceiling.source.standard,
                    ceiling.source.section,
                    "`deviation`",
                ];
                whom && words.iter().all(|words| told.contains(words))
            });
            assert!(told.is_some(), "{preset} {ceiling:?}: {violations:?}");
            looser.deviation = Some("the reason".into());
            assert!(Policy::new(looser).is_ok(), "{preset} {ceiling:?}");
        }
    }
}

#[test]
fn a_justification_is_required_where_the_standard_asks_for_one() {
    let read = |text: &str| Policy::new(serde_json::from_str(text).expect("a document"));
    let violations = read(r#"{"preset": "hipaa"}"#).expect_err("no justification");
    assert_eq!(violations[0].key, "justification");
    assert!(read(r#"{"preset": "hipaa", "justification": "our risk analysis of May"}"#).is_ok());
}

/// The sections of the document, as the table in the source has them.
fn sections() -> String {
    let mut text = String::new();
    for preset in Preset::ALL {
        let policy = preset.policy().expect("valid");
        let on_idle = Bound::OnIdle(policy.on_idle);
        let mut fills_in = format!(
            "`idle = \"{}\"`, `absolute = \"{}\"`, `warn_before = \"{}\"`, `on_idle = \"{on_idle}\"`",
            policy.idle, policy.absolute, policy.warn_before
        );
        if let Some(most) = policy.max_sessions {
            let _ = write!(fills_in, ", `max_sessions = {most}`");
        }
        let whom = policy
            .rules
            .iter()
            .flat_map(|rule| rule.criteria.role.iter().chain(&rule.criteria.device));
        let whom: BTreeSet<_> = whom
            .flat_map(|names| names.iter().map(|name| format!("`{name}`")))
            .collect();
        if !whom.is_empty() {
            let whom: Vec<_> = whom.into_iter().collect();
            let _ = write!(fills_in, ", and rules for {}", whom.join(", "));
        }
        let (name, title, purpose) = (preset.name(), preset.title(), preset.purpose());
        let _ = write!(text, "\n## {name}\n\n**{title}.** {purpose}\n\nFills in {fills_in}.\n");
        if preset.requires_justification() {
            text.push_str("\n`justification` is required.\n");
        }
        text.push_str("\n| key | for | at most | source | what it says |\n|---|---|---|---|---|\n");
        for ceiling in preset.ceilings() {
            let source = ceiling.source;
            let (key, scope, bound, says) = (ceiling.bound.key(), ceiling.scope, ceiling.bound, source.says);
            let _ = writeln!(text, "| {key} | {scope} | {bound} | {source} | {says} |");
        }
        if !preset.notes().is_empty() {
            text.push('\n');
        }
        for note in preset.notes() {
            let _ = writeln!(text, "- {note}");
        }
    }
    text
}

#[test]
fn the_document_is_what_the_table_says() {
    let book = include_str!("../../../docs/presets.md");
    let start = book.find("\n## ").expect("sections");
    for (written, fresh) in book[start..].lines().zip(sections().lines()) {
        assert_eq!(written, fresh, "docs/presets.md is not fresh");
    }
    assert_eq!(&book[start..], sections(), "docs/presets.md is not fresh");
}

#[test]
fn a_report_on_a_preset_names_every_source() {
    let issued = Issued {
        at: "2026-03-01T09:30:00.000Z".to_owned(),
        version: "1.2.3".to_owned(),
        file: Some("latch.toml".to_owned()),
        revision: None,
    };
    for preset in Preset::ALL {
        let policy = preset.policy().expect("valid");
        let markdown = report(&policy, issued.clone()).to_markdown().replace('\\', "");
        for ceiling in preset.ceilings() {
            assert!(markdown.contains(&ceiling.source.to_string()), "{preset}: {markdown}");
        }
    }
}
