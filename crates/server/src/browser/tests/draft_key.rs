use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nightlatch_core::facts::Facts;
use nightlatch_engine::NewSession;

use super::{Answer, Site, page_request};

const LOCKING: &str = "[policy]\nidle = \"10m\"\nabsolute = \"1h\"\non_idle = \"lock\"\n";

async fn key(site: &Site, token: &str) -> String {
    let answer = site.get("/draft-key", token).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["key"].as_str().expect("a key").to_owned()
}

/// A key of somebody who signs in to this application, or to none.
async fn key_of(site: &Site, subject: &str, application: Option<&str>) -> String {
    let new = NewSession {
        subject: subject.into(),
        facts: Facts {
            application: application.map(Into::into),
            ..Facts::default()
        },
        actor: "test".into(),
        ..NewSession::default()
    };
    let admission = site.server.engine.create(new).await.expect("a store");
    key(site, admission.signed_in().expect("room").token.expose()).await
}

async fn with(site: &Site, token: &str, headers: &[(&'static str, &str)]) -> Answer {
    let mut request = page_request(Method::GET, "/draft-key", token, "");
    for name in ["sec-fetch-site", "nightlatch"] {
        request.headers_mut().remove(name);
    }
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().expect("a value"));
    }
    site.send(request).await
}

#[tokio::test]
async fn a_person_has_one_key_in_every_session_and_nobody_else_has_it() {
    let site = Site::new("").await;
    let (first, second) = (site.sign_in("ada").await, site.sign_in("ada").await);
    let answer = site.get("/draft-key", &first).await;
    assert_eq!(answer.json()["subject"], "ada");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
    let ada = key(&site, &first).await;
    assert_eq!(URL_SAFE_NO_PAD.decode(&ada).expect("base64url").len(), 32);
    assert_eq!(key(&site, &second).await, ada);
    assert_eq!(key(&site, &site.reauthenticate(&second).await).await, ada);
    assert_eq!(key_of(&site, "ada", Some("bank")).await, ada);
    let others = [
        key_of(&site, "ben", Some("bank")).await,
        key_of(&site, "ada", Some("shop")).await,
        key_of(&site, "ada", None).await,
        key_of(&site, "Ada", Some("bank")).await,
        key_of(&Site::new("").await, "ada", Some("bank")).await,
    ];
    assert!(!others.contains(&ada));
}

#[tokio::test]
async fn it_is_told_while_the_session_is_open_and_asking_is_not_activity() {
    let site = Site::new(LOCKING).await;
    let token = site.sign_in("ada").await;
    let before = key(&site, &token).await;
    site.advance(300);
    key(&site, &token).await;
    assert_eq!(site.get("/session", &token).await.json()["idle_remaining_ms"], 300_000);
    site.advance(300);
    let refused = |answer: Answer| answer.problem(StatusCode::UNAUTHORIZED).expect("a reason");
    assert_eq!(refused(site.get("/draft-key", &token).await), "locked");
    let token = site.reauthenticate(&token).await;
    assert_eq!(key(&site, &token).await, before);
    site.post("/sign-out", &token, "").await;
    assert_eq!(refused(site.get("/draft-key", &token).await), "user");
    assert_eq!(refused(site.get("/draft-key", "none").await), "none");
}

#[tokio::test]
async fn no_page_of_another_origin_reads_it() {
    let site = Site::new("").await;
    let token = site.sign_in("ada").await;
    for headers in [
        &[][..],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "none"), ("nightlatch", "1")],
        &[("sec-fetch-site", "same-site"), ("nightlatch", "1")],
        &[("sec-fetch-site", "cross-site"), ("nightlatch", "1")],
        &[("origin", "https://evil.example"), ("nightlatch", "1")],
        &[("origin", "null"), ("nightlatch", "1")],
        &[("nightlatch", "0")],
    ] {
        with(&site, &token, headers).await.problem(StatusCode::FORBIDDEN);
    }
    for headers in [
        &[("nightlatch", "1")][..],
        &[("sec-fetch-site", "same-origin"), ("nightlatch", "1")],
        &[("origin", "http://127.0.0.1:8700"), ("nightlatch", "1")],
    ] {
        assert_eq!(with(&site, &token, headers).await.status, StatusCode::OK, "{headers:?}");
    }
}
