//! What is refused, and that every refusal is a problem that says what is wrong.

use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use crate::api::Api;
use crate::client::send;

const UNKNOWN: &str = "0197a3c2-5b1e-7d40-9a55-3f0f5f1f3a10";

#[tokio::test]
async fn without_a_valid_key_there_is_nothing() {
    let api = Api::start();
    let (handle, token) = api.sign_in("ada").await;
    let mut other = api.server.key.clone();
    let last = if other.ends_with('A') { "B" } else { "A" };
    other.replace_range(other.len() - 1.., last);
    let wrong = [
        None,
        Some(String::new()),
        Some(format!("Basic {}", api.server.key)),
        Some(api.server.key.clone()),
        Some(format!("Bearer {}", &api.server.key[4..])),
        Some(format!("Bearer {other}")),
        Some(format!("Bearer nlk_{token}")),
        Some(format!("Bearer {token}")),
        Some("Bearer admin".to_owned()),
    ];
    let calls = [
        (Method::GET, "sessions".to_owned()),
        (Method::POST, "sessions".to_owned()),
        (Method::POST, "sessions/end".to_owned()),
        (Method::GET, format!("sessions/{handle}")),
        (Method::DELETE, format!("sessions/{handle}")),
        (Method::POST, format!("sessions/{handle}/reauthenticate")),
        (Method::GET, "subjects/ada/sessions".to_owned()),
        (Method::DELETE, "subjects/ada/sessions".to_owned()),
        (Method::GET, "policy".to_owned()),
        (Method::PUT, "policy".to_owned()),
        (Method::GET, "explain".to_owned()),
        (Method::GET, format!("sessions/{handle}/explanation")),
        (Method::GET, "audit".to_owned()),
        (Method::GET, "no-such-path".to_owned()),
    ];
    for authorization in &wrong {
        for (method, path) in &calls {
            let headers: Vec<_> = authorization
                .iter()
                .map(|value| ("authorization", value.as_str()))
                .collect();
            let url = format!("{}{path}", api.server.management);
            let answer = send(method.clone(), &url, &headers, "").await;
            answer.problem(401);
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    api.session_of(&token).await.ok(200);
}

#[tokio::test]
async fn a_made_key_works_at_once_and_a_revoked_one_stops_within_a_second() {
    let api = Api::start();
    let config = api.server.config_file();
    let config = config.to_str().expect("text");
    let made = api.server.command(&["keys", "create", "billing", "--config", config]);
    assert!(made.status.success(), "{made:?}");
    let authorization = format!("Bearer {}", String::from_utf8(made.stdout).expect("text").trim());
    let url = format!("{}sessions", api.server.management);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    send(Method::POST, &url, &headers, json!({ "subject": "ada" }).to_string())
        .await
        .ok(201);
    let audit = api.get("audit?kind=sign-in").await.ok(200);
    assert_eq!(audit["records"][0]["actor"], "api:billing");

    let listed = api.server.command(&["keys", "list", "--config", config]);
    let names = String::from_utf8(listed.stdout).expect("text");
    let names: Vec<_> = names.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["billing", "first"]);
    let twice = api.server.command(&["keys", "create", "billing", "--config", config]);
    assert!(!twice.status.success() && twice.stdout.is_empty());

    assert!(
        api.server
            .command(&["keys", "revoke", "billing", "--config", config])
            .status
            .success()
    );
    let refused = async { while send(Method::GET, &url, &headers, "").await.status != 401 {} };
    tokio::time::timeout(Duration::from_millis(1500), refused)
        .await
        .expect("within a second, and some time to ask");
    assert!(
        !api.server
            .command(&["keys", "revoke", "billing", "--config", config])
            .status
            .success()
    );
    api.get("sessions").await.ok(200);
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_are_problems() {
    let api = Api::start();
    for path in [
        "",
        "sessions/",
        "nothing",
        "sessions/a/b",
        &format!("sessions/{UNKNOWN}/nothing"),
    ] {
        api.get(path).await.problem(404);
    }
    for path in ["/", "/api", "/api/v2/sessions", "/nightlatch/session"] {
        api.open(path).await.problem(404);
    }
    for (method, path, allowed) in [
        (Method::PUT, "sessions", "GET,HEAD,POST"),
        (Method::GET, "sessions/end", "POST"),
        (Method::POST, "policy", "GET,HEAD,PUT,PATCH"),
        (Method::PATCH, "audit", "GET,HEAD"),
    ] {
        let answer = api.call(method.clone(), path, "{}").await;
        answer.problem(405);
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
    }
    let answer = send(Method::POST, &format!("{}/metrics", api.origin()), &[], "").await;
    answer.problem(405);
    assert_eq!(answer.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn a_handle_that_no_session_has_is_not_found() {
    let api = Api::start();
    for handle in [UNKNOWN, "alice", "%FF", "..%2F..%2Fpolicy"] {
        api.get(&format!("sessions/{handle}")).await.problem(404);
        api.delete(&format!("sessions/{handle}")).await.problem(404);
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_understood_is_named() {
    let api = Api::start();
    for body in [
        "",
        "{",
        "[1",
        "{\"subject\":\"a\"} trailing",
        "subject=a",
        "\u{feff}{}",
        "[\"ada\"]",
        "null",
    ] {
        assert!(
            api.call(Method::POST, "sessions", body)
                .await
                .problem(400)
                .contains("JSON"),
            "{body}"
        );
    }
    let long = "x".repeat(256);
    let many: Vec<_> = (0..65).map(|number| number.to_string()).collect();
    for (body, word) in [
        (json!({}), "subject"),
        (json!({ "subject": 7 }), "subject: "),
        (json!({ "subject": "" }), "subject: "),
        (json!({ "subject": long }), "subject: "),
        (json!({ "subject": "a", "sbject": "b" }), "sbject"),
        (json!({ "subject": "a", "application": "b\nc" }), "application: "),
        (json!({ "subject": "a", "roles": ["b", ""] }), "roles"),
        (json!({ "subject": "a", "roles": many }), "roles: "),
        (json!({ "subject": "a", "auth_time": "now" }), "auth_time: "),
        (json!({ "subject": "a", "auth_time": -1 }), "auth_time: "),
        (json!({ "subject": "a", "choice": 15 }), "choice: "),
        (json!({ "subject": "a", "choice": "15" }), "choice: "),
        (json!({ "subject": "a", "token": "mine" }), "token"),
    ] {
        let detail = api.post("sessions", &body).await.problem(422);
        assert!(detail.contains(word), "{body}: {detail}");
    }
    for (body, word) in [
        (json!({}), "selector"),
        (json!({ "selector": {} }), "selector: "),
        (json!({ "selector": { "all": false } }), "selector: "),
        (json!({ "selector": { "all": true, "subject": "a" } }), "selector: "),
        (json!({ "selector": { "sbject": "a" } }), "sbject"),
        (json!({ "selector": { "subject": 7 } }), "subject: "),
        (json!({ "selector": ["ada"] }), "selector: "),
        (json!({ "selector": { "subject": "a" }, "reason": "idle" }), "reason: "),
        (json!({ "selector": { "subject": "a" }, "reason": "user" }), "reason: "),
    ] {
        let detail = api.post("sessions/end", &body).await.problem(422);
        assert!(detail.contains(word), "{body}: {detail}");
    }
    assert!(api.handles("").await.is_empty());
}

#[tokio::test]
async fn a_query_that_cannot_be_understood_is_named() {
    let api = Api::start();
    let (handle, token) = api.sign_in("ada").await;
    for (query, word) in [
        ("sessions?limit=0", "limit"),
        ("sessions?limit=501", "limit"),
        ("sessions?limit=ten", "limit"),
        ("sessions?limit=1&limit=2", "limit"),
        ("sessions?after=here", "after"),
        ("sessions?sbject=a", "sbject"),
        ("subjects/ada/sessions?role=a", "role"),
        ("audit?kind=login", "kind"),
        ("audit?handle=1", "handle"),
        ("audit?after=-1", "after"),
        ("audit?since=1", "since"),
    ] {
        let detail = api.get(query).await.problem(400);
        assert!(detail.contains(word), "{query}: {detail}");
    }
    let path = format!("sessions/{handle}?reason=idle");
    assert!(api.delete(&path).await.problem(400).contains("reason"));
    assert!(
        api.delete("subjects/ada/sessions?dry_run=true")
            .await
            .problem(400)
            .contains("dry_run")
    );
    assert!(api.get("subjects/%FF/sessions").await.problem(400).contains("subject"));
    api.session_of(&token).await.ok(200);
}

#[tokio::test]
async fn only_json_of_a_reasonable_size_is_read() {
    let api = Api::start();
    let authorization = format!("Bearer {}", api.server.key);
    let url = format!("{}sessions", api.server.management);
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", content_type),
        ];
        send(Method::POST, &url, &headers, r#"{"subject":"ada"}"#)
            .await
            .problem(415);
    }
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "Application/JSON; charset=utf-8"),
    ];
    send(Method::POST, &url, &headers, r#"{"subject":"ada"}"#).await.ok(201);

    let body = |size: usize| {
        format!(
            "{}{}",
            r#"{"subject":"ada"}"#,
            " ".repeat(size - r#"{"subject":"ada"}"#.len())
        )
    };
    api.call(Method::POST, "sessions", &body(64 * 1024)).await.ok(201);
    api.call(Method::POST, "sessions", &body(64 * 1024 + 1))
        .await
        .problem(413);
}
