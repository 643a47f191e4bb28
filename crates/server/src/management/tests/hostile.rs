//! Requests that nobody sends by mistake alone: each is refused as described, and none breaks anything.

use super::*;
use crate::management::refusal::Refusal::{self, BadRequest, InvalidValue, NoApiKey, NotFound, UnsupportedMediaType};

#[tokio::test]
async fn hostile_addresses_are_problems() {
    let site = Site::new().await;
    let long = format!("/api/v1/subjects/{}/sessions?limit=x", "a".repeat(30_000));
    let deep = format!("/api/v1/{}", "a/".repeat(5_000));
    for (path, refusal) in [
        ("/api/v1/sessions?limit=0", BadRequest),
        ("/api/v1/sessions?limit=99999999999999999999", BadRequest),
        ("/api/v1/sessions?limit=1&limit=2", BadRequest),
        ("/api/v1/sessions?limit=1e1", BadRequest),
        ("/api/v1/sessions?nothing=1", BadRequest),
        ("/api/v1/sessions?=1", BadRequest),
        ("/api/v1/sessions?subject=%FF", BadRequest),
        ("/api/v1/sessions?subject=%zz", BadRequest),
        ("/api/v1/sessions?subject=100%", BadRequest),
        ("/api/v1/sessions?after=%00", BadRequest),
        ("/api/v1/audit?after=18446744073709551616", BadRequest),
        ("/api/v1/audit?after=-1", BadRequest),
        ("/api/v1/policy?revision=1", BadRequest),
        ("/api/v1/subjects/%FF/sessions", BadRequest),
        (&long, BadRequest),
        (&deep, NotFound),
        ("/api/v1/sessions/", NotFound),
        ("/api/v1//sessions", NotFound),
        ("/api/v1/subjects//sessions", BadRequest),
        ("/api/v1/sessions/%00", NotFound),
        ("/api/v1/sessions/%zz", NotFound),
        ("/api/v1/sessions/%2e%2e%2fpolicy", NotFound),
        ("/api/v1/sessions/not-a-handle", NotFound),
        ("/api/v2/sessions", NotFound),
    ] {
        let answer = site.send(request(Method::GET, path, "")).await;
        assert_eq!(answer.status, refusal.status(), "{path:.80}");
        assert_eq!(answer.problem().0, refusal.kind(), "{path:.80}");
    }
}

#[tokio::test]
async fn hostile_bodies_are_problems() {
    let site = Site::new().await;
    let deep = format!("{{\"subject\":{}", "[".repeat(20_000));
    let huge = format!("{{\"subject\":\"{}\"}}", "a".repeat(70_000));
    let bodies: [(&[u8], Refusal); 14] = [
        (b"", BadRequest),
        (b"[]", BadRequest),
        (b"\"ada\"", BadRequest),
        (b"{\"subject\":\"\xff\"}", BadRequest),
        (b"{\"subject\":\"\\ud800\"}", BadRequest),
        (b"{\"subject\":\"a\0\"}", BadRequest),
        (deep.as_bytes(), InvalidValue),
        (huge.as_bytes(), Refusal::TooLarge),
        (b"{\"subject\":\"a\\u0000\"}", InvalidValue),
        (b"{\"subject\":\"a\",\"subject\":\"b\"}", InvalidValue),
        (b"{\"subject\":\"a\",\"auth_time\":1e400}", BadRequest),
        (b"{\"subject\":\"a\",\"auth_time\":99999999999999999999}", InvalidValue),
        (b"{\"subject\":\"a\",\"auth_time\":253402300799}", InvalidValue),
        (b"{\"subject\":{\"subject\":\"a\"}}", InvalidValue),
    ];
    for (body, refusal) in bodies {
        let answer = site
            .send(request(Method::POST, "/api/v1/sessions", body.to_vec()))
            .await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
        assert_eq!(answer.status, refusal.status(), "{shown}");
        assert_eq!(answer.problem().0, refusal.kind(), "{shown}");
    }
}

#[tokio::test]
async fn hostile_headers_are_problems() {
    let site = Site::new().await;
    for content_type in [
        "",
        "text/plain",
        "application/json,text/plain",
        "application/jsonx",
        "*/*",
    ] {
        let mut sent = request(Method::POST, "/api/v1/sessions", "{\"subject\":\"ada\"}");
        sent.headers_mut()
            .insert(header::CONTENT_TYPE, content_type.try_into().expect("a header"));
        let answer = site.send(sent).await;
        assert_eq!(answer.problem().0, UnsupportedMediaType.kind(), "{content_type}");
    }
    let key = &site.key;
    for authorization in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {key}"),
        format!("Bearer{key}"),
        format!("Bearer {key} {key}"),
        format!("Bearer {key},"),
        format!("Bearer \"{key}\""),
        key.clone(),
    ] {
        let mut sent = request(Method::GET, "/api/v1/sessions", "");
        sent.headers_mut().insert(
            header::AUTHORIZATION,
            authorization.as_str().try_into().expect("a header"),
        );
        let answer = site.send(sent).await;
        assert_eq!(
            (answer.problem().0, answer.header("www-authenticate")),
            (NoApiKey.kind(), "Bearer")
        );
    }
    for authorization in [&b"Bearer \xff\xfe"[..], b"\xc3\xbc"] {
        let mut sent = request(Method::GET, "/api/v1/sessions", "");
        sent.headers_mut()
            .insert(header::AUTHORIZATION, authorization.try_into().expect("a header"));
        assert_eq!(site.send(sent).await.problem().0, NoApiKey.kind());
    }
}

#[tokio::test]
async fn a_page_links_to_the_next() {
    let site = Site::new().await;
    for subject in ["a", "b", "c"] {
        let body = format!("{{\"subject\":\"{subject}\"}}");
        assert_eq!(
            site.send(request(Method::POST, "/api/v1/sessions", body)).await.status,
            StatusCode::CREATED
        );
    }
    for (mut path, name) in [
        ("/api/v1/sessions?limit=2".to_owned(), "sessions"),
        ("/api/v1/audit?kind=sign-in&limit=2".to_owned(), "records"),
    ] {
        let mut lengths = Vec::new();
        loop {
            let answer = site.send(request(Method::GET, &path, "")).await;
            let page: Value = serde_json::from_slice(&answer.body).expect("JSON");
            lengths.push(page[name].as_array().expect("a list").len());
            let link = answer
                .header("link")
                .strip_prefix('<')
                .and_then(|link| link.strip_suffix(">; rel=\"next\""));
            assert_eq!(link.is_some(), !page["next_after"].is_null(), "{answer:?}");
            match link {
                Some(next) => next.clone_into(&mut path),
                None => break,
            }
        }
        assert_eq!(lengths, [2, 1], "{name}");
    }
}

#[tokio::test]
async fn a_dry_run_in_the_wrong_place_ends_nothing() {
    let site = Site::new().await;
    let made = site
        .send(request(Method::POST, "/api/v1/sessions", "{\"subject\":\"ada\"}"))
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    let all = "{\"selector\":{\"all\":true}}";
    let answer = site
        .send(request(Method::POST, "/api/v1/sessions/end?dry_run=true", all))
        .await;
    assert_eq!(answer.problem().0, BadRequest.kind());
    let listed = site.send(request(Method::GET, "/api/v1/sessions", "")).await;
    let listed: Value = serde_json::from_slice(&listed.body).expect("JSON");
    assert_eq!(listed["sessions"].as_array().map(Vec::len), Some(1));
}
