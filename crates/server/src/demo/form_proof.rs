//! The proof that a sign-in comes from our own sign-in page, in the browser that was shown it. Nobody has a session at
//! that point, so the proof hangs on a random value in a cookie of its own: without it, another site could sign
//! visitors in as somebody else and read what they leave behind.

use axum::http::{HeaderMap, HeaderValue, header};
use nightlatch_store::token::{Digest, Token};
use subtle::ConstantTimeEq as _;

const NAME: &str = "demo-form";
/// Long enough to choose a person, and of no use on any other path.
const ATTRIBUTES: &str = "; Path=/demo/sign-in; Max-Age=600; HttpOnly; SameSite=Strict";

/// What a sign-in page carries.
pub(super) struct FormProof {
    /// For the form.
    pub(super) field: String,
    /// For the browser.
    pub(super) set_cookie: Option<HeaderValue>,
}

/// The proof for a page that answers a request. A browser keeps its value, so that two open sign-in pages both work.
pub(super) fn issue(headers: &HeaderMap) -> FormProof {
    let known = presented(headers).map(str::to_owned);
    let value = known.unwrap_or_else(|| Token::random().expose().to_owned());
    let field = Digest::of(&value).map(|digest| digest.form_token()).unwrap_or_default();
    let set_cookie = HeaderValue::from_str(&format!("{NAME}={value}{ATTRIBUTES}")).ok();
    FormProof { field, set_cookie }
}

/// Whether the field of a form fits the browser that sends it.
pub(super) fn holds(headers: &HeaderMap, field: &str) -> bool {
    let expected = presented(headers)
        .and_then(Digest::of)
        .map(|digest| digest.form_token());
    expected.is_some_and(|expected| expected.as_bytes().ct_eq(field.as_bytes()).into())
}

/// The cookie's value, if it can be one of ours.
fn presented(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().strip_prefix(NAME)?.strip_prefix('='))
        .find(|value| Digest::of(value).is_some())
}
