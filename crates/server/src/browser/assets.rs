//! The SDK and what our own pages need, from memory. Names with a content hash never change.

use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use crate::http::headers::protect;
use crate::http::problem::Problem;
use crate::latch::Latch;

struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

const ASSETS: &[Asset] = &[
    Asset {
        name: "sdk.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/sdk.js"),
    },
    Asset {
        name: "worker.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/worker.js"),
    },
    Asset {
        name: "page.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/page.css"),
    },
    Asset {
        name: "mark.svg",
        content_type: "image/svg+xml",
        bytes: include_bytes!("../../assets/mark.svg"),
    },
];

/// The asset and its hash, which is its entity tag and part of its long-lived name.
static TAGGED: LazyLock<Vec<(String, &Asset)>> =
    LazyLock::new(|| ASSETS.iter().map(|asset| (hash(asset.bytes), asset)).collect());

pub(super) async fn get(
    State(_): State<Arc<Latch>>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let wanted = |(tag, asset): &&(String, &'static Asset)| name == asset.name || name == hashed_name(asset.name, tag);
    let (tag, asset) = TAGGED
        .iter()
        .find(wanted)
        .ok_or_else(|| Problem::not_found("No asset has this name."))?;
    let etag = HeaderValue::from_str(&format!("\"{tag}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
    let mut response = if headers.get(header::IF_NONE_MATCH) == Some(&etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        (
            [(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type))],
            asset.bytes,
        )
            .into_response()
    };
    protect(response.headers_mut());
    let lifetime = if name == asset.name {
        "no-cache"
    } else {
        "public, max-age=31536000, immutable"
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(lifetime));
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

/// `sdk.js` with the hash 01ab is also `sdk-01ab.js`.
fn hashed_name(name: &str, tag: &str) -> String {
    name.rsplit_once('.')
        .map_or_else(|| name.to_owned(), |(stem, ending)| format!("{stem}-{tag}.{ending}"))
}

fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .take(8)
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
