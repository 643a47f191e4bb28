//! What the list of applications opens: where sign-out leads, and which pages may call from elsewhere.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use nightlatch_store::audit::{AuditEntry, AuditKind};
use nightlatch_store::{Application, Documents as _};
use serde_json::json;

use super::{Answer, Site, page_request};

const ORIGIN: &str = "https://bank.example";
const LISTED: [&str; 3] = [
    "https://bank.example/bye",
    "https://bank.example:8443/bye?from=latch",
    "http://localhost:3000/",
];

/// A site whose sessions belong to a listed application.
async fn site() -> Site {
    let site = Site::new("").await;
    for (id, origins, logout_urls) in [
        ("bank", vec![ORIGIN], LISTED.to_vec()),
        ("shop", vec!["https://shop.example"], vec!["https://shop.example/bye"]),
    ] {
        let application = Application {
            id: id.into(),
            name: id.into(),
            origins: origins.into_iter().map(Box::from).collect(),
            logout_urls: logout_urls.into_iter().map(Box::from).collect(),
            version: 0,
        };
        let audit = AuditEntry::new(site.server.engine.clock().now(), AuditKind::Application, "test");
        site.store
            .put_application(&application, None, audit)
            .await
            .expect("a store");
    }
    site.server
        .applications
        .read(&site.server.engine)
        .await
        .expect("a store");
    site
}

