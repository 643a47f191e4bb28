//! `docs/browser-api.md` has every endpoint and every field that the code has.

use std::collections::BTreeSet;

use axum::http::Method;

use super::{Site, page_request};

const DOCUMENT: &str = include_str!("../../../../../docs/browser-api.md");

fn is_documented(word: &str) -> bool {
    DOCUMENT.contains(&format!("`{word}`"))
}

#[tokio::test]
async fn every_field_of_an_answer_is_documented() {
    let site = Site::new("[server]\nsign_in_url = \"/in\"\n[policy]\nchoice = { allow = [\"15m\"] }\n").await;
    let token = site.sign_in("ada").await;
    let mut fields = BTreeSet::new();
    for (method, path, body) in [
        (Method::GET, "/session", ""),
        (Method::POST, "/activity", r#"{"age_ms": 0}"#),
        (Method::POST, "/tab", r#"{"tab": "t", "path": "/"}"#),
        (Method::POST, "/hold", r#"{"for_ms": 1000, "label": "x"}"#),
        (Method::GET, "/choice", ""),
        (Method::GET, "/draft-key", ""),
        (Method::POST, "/sign-out", "{}"),
    ] {
        let answer = site.send(page_request(method, path, &token, body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        let body: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        fields.extend(body.as_object().expect("an object").keys().cloned());
    }
    let missing: Vec<_> = fields.iter().filter(|field| !is_documented(field)).collect();
    assert_eq!(missing, [""; 0].iter().collect::<Vec<_>>());
    assert!(fields.len() > 18, "{fields:?}");
}

#[tokio::test]
async fn every_field_of_a_request_is_documented() {
    let site = Site::new("[policy]\nchoice = { allow = [\"15m\"] }\n").await;
    let token = site.sign_in("ada").await;
    for (method, path) in [
        (Method::POST, "/activity"),
        (Method::POST, "/tab"),
        (Method::POST, "/hold"),
        (Method::PUT, "/choice"),
        (Method::POST, "/diagnostic"),
        (Method::POST, "/sign-out"),
    ] {
        // Whoever sends a key that is not known is told those that are.
        let answer = site
            .send(page_request(method, path, &token, r#"{"no_such_key": 1}"#))
            .await;
        let told = answer
            .body
            .split("expected")
            .nth(1)
            .unwrap_or_else(|| panic!("{path}: {}", answer.body));
        let known: Vec<_> = told.split('`').skip(1).step_by(2).collect();
        assert!(!known.is_empty(), "{path}: {told}");
        for field in known {
            assert!(is_documented(field), "{path}: {field}");
        }
    }
}

#[test]
fn every_endpoint_is_documented() {
    let source = include_str!("../../browser.rs");
    let routes = source
        .split(".route(&at(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let files = ["sdk.json", "sdk/{part}", "{asset}", "signed-out"];
    let mut seen = 0;
    for route in routes.filter(|route| !files.contains(route)) {
        let name = route.split('/').next().unwrap_or_default();
        assert!(DOCUMENT.contains(&format!(" {name}")), "{route}");
        seen += 1;
    }
    assert!(seen > 8, "{seen} routes");
}
