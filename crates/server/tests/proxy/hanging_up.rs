//! Clients that reset their connection as soon as they have asked. Whatever the store has done by then counts at once.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::application::Application;
use crate::client;
use crate::front::{Front, HOST, cookie};
use crate::http2::{END_HEADERS, END_STREAM, HEADERS, SETTINGS, block, frame};

/// Each leaves the server twice the time of the one before.
const ROUNDS: u32 = 14;
const PATIENCE: Duration = Duration::from_secs(10);

impl Front {
    async fn managed(&self, method: Method, path: &str, body: &str) -> client::Answer {
        let key = format!("Bearer {}", self.server.key);
        let headers = [("authorization", &*key), ("content-type", "application/json")];
        let url = format!("{}{path}", self.server.management);
        client::send(method, &url, &headers, body.to_owned()).await
    }

    async fn handle_of(&self, subject: &str) -> String {
        let listed = self
            .managed(Method::GET, &format!("subjects/{subject}/sessions"), "")
            .await
            .ok(200);
        listed["sessions"][0]["handle"].as_str().expect("a handle").to_owned()
    }

    /// Whether the audit tells this of a session. Nothing else that is asked here reads the session itself.
    async fn audited(&self, handle: &str, kind: &str) -> usize {
        let told = self
            .managed(Method::GET, &format!("audit?handle={handle}&kind={kind}"), "")
            .await
            .ok(200);
        told["records"].as_array().expect("records").len()
    }

    /// Whether the token is refused: at once, but for the moment between the store and the answer that nobody waits for.
    async fn refuses(&self, token: &str) -> bool {
        let refused = async {
            while self.session(token).await.status != 401 {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, refused).await.is_ok()
    }

    /// Whatever was begun is done, or never will be: the server answers the one who asks last.
    async fn settle(&self) {
        for _ in 0..3 {
            let last = self.sign_in("last").await;
            self.sign_out(&last).await;
        }
    }
}

fn address_of(api: &str) -> String {
    let url = url::Url::parse(api).expect("a URL");
    format!("127.0.0.1:{}", url.port().expect("a port"))
}

/// Sends the bytes, leaves the other side a moment, and resets the connection.
async fn send_and_reset(address: &str, bytes: &[u8], round: u32) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    stream.write_all(bytes).await.expect("somebody listens");
    for _ in 0..1 << round {
        tokio::task::yield_now().await;
    }
    stream.set_zero_linger().expect("a socket");
    drop(stream);
}

fn http1(method: &str, target: &str, host: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let length = body.len();
    let lines = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let headers: String = lines.collect();
    let head = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}");
    format!("{head}\r\n{body}").into_bytes()
}

fn sign_out_over_http2(cookie: &str) -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", HOST),
        (":path", "/nightlatch/sign-out"),
        ("cookie", cookie),
        ("nightlatch", "1"),
        ("sec-fetch-site", "same-origin"),
    ];
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(SETTINGS, 0, 0, &[]),
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(&fields)),
    ]
    .concat()
}

/// Which request, of the session with this token and handle.
type Ask = fn(&Front, &str, &str) -> (String, Vec<u8>);