async fn sign_out(site: &Site, return_to: &str) -> String {
    let token = site.sign_in("ada").await;
    let body = json!({ "return_to": return_to }).to_string();
    let answer = site.post("/sign-out", &token, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{return_to:?}: {}", answer.body);
    let by_script = answer.json()["redirect"].as_str().expect("an address").to_owned();
    assert_eq!(site.get("/session", &token).await.status, StatusCode::UNAUTHORIZED);

    let token = site.sign_in("ada").await;
    let proof = nightlatch_store::token::Digest::of(&token)
        .expect("a token")
        .form_token();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("csrf", &proof).append_pair("return_to", return_to);
    let mut request = page_request(Method::POST, "/sign-out", &token, &form.finish());
    let form_type = "application/x-www-form-urlencoded".parse().expect("a type");
    request.headers_mut().insert(header::CONTENT_TYPE, form_type);
    let answer = site.send(request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{return_to:?}");
    assert_eq!(answer.header("location"), Some(by_script.as_str()), "{return_to:?}");
    by_script
}

#[tokio::test]
async fn sign_out_leads_to_a_listed_address() {
    let site = site().await;
    for (asked, led) in [
        (LISTED[0], LISTED[0]),
        (LISTED[1], LISTED[1]),
        (LISTED[2], LISTED[2]),
        ("http://localhost:3000", LISTED[2]),
        ("HTTPS://BANK.example:443/bye", LISTED[0]),
        ("https://bank.example/a/../bye", LISTED[0]),
    ] {
        assert_eq!(sign_out(&site, asked).await, led);
    }
}

#[tokio::test]
async fn a_session_that_is_over_already_leads_there_too() {
    let site = site().await;
    let token = site.sign_in("ada").await;
    site.advance(24 * 3600);
    let body = json!({ "return_to": LISTED[0] }).to_string();
    assert_eq!(
        site.post("/sign-out", &token, &body).await.json()["redirect"],
        LISTED[0]
    );
    let nobody = site.post("/sign-out", "none", &body).await;
    assert_eq!(nobody.json()["redirect"], "/nightlatch/signed-out?reason=none");
}

/// Ways to be led elsewhere, for the listed `https://bank.example/bye`.
const BYPASSES: &[&str] = &[
    "",
    " ",
    "/",
    "/bye",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/%09/evil.example",
    "/%5cevil.example",
    "/%2f%2fevil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https:\\\\evil.example",
    "https://evil.example",
    "https://evil.example/bye",
    "https://evil.example#https://bank.example/bye",
    "https://evil.example?https://bank.example/bye",
    "https://evil.example/https://bank.example/bye",
    "https://bank.example@evil.example/bye",
    "https://bank.example:443@evil.example/bye",
    "https://bank.example%40evil.example/bye",
    "https://evil.example\\@bank.example/bye",
    "https://evil.example%5c@bank.example/bye",
    "https://good@bank.example/bye",
    "https://:x@bank.example/bye",
    "https://@bank.example/bye",
    "https://bank.example.evil.example/bye",
    "https://bank.example.:443/bye",
    "https://evilbank.example/bye",
    "https://bank.exampl/bye",
    "https://bank.example/",
    "https://bank.example/bye/",
    "https://bank.example/bye/../evil",
    "https://bank.example/byeevil",
    "https://bank.example/Bye",
    "https://bank.example/bye?next=https://evil.example",
    "https://bank.example/bye#evil",
    "https://bank.example/bye%23",
    "https://bank.example/bye;evil",
    "https://bank.example/%62ye",
    "https://bank.example//bye",
    "https://bank.example:8443/bye",
    "https://bank.example:444/bye",
    "http://bank.example/bye",
    "HTTP://bank.example/bye",
    "http://bank.example:443/bye",
    "ftp://bank.example/bye",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//https://bank.example/bye",
    "java\tscript:alert(1)",
    "javascript://bank.example/bye%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://bank.example/bye",
    "view-source:https://bank.example/bye",
    "https://bank.example/bye\r\nLocation: https://evil.example",
    "https://bank.example/bye%0d%0aLocation:%20https://evil.example",
    "https://bank.example/bye\u{0}",
    "\u{0}https://bank.example/bye",
    " https://bank.example/bye",
    "https://bank.example/bye ",
    "https://bank\t.example/bye",
    "https://bank.example\u{3000}/bye",
    "https://b\u{430}nk.example/bye",
    "https://bank.example\u{2025}evil.example/bye",
    "https://bank.example\u{ff0f}evil.example/bye",
    "https://bank.example\u{ff20}evil.example/bye",
    "https://evil.example\u{2f}\u{2e}\u{2e}/bank.example/bye",
    "https://[::1]/bye",
    "https://0x7f000001/bye",
    "https://bank.example:99999/bye",
    "https://shop.example/bye",
    "http://localhost:3001/",
    "http://localhost.evil.example:3000/",
    "http://127.0.0.1:3000/",
    "http://localhost:3000/bye",
];

#[tokio::test]
async fn no_bypass_leaves_the_list() {
    assert!(BYPASSES.len() >= 60);
    let site = site().await;
    for bypass in BYPASSES {
        let led = sign_out(&site, bypass).await;
        assert_eq!(led, "/nightlatch/signed-out?reason=user", "{bypass:?}");
    }
}

async fn from(site: &Site, origin: &str, method: Method, path: &str, token: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/nightlatch{path}"))
        .header("cookie", format!("nightlatch={token}"))
        .header("origin", origin);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn pages_of_listed_origins_read_and_write() {
    let site = site().await;
    let token = site.sign_in("ada").await;
    for origin in [ORIGIN] {
        for fetch_site in ["same-site", "cross-site"] {
            let answer = from(
                &site,
                origin,
                Method::GET,
                "/session",
                &token,
                &[("sec-fetch-site", fetch_site)],
            )
            .await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
            assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
            assert_eq!(answer.header("vary"), Some("Origin"));
            let written = [("sec-fetch-site", fetch_site), ("nightlatch", "1")];
            for (method, path) in [(Method::POST, "/extend"), (Method::GET, "/draft-key")] {
                let answer = from(&site, origin, method, path, &token, &written).await;
                assert_eq!(answer.status, StatusCode::OK, "{path}");
            }
        }
        // A form can send neither the header nor, from no page at all, the proof.
        for headers in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "none"), ("nightlatch", "1")],
        ] {
            let answer = from(&site, origin, Method::POST, "/extend", &token, headers).await;
            answer.problem(StatusCode::FORBIDDEN);
        }
    }
    let refused = from(&site, ORIGIN, Method::GET, "/session", "none", &[]).await;
    refused.problem(StatusCode::UNAUTHORIZED);
    assert_eq!(refused.header("access-control-allow-origin"), Some(ORIGIN));
}

