//! What of a request's credentials the application behind a proxy may get: its own cookies and its own `Authorization`, and
//! nothing that names a session of ours. It cannot lose what it never had.

use axum::http::{HeaderMap, HeaderValue, header};
use nightlatch_store::StoreError;
use nightlatch_store::token::Digest;

use super::cookie::is_session;
use crate::server_state::ServerState;

/// What is left of `Cookie`; none where nothing is.
pub(crate) fn cookies(headers: &HeaderMap) -> Option<HeaderValue> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let own = pairs
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty() && !is_session(pair));
    HeaderValue::try_from(own.collect::<Vec<_>>().join(&b"; "[..]))
        .ok()
        .filter(|left| !left.is_empty())
}

/// What is left of each line of `Authorization`.
pub(crate) async fn authorization(server: &ServerState, headers: &HeaderMap) -> Result<Vec<HeaderValue>, StoreError> {
    let mut left = Vec::new();
    for line in headers.get_all(header::AUTHORIZATION) {
        if let Some(line) = without_tokens(server, line).await? {
            left.push(line);
        }
    }
    Ok(left)
}

/// A line without the elements in which a token of ours stands, whatever the scheme before it.
async fn without_tokens(server: &ServerState, line: &HeaderValue) -> Result<Option<HeaderValue>, StoreError> {
    let Ok(text) = line.to_str() else {
        // A token of ours is plain text; what stands beside other bytes may still be one.
        return Ok((!may_hold_token(line.as_bytes())).then(|| line.clone()));
    };
    let mut kept: Vec<&str> = Vec::new();
    let mut whole = true;
    for element in text.split(',') {
        if holds_token(server, element).await? {
            whole = false;
        } else {
            kept.push(element);
        }
    }
    if whole {
        return Ok(Some(line.clone()));
    }
    let kept = kept.join(",");
    Ok(HeaderValue::from_str(kept.trim()).ok().filter(|kept| !kept.is_empty()))
}

async fn holds_token(server: &ServerState, element: &str) -> Result<bool, StoreError> {
    for digest in words(element).filter_map(Digest::of) {
        if server.engine.is_ours(&digest).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn may_hold_token(line: &[u8]) -> bool {
    words(&String::from_utf8_lossy(line)).any(|word| Digest::of(word).is_some())
}

/// Tokens have letters, digits, `-` and `_`. A dot belongs to tokens of others: what stands between dots is a part of one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_stays_here_under_each_of_its_names_and_other_cookies_go_on() {
        for (sent, left) in [
            (&["a=1; __Host-nightlatch=T;b=2"][..], Some("a=1; b=2")),
            (&["__Host-nightlatch=T", "b=2"], Some("b=2")),
            (&["nightlatch=T; nightlatch=U; a=1"], Some("a=1")),
            (&["a=1; __Secure-nightlatch=T; __Host-Http-nightlatch=U"], Some("a=1")),
            (&["__HOST-Nightlatch=T; a=1"], Some("a=1")),
            (&["nightlatch =T; a=1"], Some("a=1")),
            (&["nightlatch; a=1"], Some("a=1")),
            (
                &["x__Host-nightlatch=3; nightlatch-theme=dark"],
                Some("x__Host-nightlatch=3; nightlatch-theme=dark"),
            ),
            (&["nightlatch=T"], None),
            (&[], None),
        ] {
            let lines = sent.iter().map(|line| (header::COOKIE, HeaderValue::from_static(line)));
            let cookies = cookies(&lines.collect());
            assert_eq!(
                cookies.as_ref().map(HeaderValue::as_bytes),
                left.map(str::as_bytes),
                "{sent:?}"
            );
        }
    }

    #[test]
    fn a_token_is_a_word_and_no_part_of_one() {
        let token = "A".repeat(43);
        let found = |text: &str| words(text).any(|word| Digest::of(word).is_some());
        for text in [
            format!("Bearer {token}"),
            format!("Token token=\"{token}\""),
            format!("bearer\t{token} "),
            token.clone(),
        ] {
            assert!(found(&text), "{text}");
        }
        for text in [
            format!("Bearer a.b.{token}"),
            format!("Bearer {token}A"),
            "Basic YTpi".to_owned(),
        ] {
            assert!(!found(&text), "{text}");
        }
    }
}
