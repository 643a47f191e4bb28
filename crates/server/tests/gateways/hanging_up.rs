//! Browsers that reset their connection to the gateway as soon as they have asked to be signed out.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::nightlatch::Nightlatch;

/// Each leaves the gateway twice the time of the one before.
const ROUNDS: u32 = 14;
const TRIES: usize = 2000;

pub(crate) fn an_end_whose_client_has_gone_holds(nightlatch: &Nightlatch, gateway: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut ended = 0;
    for round in 0..ROUNDS {
        let body = json!({ "subject": "ada", "application": "wiki" }).to_string();
        let made = managed(nightlatch, "POST", "/api/v1/sessions", &body);
        let text = |key: &str| made[key].as_str().expect("a session").to_owned();
        let (handle, token) = (text("handle"), text("token"));
        runtime.block_on(sign_out_and_reset(nightlatch.gateway, &token, round));
        let audit = format!("/api/v1/audit?handle={handle}&kind=ended");
        // Nothing that is asked here reads the session itself.
        let told = managed(nightlatch, "GET", &audit, "");
        let told = told["records"].as_array().expect("records").len();
        if told == 0 {
            managed(nightlatch, "DELETE", "/api/v1/subjects/ada/sessions", "");
            continue;
        }
        assert_eq!(told, 1, "{gateway}, round {round}");
        ended += 1;
        let refused = (0..TRIES).any(|_| session(nightlatch, &token) == 401);
        assert!(
            refused,
            "{gateway}, round {round}: the store has ended the session, and its token passes"
        );
    }
    assert!(ended > 0, "{gateway}: no sign-out came as far as the store");
}

async fn sign_out_and_reset(gateway: u16, token: &str, round: u32) {
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", gateway)).await;
    let mut stream = stream.expect("the gateway listens");
    let request = format!(
        "POST /nightlatch/sign-out HTTP/1.1\r\nHost: 127.0.0.1:{gateway}\r\nCookie: nightlatch={token}\r\n\
         Nightlatch: 1\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("the gateway reads");
    for _ in 0..1 << round {
        tokio::task::yield_now().await;
    }
    stream.set_zero_linger().expect("a socket");
}

/// The status of a look at the session through the gateway. Not activity.
fn session(nightlatch: &Nightlatch, token: &str) -> u16 {
    let cookie = format!("Cookie: nightlatch={token}");
    exchange(nightlatch.gateway, "GET", "/nightlatch/session", &cookie, "").0
}

fn managed(nightlatch: &Nightlatch, method: &str, target: &str, body: &str) -> Value {
    let key = format!(
        "Authorization: Bearer {}\r\nContent-Type: application/json",
        nightlatch.key
    );
    let (status, text) = exchange(nightlatch.management, method, target, &key, body);
    assert!((200..300).contains(&status), "{method} {target}: {text}");
    serde_json::from_str(&text).expect("JSON")
}

fn exchange(port: u16, method: &str, target: &str, header: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("somebody listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a socket");
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{header}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("somebody reads");
    let mut told = String::new();
    // Whoever says nothing more has said what there is.
    let _ = stream.read_to_string(&mut told);
    let (head, body) = told.split_once("\r\n\r\n").expect("an answer");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), body.to_owned())
}
