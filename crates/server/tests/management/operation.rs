//! What operators watch: policy, health, readiness, metrics.

use axum::http::Method;
use serde_json::json;

use crate::api::Api;
use crate::client::{Answer, send};

const CONFIG: &str =
    "[policy]\nidle = \"20m\"\n\n[[policy.rules]]\nname = \"mobile\"\nmatch = { device = \"mobile\" }\nidle = \"5m\"\n";

async fn policy_unless(api: &Api, known: &str) -> Answer {
    let authorization = format!("Bearer {}", api.server.key);
    let headers = [("authorization", authorization.as_str()), ("if-none-match", known)];
    send(Method::GET, &format!("{}policy", api.server.management), &headers, "").await
}

#[tokio::test]
async fn the_policy_is_told_with_its_source_and_sent_once() {
    let mut api = Api::with(CONFIG);
    let answer = api.get("policy").await;
    let body = answer.ok(200);
    assert_eq!((&body["idle"], &body["absolute"]), (&json!("20m"), &json!("8h")));
    assert_eq!(
        body["rules"][0],
        json!({ "name": "mobile", "match": { "device": "mobile" }, "idle": "5m" })
    );
    let state = api.get("policy/state").await.ok(200);
    assert_eq!(
        (&state["revision"], &state["file"]["path"], &state["file"]["problems"]),
        (&json!(1), &json!(api.server.config_file()), &json!([]))
    );

    let tag = answer.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() > 2, "{tag}");
    for known in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"other\", {tag}"),
        "*".to_owned(),
    ] {
        let unchanged = policy_unless(&api, &known).await;
        assert_eq!(
            (unchanged.status.as_u16(), unchanged.header("etag")),
            (304, tag.as_str()),
            "{known}"
        );
        assert!(unchanged.body.is_empty());
    }
    policy_unless(&api, "\"other\"").await.ok(200);

    api.server.restart();
    assert_eq!(policy_unless(&api, &tag).await.status, 304);
    api.server.rewrite_config(&CONFIG.replace("20m", "10m"));
    api.server.restart();
    let changed = policy_unless(&api, &tag).await;
    assert_eq!(changed.ok(200)["idle"], json!("10m"));
    assert_eq!(api.get("policy/state").await.ok(200)["revision"], json!(2));
    assert_ne!(changed.header("etag"), tag);
}

#[tokio::test]
async fn health_readiness_and_metrics_need_no_key() {
    let api = Api::start();
    let alive = api.open("/healthz").await;
    assert_eq!((alive.status.as_u16(), alive.text()), (200, "ok"));
    let ready = api.open("/readyz").await.ok(200);
    assert_eq!((&ready["status"], &ready["store"]), (&json!("ready"), &json!("ok")));
    assert_eq!(
        (&ready["policy"]["status"], &ready["policy"]["revision"]),
        (&json!("ok"), &json!(1))
    );

    for subject in ["ada", "ada", "ben"] {
        api.sign_in(subject).await;
    }
    api.delete("subjects/ada/sessions?reason=account").await.ok(200);
    let metrics = api.open("/metrics").await;
    assert_eq!(
        metrics.header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let lines: Vec<_> = metrics.text().lines().collect();
    assert!(lines.contains(&"nightlatch_sessions_created_total 3"), "{lines:?}");
    assert!(
        lines.contains(&"nightlatch_sessions_ended_total{reason=\"account\"} 2"),
        "{lines:?}"
    );
    assert_eq!(lines.last(), Some(&"# EOF"));
}

#[tokio::test]
async fn the_first_key_is_told_once() {
    let mut api = Api::start();
    assert!(api.server.key.len() == 47 && api.server.key.starts_with("nlk_"));
    let key = api.server.key.clone();
    // A second key on standard output would take its place.
    api.server.restart();
    assert_eq!(api.server.key, key);
    api.get("sessions").await.ok(200);
    assert!(!api.server.log().contains(&key));
}
