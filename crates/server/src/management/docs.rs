//! `GET docs`: the description of the API as a page. It is made of the document that tools read, carries its own style, asks
//! nobody for anything, and needs no script.

mod field;
mod prose;
mod view;

use std::sync::LazyLock;

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use self::view::View;
use super::openapi::DOCUMENT;
use crate::http::headers::page;

const STYLE: &str = include_str!("../../templates/management/docs.css");

#[derive(Template)]
#[template(path = "management/docs.html")]
struct Docs {
    view: View,
    style: &'static str,
}

/// One policy and nothing else: this style, and no script, image, frame or connection at all.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

pub(super) async fn docs() -> Response {
    let docs = Docs {
        view: View::of(&DOCUMENT),
        style: STYLE,
    };
    let mut response = page(docs.render());
    if let Ok(policy) = HeaderValue::try_from(POLICY.as_str()) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn the_page_shows_every_operation_and_asks_nobody_for_anything() {
        let response = docs().await;
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].clone();
        let html = response.into_body().collect().await.expect("a body").to_bytes();
        let html = String::from_utf8(html.to_vec()).expect("text");
        for operation in crate::management::operations() {
            let scope = format!("<code>{}</code>", operation.scope);
            for part in [operation.id, operation.path, operation.summary, &scope] {
                assert!(html.contains(part), "{part}");
            }
        }
        for refusal in crate::management::refusal::Refusal::ALL {
            assert!(html.contains(&refusal.kind()), "{refusal:?}");
        }
        for asks in ["<script", "src=", "href=\"http", "url(", "@import", "<link"] {
            assert!(!html.contains(asks), "{asks}");
        }
        let start = html.find("<style>").expect("a style") + "<style>".len();
        let end = html.find("</style>").expect("its end");
        let hash = STANDARD.encode(Sha256::digest(&html[start..end]));
        assert!(policy.to_str().expect("text").contains(&format!("'sha256-{hash}'")));
    }
}
