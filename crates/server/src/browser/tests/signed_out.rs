//! The page that says what happened, and the way back to where somebody was.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use nightlatch_store::audit::{AuditEntry, AuditKind};
use nightlatch_store::{Application, Documents as _};

use super::Site;

const OURS: &str = "[server]\npublic_url = \"https://app.example\"\nsign_in_url = \"/in?a=b#/door\"\n\
     trusted_proxies = [\"127.0.0.1\"]\n[[sites]]\nhost = \"wiki.example\"\n";

/// Where "Sign in again" leads from the page with this query, and this page before it.
async fn leads(site: &Site, query: &str, referrer: Option<&str>) -> String {
    let mut request = Request::builder()
        .uri(format!("/nightlatch/signed-out?{query}"))
        .header("host", "app.example");
    if let Some(referrer) = referrer {
        request = request.header("referer", referrer);
    }
    let answer = site.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}");
    let href = answer.body.split("id=\"way-in\" href=\"").nth(1).unwrap_or_default();
    href.split('"').next().unwrap_or_default().replace("&#38;", "&")
}

fn back_to(page: &str) -> String {
    let escaped: String = url::form_urlencoded::byte_serialize(page.as_bytes()).collect();
    format!("reason=idle&return_to={escaped}")
}

#[tokio::test]
async fn signing_in_again_leads_back_to_the_page() {
    let site = Site::new(OURS).await;
    for (page, kept) in [
        (
            "https://app.example/a?b=c&d=%C3%A9",
            "https://app.example/a%3Fb%3Dc%26d%3D%25C3%25A9",
        ),
        ("https://app.example/a#b", "https://app.example/a%23b"),
        ("https://APP.example:443/a", "https://app.example/a"),
        ("https://wiki.example/a", "https://wiki.example/a"),
        ("/a?b=//c", "https://app.example/a%3Fb%3D//c"),
        ("/a%5Cb", "https://app.example/a%255Cb"),
    ] {
        let expected = format!("/in?a=b&return_to={kept}#/door");
        assert_eq!(leads(&site, &back_to(page), None).await, expected, "{page}");
    }
    // What is not said is what the browser says.
    let from = "https://app.example/a?b=c";
    let expected = "/in?a=b&return_to=https://app.example/a%3Fb%3Dc#/door";
    assert_eq!(leads(&site, "reason=idle", Some(from)).await, expected);
    assert_eq!(leads(&site, "reason=idle", None).await, "/in?a=b#/door");
    // The page of an application that is listed.
    let listed = Application {
        id: "shop".into(),
        name: "Shop".into(),
        origins: vec!["https://shop.example".into()],
        logout_urls: Vec::new(),
        version: 0,
    };
    let audit = AuditEntry::new(site.server.engine.clock().now(), AuditKind::Application, "test");
    site.store.put_application(&listed, None, audit).await.expect("a store");
    site.server
        .applications
        .read(&site.server.engine)
        .await
        .expect("a store");
    let led = leads(&site, &back_to("https://shop.example/cart"), None).await;
    assert_eq!(led, "/in?a=b&return_to=https://shop.example/cart#/door");
}

#[tokio::test]
async fn without_an_address_to_sign_in_at_the_page_itself_is_the_way_back() {
    let site = Site::new("").await;
    let page = "http://127.0.0.1:8700/a?b=c#d";
    assert_eq!(leads(&site, &back_to(page), None).await, page);
    for nowhere in [
        "https://evil.example/",
        "//evil.example",
        "/nightlatch/signed-out?reason=idle",
    ] {
        let answer = site.get(&format!("/signed-out?{}", back_to(nowhere)), "").await;
        assert!(
            !answer.body.contains("way-in") && !answer.body.contains("evil"),
            "{nowhere}"
        );
    }
}

/// What browsers might read as another site.
const ELSEWHERE: &[&str] = &[
    "",
    "a",
    ".evil.example",
    "@evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/\u{0}/evil.example",
    "/\u{3000}/evil.example",
    "//evil.example/https://app.example/",
    "//app.example@evil.example",
    "//app.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https:\\\\evil.example",
    "https://evil.example",
    "https://evil.example?https://app.example/",
    "https://evil.example#https://app.example/",
    "https://evil.example/https://app.example/",
    "https://app.example@evil.example/",
    "https://app.example:443@evil.example/",
    "https://app.example%40evil.example/",
    "https://app.example\\@evil.example/",
    "https://evil.example\\@app.example/",
    "https://good@app.example/",
    "https://:x@app.example/",
    "https://@app.example/",
    "https://app.example.evil.example/",
    "https://evilapp.example/",
    "https://app.exampl/",
    "https://app.example:8443/",
    "https://app.example:99999/",
    "http://app.example/",
    "http://wiki.example/",
    "HTTP://app.example/",
    "ftp://app.example/",
    "ws://app.example/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//https://app.example/",
    "java\tscript:alert(1)",
    "javascript://app.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://app.example/a",
    "view-source:https://app.example/",
    "about:blank",
    "https://app.example/\r\nLocation: https://evil.example",
    "https://app.example/\u{0}",
    "\u{0}https://app.example/",
    " https://app.example/",
    "https://app\t.example/",
    "https://\u{430}pp.example/",
    "https://app.example\u{2025}evil.example/",
    "https://app.example\u{ff0f}evil.example/",
    "https://app.example\u{ff20}evil.example/",
    "https://[::1]/",
    "https://shop.example/",
    "https://app.example/nightlatch/signed-out?reason=idle",
    "https://app.example/in",
    "/in?return_to=/a",
];

#[tokio::test]
async fn no_address_leads_anywhere_else() {
    assert!(ELSEWHERE.len() >= 60);
    let site = Site::new(OURS).await;
    for elsewhere in ELSEWHERE {
        assert_eq!(
            leads(&site, &back_to(elsewhere), None).await,
            "/in?a=b#/door",
            "{elsewhere:?}"
        );
    }
    let long = format!("/{}", "a".repeat(5000));
    assert_eq!(leads(&site, &back_to(&long), None).await, "/in?a=b#/door");
}