#[tokio::test]
async fn a_preflight_that_a_proxy_asks_about_does_not_pass_by_itself() {
    let site = site().await;
    let asked = [("access-control-request-method", "POST")];
    for path in ["/auth/request", "/auth/forward", "/auth/ext/page"] {
        let answer = from(&site, ORIGIN, Method::OPTIONS, path, "", &asked).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

#[tokio::test]
async fn a_preflight_is_answered_for_listed_origins_alone() {
    let site = site().await;
    let asked = [
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "nightlatch"),
    ];
    for path in ["/extend", "/session", "/tab/a"] {
        let answer = from(&site, ORIGIN, Method::OPTIONS, path, "", &asked).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::NO_CONTENT, ""));
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
        assert_eq!(
            answer.header("access-control-allow-methods"),
            Some("GET, POST, PUT, DELETE")
        );
        assert!(
            answer
                .header("access-control-allow-headers")
                .is_some_and(|headers| headers.contains("nightlatch"))
        );
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
    let other = from(&site, "https://evil.example", Method::OPTIONS, "/extend", "", &asked).await;
    other.problem(StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(other.header("access-control-allow-methods"), None);
}

#[tokio::test]
async fn pages_of_other_origins_read_and_write_nothing() {
    let site = site().await;
    let token = site.sign_in("ada").await;
    for origin in [
        "null",
        "*",
        "https://evil.example",
        "https://bank.example.evil.example",
        "https://bank.example:8443",
        "https://bank.example/",
        "https://BANK.example",
        "http://bank.example",
        "https://bank.example, https://evil.example",
    ] {
        let answer = from(&site, origin, Method::GET, "/session", &token, &[]).await;
        for header in ["access-control-allow-origin", "access-control-allow-credentials"] {
            assert_eq!(answer.header(header), None, "{origin}");
        }
        assert_eq!(answer.header("vary"), Some("Origin"));
        for fetch_site in ["same-site", "cross-site"] {
            let headers = [("sec-fetch-site", fetch_site), ("nightlatch", "1")];
            let answer = from(&site, origin, Method::POST, "/extend", &token, &headers).await;
            answer.problem(StatusCode::FORBIDDEN);
        }
    }
    assert_eq!(site.get("/session", &token).await.header("vary"), Some("Origin"));
}

#[tokio::test]
async fn an_application_that_is_removed_opens_nothing_any_more() {
    let site = site().await;
    let audit = AuditEntry::new(site.server.engine.clock().now(), AuditKind::Application, "test");
    assert!(
        site.store
            .remove_application("bank", None, audit)
            .await
            .expect("a store")
    );
    site.server
        .applications
        .read(&site.server.engine)
        .await
        .expect("a store");
    let token = site.sign_in("ada").await;
    let answer = from(&site, ORIGIN, Method::GET, "/session", &token, &[]).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(sign_out(&site, LISTED[0]).await, "/nightlatch/signed-out?reason=user");
}

/// Every call of a page of another origin with the session of somebody in `application`; answers status and whether the
/// page may read it.
async fn calls(site: &Site, origin: &str, token: &str) -> Vec<(&'static str, StatusCode, bool)> {
    let mut answers = Vec::new();
    for (method, path, body) in [
        (Method::GET, "/session", ""),
        (Method::GET, "/draft-key", ""),
        (Method::GET, "/choice", ""),
        (Method::GET, "/events", ""),
        (Method::POST, "/activity", r#"{"age_ms":0}"#),
        (Method::POST, "/extend", ""),
        (Method::POST, "/tab", r#"{"tab":"a","path":"/"}"#),
        (Method::POST, "/hold", r#"{"for_ms":1000}"#),
        (Method::PUT, "/choice", r#"{"idle":"15m"}"#),
        (Method::POST, "/sign-out", ""),
    ] {
        let mut request = page_request(method, path, token, body);
        let headers = request.headers_mut();
        headers.insert("sec-fetch-site", "same-site".parse().expect("a value"));
        headers.insert(header::ORIGIN, origin.parse().expect("a value"));
        let answer = site.open(request).await;
        let readable = answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        answers.push((path, answer.status(), readable));
    }
    answers
}

#[tokio::test]
async fn a_page_gets_as_far_as_the_sessions_of_its_own_application() {
    let site = site().await;
    let token = site.sign_in("ada").await;
    for (path, status, readable) in calls(&site, "https://shop.example", &token).await {
        assert_eq!((status, readable), (StatusCode::FORBIDDEN, false), "{path}");
    }
    assert_eq!(
        site.get("/session", &token).await.status,
        StatusCode::OK,
        "nothing has ended it"
    );
    for (path, status, readable) in calls(&site, ORIGIN, &token).await {
        assert!(
            status.is_success() || status == StatusCode::CONFLICT,
            "{path}: {status}"
        );
        assert!(readable, "{path}");
    }
}

#[tokio::test]
async fn how_a_session_of_another_application_ended_is_not_told_either() {
    let site = site().await;
    let token = site.sign_in("ada").await;
    site.advance(24 * 3600);
    for (path, status, readable) in calls(&site, "https://shop.example", &token).await {
        assert_eq!((status, readable), (StatusCode::FORBIDDEN, false), "{path}");
    }
}

#[tokio::test]
async fn no_page_of_an_unknown_origin_holds_a_stream() {
    let site = site().await;
    let token = site.sign_in("ada").await;
    for (headers, status) in [
        (&[("origin", "https://evil.example")][..], StatusCode::FORBIDDEN),
        (&[("origin", "null")], StatusCode::FORBIDDEN),
        (&[("sec-fetch-site", "cross-site")], StatusCode::FORBIDDEN),
        (&[("sec-fetch-site", "same-origin")], StatusCode::OK),
        (&[("origin", ORIGIN)], StatusCode::OK),
        (&[], StatusCode::OK),
    ] {
        let mut request = page_request(Method::GET, "/events", &token, "");
        request.headers_mut().remove("sec-fetch-site");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a value"));
        }
        assert_eq!(site.open(request).await.status(), status, "{headers:?}");
    }
}
