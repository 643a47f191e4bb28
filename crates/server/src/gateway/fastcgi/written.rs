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
        for name in identity::NAMES.iter().chain(&[header::COOKIE, header::AUTHORIZATION]) {
            // One that is missing would leave what a client has sent.
            let value = parts.headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
            line(&mut text, &format!("Variable-{}", variable(name)), value);
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

/// `NIGHTLATCH_SUBJECT`, and `NIGHTLATCH_COOKIE` for what the application gets of that header.
fn variable(name: &HeaderName) -> String {
    let name = name.as_str().to_ascii_uppercase().replace('-', "_");
    if name.starts_with("NIGHTLATCH_") {
        name
    } else {
        format!("NIGHTLATCH_{name}")
    }
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
            "Variable-NIGHTLATCH_AUTHORIZATION: ",
            "Variable-NIGHTLATCH_USER: ada",
            "",
            "",
        ];
        assert_eq!(lines[1 + identity::NAMES.len()..], others, "{text}");
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
