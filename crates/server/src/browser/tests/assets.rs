use axum::http::{StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha384};

use super::{Answer, Site, page_request};
use crate::assets::folder;

const FOR_GOOD: Option<&str> = Some("public, max-age=31536000, immutable");

fn integrity(answer: &Answer) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(&answer.body)))
}

#[tokio::test]
async fn files_are_the_same_for_everybody_and_immutable_by_hash() {
    let site = Site::new("").await;
    let token = site.sign_in("ada").await;
    for (name, kind) in [
        ("sdk.js", "text/javascript; charset=utf-8"),
        ("worker.js", "text/javascript; charset=utf-8"),
        ("page.css", "text/css; charset=utf-8"),
        ("mark.svg", "image/svg+xml"),
    ] {
        let plain = site.get(&format!("/{name}"), "").await;
        assert_eq!(plain.header("cache-control"), Some("no-cache"));
        let tag = plain.header("etag").expect("a tag").trim_matches('"').to_owned();
        let (stem, ending) = name.split_once('.').expect("an ending");
        let hashed = site.get(&format!("/{stem}-{tag}.{ending}"), &token).await;
        assert_eq!(hashed.header("cache-control"), FOR_GOOD);
        assert_eq!(hashed.body, plain.body);
        for answer in [&plain, &hashed] {
            assert_eq!(answer.header("content-type"), Some(kind));
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
            assert_eq!(answer.header("set-cookie"), None);
        }
        site.get(&format!("/{stem}-0000.{ending}"), "")
            .await
            .problem(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_file_that_the_browser_has_is_not_sent_again() {
    let site = Site::new("").await;
    let tag = site.get("/sdk.js", "").await.header("etag").expect("a tag").to_owned();
    for (known, status) in [
        (tag.clone(), StatusCode::NOT_MODIFIED),
        (format!("\"0\", W/{tag}"), StatusCode::NOT_MODIFIED),
        ("\"0\"".to_owned(), StatusCode::OK),
    ] {
        let mut request = page_request(axum::http::Method::GET, "/sdk.js", "", "");
        request
            .headers_mut()
            .insert(header::IF_NONE_MATCH, known.parse().expect("tags"));
        let answer = site.send(request).await;
        assert_eq!((answer.status, answer.header("etag")), (status, Some(tag.as_str())));
        assert_eq!(answer.body.is_empty(), status == StatusCode::NOT_MODIFIED);
    }
}

#[tokio::test]
async fn what_the_line_for_pages_names_is_there_with_that_hash() {
    let site = Site::new("").await;
    let told = site.get("/sdk.json", "").await.json();
    let text = |key: &str| told[key].as_str().expect(key).to_owned();
    let file = async |address: &str| {
        let answer = site
            .get(address.strip_prefix("/nightlatch").expect("below the prefix"), "")
            .await;
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (StatusCode::OK, FOR_GOOD),
            "{address}"
        );
        answer
    };
    assert_eq!(integrity(&file(&text("script")).await), text("integrity"));
    file(&text("worker")).await;
    let (script, hash) = (text("script"), text("integrity"));
    assert_eq!(
        text("tag"),
        format!(r#"<script type="module" src="{script}" integrity="{hash}" crossorigin="anonymous"></script>"#)
    );
    assert_eq!(
        text("required_tag"),
        text("tag").replace(" src=", r#" blocking="render" data-nightlatch="required" src="#)
    );
    let parts = told["parts"].as_object().expect("parts");
    assert_eq!(parts.len(), folder("sdk").count());
    for (address, integrity_of_part) in parts {
        assert_eq!(integrity_of_part, &integrity(&file(address).await));
    }
}

#[tokio::test]
async fn nothing_else_is_a_file() {
    let site = Site::new("").await;
    for path in [
        "/unknown.js",
        "/demo%2Fdemo.css",
        "/demo/demo.css",
        "/sdk%2F..%2Fpage.css",
        "/sdk/..%2Fpage.css",
        "/sdk/../page.css",
        "/sdk/",
        "/sdk/sdk.js",
        "/..%2F..%2FCargo.toml",
        "/PAGE.CSS",
        "/page.css%00",
    ] {
        assert_eq!(site.get(path, "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
