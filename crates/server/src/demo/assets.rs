//! What the pages load: styles, scripts and pictures, built in.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! built_in {
    ($($name:literal: $kind:expr),* $(,)?) => {
        [$(($name, $kind, include_bytes!(concat!("../../assets/demo/", $name)))),*]
    };
}

static ASSETS: [(&str, &str, &[u8]); 9] = built_in! {
    "clock.js": JS,
    "demo.css": CSS,
    "larch.svg": SVG,
    "panel.css": CSS,
    "panel.js": JS,
    "ridge.svg": SVG,
    "session.js": JS,
    "story.js": JS,
    "upload.js": JS,
};

/// The names carry no hash, so the browser asks every time and is mostly told that nothing changed.
pub(super) async fn asset(Path(file): Path<String>, asked: HeaderMap) -> Result<Response, Problem> {
    let found = ASSETS.iter().find(|(name, ..)| *name == file);
    let (_, kind, bytes) = found.ok_or_else(|| Problem::not_found("The demo has no such file."))?;
    let tag = entity_tag(bytes);
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let unchanged = known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag));
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, *kind)], *bytes).into_response()
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
        .headers_mut()
        .extend(HeaderValue::from_str(&tag).ok().map(|tag| (header::ETAG, tag)));
    Ok(response)
}

fn entity_tag(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}
