use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use nightlatch_store::audit::AuditFilter;
use nightlatch_store::{Audit as _, Filter, Sessions as _};

use super::{Site, page_request};

const WRITES: &[(Method, &str)] = &[
    (Method::POST, "/activity"),
    (Method::POST, "/extend"),
    (Method::POST, "/tab"),
    (Method::DELETE, "/tab/a"),
    (Method::POST, "/hold"),
    (Method::PUT, "/hold/a"),
    (Method::DELETE, "/hold/a"),
    (Method::PUT, "/choice"),
    (Method::POST, "/sign-out"),
];

fn body_for(path: &str) -> &'static str {
    match path {
        "/activity" => r#"{"age_ms": 0}"#,
        "/tab" => r#"{"tab": "a", "path": "/"}"#,
        "/hold" | "/hold/a" => r#"{"for_ms": 1000}"#,
        "/choice" => r#"{"idle": "5m"}"#,
        _ => "",
    }
}

#[tokio::test]
async fn writes_of_other_sites_change_nothing() {
    let site = Site::new("").await;
    let token = site.sign_in("ada").await;
    for (method, path) in WRITES {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("nightlatch", ""),
        ] {
            let mut request = page_request(method.clone(), path, &token, body_for(path));
            request.headers_mut().insert(name, value.parse().expect("a value"));
            site.send(request).await.problem(StatusCode::FORBIDDEN);
        }
    }
    assert_eq!(site.get("/session", &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn state_changes_only_by_the_methods_that_say_so() {
    let site = Site::new("").await;
    let token = site.sign_in("ada").await;
    for path in ["/activity", "/extend", "/tab", "/hold", "/sign-out"] {
        for method in [Method::GET, Method::HEAD] {
            let answer = site.page(method, path, &token, "").await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
            assert!(
                answer.header("allow").is_some_and(|allow| allow.contains("POST")),
                "{path}"
            );
        }
    }
    assert_eq!(site.get("/session", &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_plain_form_signs_out_with_the_pages_own_token() {
    let site = Site::new("").await;
    let token = site.sign_in("ada").await;
    let form = |csrf: &str| {
        let mut request = page_request(Method::POST, "/sign-out", &token, &format!("csrf={csrf}"));
        request.headers_mut().remove("nightlatch");
        request.headers_mut().insert(
            header::CONTENT_TYPE,
            "application/x-www-form-urlencoded".parse().expect("a type"),
        );
        request
    };
    site.send(form("")).await.problem(StatusCode::FORBIDDEN);
    site.send(form("forged")).await.problem(StatusCode::FORBIDDEN);
    let digest = nightlatch_store::token::Digest::of(&token).expect("a token");
    let answer = site.send(form(&digest.form_token())).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), Some("/nightlatch/signed-out?reason=user"));
}

#[tokio::test]
async fn a_token_counts_in_the_cookie_and_as_bearer_and_nowhere_else() {
    let site = Site::new("").await;
    let token = site.sign_in("ada").await;
    let request = |headers: &[(&str, String)], query: &str| {
        let mut request = Request::builder().uri(format!("/nightlatch/session{query}"));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.body(Body::empty()).expect("a request")
    };
    for good in [
        ("cookie", format!("nightlatch={token}")),
        ("authorization", format!("bearer {token}")),
    ] {
        assert_eq!(site.send(request(&[good], "")).await.status, StatusCode::OK);
    }
    let handle = site.get("/session", &token).await.json()["handle"]
        .as_str()
        .expect("a handle")
        .to_owned();
    for bad in [
        request(&[("cookie", format!("nightlatch={token}; nightlatch={token}"))], ""),
        request(&[("cookie", format!("Nightlatch={token}"))], ""),
        request(&[("x-session-id", token.clone())], ""),
        request(&[("authorization", format!("Basic {token}"))], ""),
        request(&[("authorization", format!("Bearer {handle}"))], ""),
        request(&[], &format!("?nightlatch={token}&token={token}")),
    ] {
        site.send(bad).await.problem(StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn unauthenticated_traffic_stores_nothing() {
    let site = Site::new("").await;
    site.sign_in("ada").await;
    let audit = AuditFilter {
        limit: 10,
        ..AuditFilter::default()
    };
    let before = (
        site.store.count(&Filter::default()).await.expect("a count"),
        site.store.audit(&audit).await.expect("audit"),
    );
    for round in 0..1000 {
        let stranger = nightlatch_store::token::Token::random();
        let token = if round % 2 == 0 { stranger.expose() } else { "nonsense" };
        for (method, path) in WRITES {
            let answer = site.page(method.clone(), path, token, body_for(path)).await;
            assert!(
                answer
                    .header("set-cookie")
                    .is_none_or(|cookie| cookie.contains("Max-Age=0")),
                "{path}"
            );
        }
        site.get("/session", token).await;
    }
    let after = (
        site.store.count(&Filter::default()).await.expect("a count"),
        site.store.audit(&audit).await.expect("audit"),
    );
    assert_eq!(before, after);
    assert_eq!(site.server.engine.stats().in_table, 1);
}

#[tokio::test]
async fn no_answer_shows_a_token() {
    let site = Site::new("").await;
    let token = site.sign_in("ada").await;
    for (method, path) in WRITES.iter().cloned().chain([
        (Method::GET, "/session"),
        (Method::GET, "/choice"),
        (Method::GET, "/draft-key"),
    ]) {
        let answer = site.page(method, path, &token, body_for(path)).await;
        assert!(!answer.body.contains(&token), "{path}");
        assert_eq!(
            answer.header("cache-control"),
            Some("no-store").filter(|_| answer.status != StatusCode::NO_CONTENT)
        );
    }
}

#[tokio::test]
async fn what_is_too_large_or_no_json_is_refused() {
    let site = Site::new("").await;
    let token = site.sign_in("ada").await;
    let large = format!(r#"{{"tab": "a", "path": "/{}"}}"#, "x".repeat(20_000));
    site.post("/tab", &token, &large)
        .await
        .problem(StatusCode::PAYLOAD_TOO_LARGE);
    let mut request = page_request(Method::POST, "/tab", &token, "tab=a");
    request
        .headers_mut()
        .insert(header::CONTENT_TYPE, "text/plain".parse().expect("a type"));
    site.send(request).await.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_browser_says_what_the_contract_names_and_nothing_else() {
    let site = Site::new("[policy]\nidle = \"10m\"\nchoice = { allow = [\"5m\"] }\n").await;
    let token = site.sign_in("ada").await;
    site.advance(60);
    for (method, path) in WRITES.iter().filter(|(method, _)| method != Method::DELETE) {
        let Some(fields) = body_for(path).strip_suffix('}') else {
            continue;
        };
        for extra in ["x", "y", "key", "value", "url", "title", "user_agent", "at", "Age_ms"] {
            let body = format!(r#"{fields}, "{extra}": "secret"}}"#);
            let refused = site.page(method.clone(), path, &token, &body).await;
            refused.problem(StatusCode::BAD_REQUEST);
            assert!(refused.body.contains(extra), "{path}: {}", refused.body);
        }
    }
    assert_eq!(site.get("/session", &token).await.json()["idle_remaining_ms"], 540_000);
    assert_eq!(
        site.get("/choice", &token).await.json()["choice"],
        serde_json::Value::Null
    );
    let presence = site
        .server
        .engine
        .presence(&super::Digest::of(&token).expect("a token"));
    assert_eq!(presence, None, "no tab and no hold");
}

#[tokio::test]
async fn nothing_a_browser_says_passes_the_absolute_limit() {
    let site =
        Site::new("[policy]\nidle = \"10m\"\nabsolute = \"20m\"\nhold_max = \"2h\"\nchoice = { allow = [\"off\"] }\n")
            .await;
    let token = site.sign_in("ada").await;
    for minute in 0..20 {
        site.advance(if minute == 0 { 0 } else { 60 });
        for (path, body) in [
            ("/activity", r#"{"age_ms": 0, "tab": "a", "path": "/"}"#),
            ("/activity", r#"{"age_ms": 0, "server_time_ms": 99999999999999}"#),
            ("/extend", ""),
            ("/hold", r#"{"for_ms": 18446744073709551615}"#),
            ("/tab", r#"{"tab": "b", "path": "/x"}"#),
        ] {
            site.post(path, &token, body).await;
        }
        site.page(Method::PUT, "/choice", &token, r#"{"idle": "off"}"#).await;
        let remaining = site.get("/session", &token).await.json()["absolute_remaining_ms"].as_u64();
        assert_eq!(remaining, Some((20 - minute) * 60_000), "minute {minute}");
    }
    site.advance(60);
    assert_eq!(
        site.get("/session", &token)
            .await
            .problem(StatusCode::UNAUTHORIZED)
            .as_deref(),
        Some("absolute")
    );
}
