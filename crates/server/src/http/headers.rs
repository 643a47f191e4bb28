//! The headers of every answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::cookie::CookieRules;

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// No script, style, frame or form of anybody else; enough for every page of ours.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// Never stored, never sniffed, never embedded by another site.
pub(crate) fn protect(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CORP, HeaderValue::from_static("same-origin"));
}

/// Tells browsers to come back over TLS alone, for a year (RFC 6797). Said where the public URL is https, unless the
/// application says something else of its own.
pub(crate) fn promise_tls(cookie: &CookieRules, headers: &mut HeaderMap) {
    if cookie.is_secure() && !headers.contains_key(header::STRICT_TRANSPORT_SECURITY) {
        let a_year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, a_year);
    }
}

/// What a page needs besides.
pub(crate) fn protect_page(headers: &mut HeaderMap) {
    protect(headers);
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(COOP, HeaderValue::from_static("same-origin"));
}

/// A JSON answer.
pub(crate) fn json(body: &impl Serialize) -> Response {
    // A session fits, so that the hot path allocates once.
    let mut bytes = Vec::with_capacity(768);
    // Our own answers are plain data; there is nothing in them that JSON cannot say.
    if let Err(error) = serde_json::to_writer(&mut bytes, body) {
        tracing::error!(%error, "an answer cannot be written as JSON");
    }
    let mut response = Response::new(bytes.into());
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    protect(response.headers_mut());
    response
}

/// An HTML page.
pub(crate) fn page(html: askama::Result<String>) -> Response {
    match html {
        Ok(html) => {
            let mut response = axum::response::Html(html).into_response();
            protect_page(response.headers_mut());
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
