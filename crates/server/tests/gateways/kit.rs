//! `nightlatch gateway test`, as a user runs it.

use serde_json::Value;

use crate::nightlatch::{Nightlatch, binary};

/// One case, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) holds: String,
    pub(crate) outcome: String,
    pub(crate) detail: String,
}

pub(crate) fn run(nightlatch: &Nightlatch, options: &[&str]) -> Vec<Case> {
    let output = binary()
        .args([
            "gateway",
            "test",
            &format!("http://127.0.0.1:{}", nightlatch.gateway),
            "--json",
        ])
        .args([
            "--application",
            "wiki",
            "--gate",
            "/admin",
            "--idle-role",
            "idler",
            "--lock-role",
            "locker",
            "--open",
            "/assets/a/b",
            "--preflights",
            "--escapes",
        ])
        .args(options)
        .env("NIGHTLATCH_URL", format!("http://127.0.0.1:{}", nightlatch.management))
        .env("NIGHTLATCH_API_KEY", &nightlatch.key)
        .output()
        .expect("the binary runs");
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(told["echo"], true, "the echo is behind it: {told:#}");
    assert_eq!(output.status.code(), Some(i32::from(told["failed"] != 0)), "{told:#}");
    let text = |case: &Value, member: &str| case[member].as_str().expect(member).to_owned();
    let cases = told["cases"].as_array().expect("a list").iter();
    cases
        .map(|case| Case {
            name: text(case, "case"),
            holds: text(case, "holds"),
            outcome: text(case, "outcome"),
            detail: text(case, "detail"),
        })
        .collect()
}
