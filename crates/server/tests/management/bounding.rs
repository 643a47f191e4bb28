//! Until when an identity provider says that a session may last.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::client::Answer;

const POLICY: &str = "[policy]\nidle = \"1h\"\nabsolute = \"8h\"\n";

async fn put(api: &Api, path: &str, body: &Value) -> Answer {
    api.call(Method::PUT, path, &body.to_string()).await
}

/// What is left until the end, in whole minutes.
fn minutes_left(session: &Value) -> u64 {
    session["absolute_remaining_ms"]
        .as_u64()
        .expect("a deadline")
        .div_ceil(60_000)
}

#[tokio::test]
async fn a_sign_in_is_bound_and_the_bound_moves() {
    let api = Api::with(POLICY);
    let now = api.now().await.as_second();
    let body = json!({ "subject": "ada", "not_after": now + 20 * 60 });
    let made = api.post("sessions", &body).await.ok(201);
    let path = format!("sessions/{}", made["handle"].as_str().expect("a handle"));
    let token = made["token"].as_str().expect("a token");
    assert_eq!(minutes_left(&api.session_of(token).await.ok(200)), 20);
    assert_eq!(minutes_left(&api.get(&path).await.ok(200)), 20);

    let not_after = format!("{path}/not-after");
    for (told, minutes) in [
        (json!(now + 40 * 60), 40),
        (Value::Null, 480),
        (json!(now + 900 * 60), 480),
    ] {
        let shown = put(&api, &not_after, &json!({ "not_after": told })).await.ok(200);
        assert_eq!(minutes_left(&shown), minutes, "{told}");
        assert_eq!(shown["not_after"].is_null(), told.is_null());
        assert_eq!(minutes_left(&api.session_of(token).await.ok(200)), minutes, "{told}");
    }
    let explained = api.get(&format!("{path}/explanation")).await.ok(200);
    assert!(explained["not_after"].is_string(), "{explained}");

    let over = put(&api, &not_after, &json!({ "not_after": now - 1 })).await.ok(200);
    assert_eq!((&over["phase"], &over["reason"]), (&json!("ended"), &json!("upstream")));
    api.session_of(token).await.problem(401);
    let refused = put(&api, &not_after, &json!({ "not_after": null })).await;
    assert!(refused.problem(409).contains("(upstream)"));
}

#[tokio::test]
async fn a_renewed_session_is_bound_by_the_new_authentication_alone() {
    let api = Api::with(POLICY);
    let now = api.now().await.as_second();
    let body = json!({ "subject": "ada", "not_after": now + 20 * 60 });
    let made = api.post("sessions", &body).await.ok(201);
    let path = format!("sessions/{}/reauthenticate", made["handle"].as_str().expect("a handle"));
    for (body, minutes) in [
        (json!({ "subject": "ada", "not_after": now + 30 * 60 }), 30),
        (json!({ "subject": "ada" }), 480),
    ] {
        let renewed = api.post(&path, &body).await.ok(200);
        let token = renewed["token"].as_str().expect("a token");
        assert_eq!(minutes_left(&api.session_of(token).await.ok(200)), minutes, "{body}");
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_and_changes_nothing() {
    let api = Api::with(POLICY);
    let now = api.now().await.as_second();
    let (handle, token) = api.sign_in("ada").await;
    let not_after = format!("sessions/{handle}/not-after");
    for (body, words) in [
        (json!({ "not_after": now * 1000 }), "milliseconds"),
        (json!({ "not_after": -1 }), "not_after"),
        (json!({ "not_after": "off" }), "seconds since the epoch"),
        (json!({}), "not_after"),
    ] {
        let detail = put(&api, &not_after, &body).await.problem(422);
        assert!(detail.contains(words), "{body}: {detail}");
    }
    for (method, path, body) in [
        (
            Method::POST,
            "sessions".to_owned(),
            json!({ "subject": "ben", "not_after": now - 60 }),
        ),
        (
            Method::POST,
            format!("sessions/{handle}/reauthenticate"),
            json!({ "subject": "ada", "not_after": now - 60 }),
        ),
    ] {
        let detail = api.call(method, &path, &body.to_string()).await.problem(422);
        assert!(detail.starts_with("not_after: that was 1m"), "{detail}");
    }
    assert_eq!(minutes_left(&api.session_of(&token).await.ok(200)), 480);
    assert!(api.handles("?subject=ben").await.is_empty(), "nobody has signed in");
}
