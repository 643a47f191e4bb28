//! Requests that are sent again because their answer got lost.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::client::Answer;

async fn create(api: &Api, key: &str, path: &str, body: &Value) -> Answer {
    let headers = [("idempotency-key", key)];
    api.call_with(&headers, Method::POST, path, &body.to_string()).await
}

fn text<'a>(answer: &'a Value, key: &str) -> &'a str {
    answer[key].as_str().expect(key)
}

#[tokio::test]
async fn a_repeated_sign_in_is_the_same_session_with_a_new_token() {
    let api = Api::start();
    let body = json!({ "subject": "ada" });
    let answer = create(&api, "k1", "sessions", &body).await;
    let first = answer.ok(201);
    assert_eq!(answer.header("idempotency-replayed"), "");
    let answer = create(&api, "k1", "sessions", &body).await;
    let second = answer.ok(201);
    assert_eq!(answer.header("idempotency-replayed"), "true");
    assert_eq!(first["handle"], second["handle"]);
    api.session_of(text(&first, "token")).await.problem(401);
    api.session_of(text(&second, "token")).await.ok(200);
    assert_eq!(api.handles("").await.len(), 1);

    let other = create(&api, "k2", "sessions", &body).await.ok(201);
    assert_ne!(other["handle"], first["handle"]);
}

#[tokio::test]
async fn a_name_belongs_to_one_request_of_one_key() {
    let api = Api::start();
    create(&api, "k", "sessions", &json!({ "subject": "ada" }))
        .await
        .ok(201);
    for (path, body) in [
        ("sessions", json!({ "subject": "ben" })),
        ("sessions", json!({ "subject": "ada", "application": "shop" })),
        ("keys", json!({ "name": "ci", "scopes": ["sessions:read"] })),
    ] {
        let answer = create(&api, "k", path, &body).await;
        answer.problem(422);
        assert_eq!(answer.json()["type"], "urn:nightlatch:problem:idempotency-key-reused");
    }
    assert_eq!(api.handles("").await.len(), 1);

    let other = api.key("other", &["sessions:create"]).await;
    let headers = [("authorization", other.as_str()), ("idempotency-key", "k")];
    let body = json!({ "subject": "ben" }).to_string();
    api.call_with(&headers, Method::POST, "sessions", &body).await.ok(201);
}

#[tokio::test]
async fn a_session_that_is_over_does_not_live_again() {
    let api = Api::start();
    let body = json!({ "subject": "ada" });
    let made = create(&api, "k", "sessions", &body).await.ok(201);
    api.delete(&format!("sessions/{}", text(&made, "handle"))).await.ok(200);
    let refused = create(&api, "k", "sessions", &body).await;
    refused.problem(409);
    assert_eq!(refused.json()["type"], "urn:nightlatch:problem:session-ended");
    assert!(api.handles("").await.is_empty());
}

#[tokio::test]
async fn a_repeated_key_has_a_new_secret() {
    let api = Api::start();
    let body = json!({ "name": "ci", "scopes": ["sessions:read"] });
    let first = create(&api, "k", "keys", &body).await.ok(201);
    let answer = create(&api, "k", "keys", &body).await;
    let second = answer.ok(201);
    assert_eq!(answer.header("idempotency-replayed"), "true");
    assert_eq!(first["created_at"], second["created_at"]);
    for (made, status) in [(&first, 401), (&second, 200)] {
        let authorization = format!("Bearer {}", text(made, "secret"));
        let headers = [("authorization", authorization.as_str())];
        let answer = api.call_with(&headers, Method::GET, "sessions", "").await;
        assert_eq!(answer.status.as_u16(), status);
    }
    assert_eq!(api.delete("keys/ci").await.status, 204);
    create(&api, "k", "keys", &body).await.problem(409);

    // One that has been made anew to reach elsewhere is not handed over.
    api.key("ci", &["audit:read"]).await;
    create(&api, "k", "keys", &body).await.problem(409);
}

#[tokio::test]
async fn a_refused_request_is_not_remembered_and_a_wrong_name_is_refused() {
    let api = Api::start();
    create(&api, "k", "sessions", &json!({ "subject": "" }))
        .await
        .problem(422);
    create(&api, "k", "sessions", &json!({ "subject": "ada" }))
        .await
        .ok(201);
    for wrong in ["", "a b", &"x".repeat(256)] {
        let detail = create(&api, wrong, "sessions", &json!({ "subject": "ada" }))
            .await
            .problem(400);
        assert!(detail.contains("Idempotency-Key"), "{detail}");
    }
    assert_eq!(api.handles("").await.len(), 1);
}

#[tokio::test]
async fn the_same_request_many_times_at_once_makes_one_session() {
    let api = Api::start();
    let body = json!({ "subject": "ada" });
    let racing = (0..10).map(|_| create(&api, "k", "sessions", &body));
    for answer in futures_util::future::join_all(racing).await {
        // Whoever loses the race against another token of the same session is asked to try again.
        assert!(matches!(answer.status.as_u16(), 201 | 503), "{}", answer.text());
    }
    assert_eq!(api.handles("").await.len(), 1);
}
