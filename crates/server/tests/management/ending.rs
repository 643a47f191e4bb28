//! Ending sessions: one, those of a subject, those that match; each once, for one reason.

use serde_json::json;

use crate::api::Api;

#[tokio::test]
async fn ending_is_idempotent_and_tells_the_first_reason() {
    let api = Api::start();
    let (handle, token) = api.sign_in("ada").await;
    let path = format!("sessions/{handle}");
    let first = api.delete(&format!("{path}?reason=account")).await.ok(200);
    assert_eq!((&first["ended"], &first["reason"]), (&json!(1), &json!("account")));
    let second = api.delete(&path).await.ok(200);
    assert_eq!((&second["ended"], &second["reason"]), (&json!(0), &json!("account")));
    assert_eq!(first["ended_at"], second["ended_at"]);

    let refused = api.session_of(&token).await;
    refused.problem(401);
    assert_eq!(refused.json()["reason"], "account");
    let shown = api.get(&path).await.ok(200);
    assert_eq!(
        (&shown["phase"], &shown["reason"]),
        (&json!("ended"), &json!("account"))
    );
    assert_eq!(shown["ended_at"], first["ended_at"]);
    let audit = api.get(&format!("audit?handle={handle}&kind=ended")).await.ok(200);
    assert_eq!(audit["records"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn every_requested_reason_is_the_one_that_is_told_and_admin_is_the_default() {
    let api = Api::start();
    for reason in ["admin", "upstream", "account", "superseded"] {
        let (handle, _) = api.sign_in("ada").await;
        let ended = api.delete(&format!("sessions/{handle}?reason={reason}")).await.ok(200);
        assert_eq!(ended["reason"], reason);
    }
    let (handle, _) = api.sign_in("ada").await;
    assert_eq!(
        api.delete(&format!("sessions/{handle}")).await.ok(200)["reason"],
        "admin"
    );
}

#[tokio::test]
async fn a_dry_run_counts_and_ends_nothing() {
    let api = Api::start();
    for (subject, application) in [("ada", "shop"), ("ada", "console"), ("ben", "shop")] {
        api.sign_in_as(&json!({ "subject": subject, "application": application }))
            .await;
    }
    let end = |selector: serde_json::Value, dry_run: bool| {
        let body = json!({ "selector": selector, "dry_run": dry_run });
        let api = &api;
        async move { api.post("sessions/end", &body).await.ok(200) }
    };
    for (selector, matched) in [
        (json!({ "subject": "ada" }), 2),
        (json!({ "application": "shop" }), 2),
        (json!({ "subject": "ada", "application": "shop" }), 1),
        (json!({ "role": "admin" }), 0),
        (json!({ "all": true }), 3),
    ] {
        let answer = end(selector.clone(), true).await;
        assert_eq!(
            answer,
            json!({ "matched": matched, "ended": 0, "dry_run": true }),
            "{selector}"
        );
    }
    assert_eq!(api.handles("").await.len(), 3);

    let answer = end(json!({ "subject": "ada", "application": "shop" }), false).await;
    assert_eq!(answer, json!({ "matched": 1, "ended": 1, "dry_run": false }));
    let answer = end(json!({ "all": true }), false).await;
    assert_eq!(answer, json!({ "matched": 2, "ended": 2, "dry_run": false }));
    assert!(api.handles("").await.is_empty());
    let audit = api.get("audit?kind=ended").await.ok(200);
    let records = audit["records"].as_array().expect("a list");
    assert_eq!(records.len(), 3);
    assert!(
        records
            .iter()
            .all(|record| record["actor"] == "api:first" && record["reason"] == "admin")
    );
}

#[tokio::test]
async fn all_sessions_of_a_subject_end_and_no_others() {
    let api = Api::start();
    let (_, first) = api.sign_in("ada/1").await;
    let (_, second) = api.sign_in("ada/1").await;
    let (other, _) = api.sign_in("ada").await;
    let ended = api.delete("subjects/ada%2F1/sessions?reason=upstream").await.ok(200);
    assert_eq!(ended, json!({ "ended": 2 }));
    for token in [first, second] {
        assert_eq!(api.session_of(&token).await.json()["reason"], "upstream");
    }
    assert_eq!(api.handles("").await, [other]);
    assert_eq!(
        api.delete("subjects/ada%2F1/sessions").await.ok(200),
        json!({ "ended": 0 })
    );
}

#[tokio::test]
async fn an_acknowledged_end_survives_a_kill() {
    let mut api = Api::start();
    let (ended, _) = api.sign_in("ada").await;
    let (alive, token) = api.sign_in("ben").await;
    api.delete(&format!("sessions/{ended}?reason=account")).await.ok(200);
    api.server.kill();
    api.server.restart();
    assert_eq!(api.get(&format!("sessions/{ended}")).await.ok(200)["reason"], "account");
    assert_eq!(api.handles("").await, [alive]);
    api.session_of(&token).await.ok(200);
}