const ENDS: [(&str, Ask); 5] = [
    ("a sign-out", |front, token, _| {
        let cookie = cookie(token);
        let headers = [
            ("Cookie", &*cookie),
            ("Nightlatch", "1"),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        let address = address_of(&front.server.browser);
        let request = http1("POST", "/nightlatch/sign-out", &address, &headers, "");
        (address, request)
    }),
    ("a sign-out through the proxy", |front, token, _| {
        let cookie = cookie(token);
        let headers = [
            ("Cookie", &*cookie),
            ("Nightlatch", "1"),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        (
            front.address.clone(),
            http1("POST", "/nightlatch/sign-out", HOST, &headers, ""),
        )
    }),
    ("a sign-out through the proxy over HTTP/2", |front, token, _| {
        (front.address.clone(), sign_out_over_http2(&cookie(token)))
    }),
    ("DELETE of a session", |front, _, handle| {
        let key = format!("Bearer {}", front.server.key);
        let address = address_of(&front.server.management);
        let request = http1(
            "DELETE",
            &format!("/api/v1/sessions/{handle}"),
            &address,
            &[("Authorization", &key)],
            "",
        );
        (address, request)
    }),
    ("DELETE of the sessions of a subject", |front, _, _| {
        let key = format!("Bearer {}", front.server.key);
        let address = address_of(&front.server.management);
        let request = http1(
            "DELETE",
            "/api/v1/subjects/ada/sessions",
            &address,
            &[("Authorization", &key)],
            "",
        );
        (address, request)
    }),
];

#[tokio::test]
async fn an_end_whose_client_has_gone_holds() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    for (what, ask) in ENDS {
        let mut ended = 0;
        for round in 0..ROUNDS {
            let token = front.sign_in("ada").await;
            let handle = front.handle_of("ada").await;
            let (address, bytes) = ask(&front, &token, &handle);
            send_and_reset(&address, &bytes, round).await;
            front.settle().await;
            match front.audited(&handle, "ended").await {
                0 => front.sign_out(&token).await,
                times => {
                    assert_eq!(times, 1, "{what}");
                    ended += 1;
                    assert!(
                        front.refuses(&token).await,
                        "{what}, round {round}: the store has ended it"
                    );
                    let page = front.get_as(&token, "/page", &[]).await;
                    assert_eq!(page.status, 401, "{what}, round {round}");
                }
            }
        }
        assert!(ended > 0, "{what}: no request came as far as the store");
    }
}

#[tokio::test]
async fn the_token_before_is_refused_when_the_client_that_asked_for_another_has_gone() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let mut replaced = 0;
    for round in 0..ROUNDS {
        let token = front.sign_in("ada").await;
        let handle = front.handle_of("ada").await;
        let key = format!("Bearer {}", front.server.key);
        let headers = [("Authorization", &*key), ("Content-Type", "application/json")];
        let address = address_of(&front.server.management);
        let target = format!("/api/v1/sessions/{handle}/reauthenticate");
        let request = http1("POST", &target, &address, &headers, r#"{"subject": "ada"}"#);
        send_and_reset(&address, &request, round).await;
        front.settle().await;
        if front.audited(&handle, "reauthenticated").await > 0 {
            replaced += 1;
            assert!(front.refuses(&token).await, "round {round}");
        }
        front.managed(Method::DELETE, "subjects/ada/sessions", "").await.ok(200);
        assert_eq!(
            front.session(&token).await.status,
            401,
            "round {round}: an end that was acknowledged"
        );
    }
    assert!(replaced > 0, "no request came as far as the store");
}

#[tokio::test]
async fn a_policy_whose_client_has_gone_is_in_force_or_was_never_kept() {
    let application = Application::start().await;
    let site = format!("host = \"{HOST}\"\nupstream = \"{}\"", application.url());
    let front = Front::with(&format!(
        "policy = \"server\"\n[proxy]\nlisten = \"127.0.0.1:0\"\n[[sites]]\n{site}\n"
    ));
    let revisions = async || {
        let listed = front
            .managed(Method::GET, "policy/revisions?limit=100", "")
            .await
            .ok(200);
        listed["revisions"].as_array().expect("revisions").len()
    };
    for round in 0..ROUNDS {
        let before = revisions().await;
        let tag = front.managed(Method::GET, "policy", "").await.header("etag").to_owned();
        let key = format!("Bearer {}", front.server.key);
        let headers = [
            ("Authorization", &*key),
            ("Content-Type", "application/json"),
            ("If-Match", &*tag),
        ];
        let address = address_of(&front.server.management);
        let policy = json!({ "idle": format!("{}m", 20 + round) }).to_string();
        send_and_reset(
            &address,
            &http1("PUT", "/api/v1/policy", &address, &headers, &policy),
            round,
        )
        .await;
        front.settle().await;
        let in_force: Value = front.managed(Method::GET, "policy", "").await.ok(200);
        let expected = if revisions().await > before { &policy } else { "" };
        if !expected.is_empty() {
            let idle = serde_json::from_str::<Value>(expected).expect("JSON")["idle"].clone();
            assert_eq!(in_force["idle"], idle, "round {round}: the store has kept it");
        }
        // And whoever comes next is not told to restart the server.
        let next = json!({ "idle": format!("{}m", 50 + round) }).to_string();
        let put = timeout(PATIENCE, front.managed(Method::PUT, "policy", &next))
            .await
            .expect("an answer");
        assert_eq!(put.status, 200, "round {round}: {}", put.text());
    }
}
