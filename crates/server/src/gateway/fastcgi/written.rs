//! An answer as an authorizer writes it (specification 1.0, section 6.3): 200 lets pass and sets variables, anything else goes
//! to the client as it is.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body_util::{BodyExt as _, Collected};

use crate::gateway::identity;

pub(super) async fn written(response: Response) -> Vec<u8> {
    let (parts, body) = response.into_parts();
    let mut text = format!("Status: {}\r\n", parts.status.as_str()).into_bytes();
    if parts.status == StatusCode::OK {
        // One that is missing would leave what a client has sent.
        let value = |name: &HeaderName| parts.headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
        for name in &identity::NAMES {
            line(&mut text, &format!("Variable-{}", variable(name)), value(name));
        }
        for name in [header::COOKIE, header::AUTHORIZATION] {
            let Some(pieces) = pieces(value(&name)) else {
                return b"Status: 431\r\n\r\n".to_vec();
            };
            for (place, piece) in pieces.into_iter().enumerate() {
                let place = if place == 0 {
                    String::new()
                } else {
                    format!("_{}", place + 1)
                };
                line(
                    &mut text,
                    &format!("Variable-NIGHTLATCH_{}{place}", variable(&name)),
                    piece,
                );
            }
        }
        // Apache lets only somebody pass: nobody is called what logs call nobody.
        let subject = parts.headers.get(identity::SUBJECT).map(HeaderValue::as_bytes);
        let user = subject.filter(|subject| !subject.is_empty()).unwrap_or(b"-");
        line(&mut text, "Variable-NIGHTLATCH_USER", user);
        text.extend(b"\r\n");
        return text;
    }
    for (name, value) in &parts.headers {
        line(&mut text, name.as_str(), value.as_bytes());
    }
    text.extend(b"\r\n");
    // Our own answers are whole, and never fail to be read.
    text.extend(body.collect().await.map(Collected::to_bytes).unwrap_or_default());
    text
}

fn variable(name: &HeaderName) -> String {
    name.as_str().to_ascii_uppercase().replace('-', "_")
}

/// Apache reads no line above 8 KiB, and tells of no header above 16 KiB.
const PIECE: usize = 7000;
const PIECES: usize = 3;

/// A value as Apache puts it together again. `None` where it is too long.
fn pieces(value: &[u8]) -> Option<[&[u8]; PIECES]> {
    let mut rest = value;
    let pieces = std::array::from_fn(|_| {
        let mut end = rest.len().min(PIECE);
        // Apache takes blanks away at both ends of a line.
        while end > 0 && end < rest.len() && (rest[end - 1].is_ascii_whitespace() || rest[end].is_ascii_whitespace()) {
            end -= 1;
        }
        let (piece, after) = rest.split_at(end);
        rest = after;
        piece
    });
    rest.is_empty().then_some(pieces)
}

fn line(text: &mut Vec<u8>, name: &str, value: &[u8]) {
    text.extend(name.as_bytes());
    text.extend(b": ");
    text.extend(value);
    text.extend(b"\r\n");
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[tokio::test]
    async fn who_may_pass_gets_every_variable() {
        let mut response = Response::new(Body::empty());
        response
            .headers_mut()
            .insert(identity::SUBJECT, HeaderValue::from_static("ada"));
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let text = String::from_utf8(written(response).await).expect("text");
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines[..2], ["Status: 200", "Variable-NIGHTLATCH_SUBJECT: ada"]);
        assert_eq!(lines[2], "Variable-NIGHTLATCH_SESSION: ");
        let others = [
            "Variable-NIGHTLATCH_COOKIE: ",
            "Variable-NIGHTLATCH_COOKIE_2: ",
            "Variable-NIGHTLATCH_COOKIE_3: ",
            "Variable-NIGHTLATCH_AUTHORIZATION: ",
            "Variable-NIGHTLATCH_AUTHORIZATION_2: ",
            "Variable-NIGHTLATCH_AUTHORIZATION_3: ",
            "Variable-NIGHTLATCH_USER: ada",
            "",
            "",
        ];
        assert_eq!(lines[1 + identity::NAMES.len()..], others, "{text}");
    }

    #[test]
    fn a_long_value_comes_in_pieces_that_no_line_changes() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 16 * 1024] {
            let value = "name=value; ".repeat(length / 12 + 1).into_bytes();
            let value = value[..length].trim_ascii();
            let pieces = pieces(value).expect("short enough");
            assert_eq!(pieces.concat(), value);
            for piece in pieces {
                assert!(piece.len() <= PIECE && piece.trim_ascii() == piece);
            }
        }
        assert_eq!(pieces(&vec![b'a'; PIECES * PIECE + 1]), None);
        assert_eq!(pieces(&vec![b' '; PIECE + 1]), None);
    }

    #[tokio::test]
    async fn who_may_not_gets_the_answer_itself() {
        let mut response = Response::new(Body::from("no"));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        response
            .headers_mut()
            .insert(header::LOCATION, HeaderValue::from_static("https://a/"));
        let text = String::from_utf8(written(response).await).expect("text");
        assert_eq!(text, "Status: 401\r\nlocation: https://a/\r\n\r\nno");
    }
}
