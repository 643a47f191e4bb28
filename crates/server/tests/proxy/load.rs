//! Clients that want too much: bodies without an end, connections without number, answers that nobody takes.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::application::Application;
use crate::front::{Front, HOST, PAGE, cookie};
use crate::upstreams::site;

const PATIENCE: Duration = Duration::from_mins(1);

/// Sends a head, and nothing of the body that it announces.
async fn begin(mut stream: TcpStream, line: &str, fields: &str) -> TcpStream {
    let head = format!("{line} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1000\r\n{fields}\r\n");
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

/// The status of the answer.
async fn status(stream: &mut TcpStream) -> String {
    let mut answer = [0; 12];
    let read = timeout(PATIENCE, stream.read_exact(&mut answer)).await;
    read.expect("an answer in time").expect("an answer");
    String::from_utf8_lossy(&answer[9..]).into_owned()
}

#[tokio::test]
async fn nothing_is_read_for_somebody_who_may_not_write() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let ours = format!("Cookie: {}\r\n", cookie(&token));
    let unknown = format!("Cookie: {}\r\n", cookie(&"x".repeat(43)));
    let proof = "Nightlatch: 1\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n";
    for line in ["POST /nightlatch/session", "POST /nightlatch/diagnostic"] {
        for fields in [
            ours.clone(),
            format!("{ours}Sec-Fetch-Site: cross-site\r\nNightlatch: 1\r\n"),
        ] {
            let mut stream = begin(front.connect().await, line, &fields).await;
            assert_eq!(status(&mut stream).await, "403", "{line} {fields}");
        }
    }
    let endpoints = [
        "POST /nightlatch/activity",
        "POST /nightlatch/extend",
        "POST /nightlatch/tab",
    ];
    let more = [
        "POST /nightlatch/hold",
        "PUT /nightlatch/hold/x",
        "PUT /nightlatch/choice",
    ];
    for line in endpoints.into_iter().chain(more) {
        for (fields, expected) in [
            (String::new(), "401"),
            (format!("{unknown}{proof}"), "401"),
            (ours.clone(), "403"),
            (format!("{ours}Sec-Fetch-Site: cross-site\r\nNightlatch: 1\r\n"), "403"),
        ] {
            let mut stream = begin(front.connect().await, line, &fields).await;
            assert_eq!(status(&mut stream).await, expected, "{line} {fields}");
        }
    }
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    for (fields, expected) in [
        (String::new(), "403"),
        (form.to_owned(), "403"),
        (format!("{ours}{form}"), "403"),
        (proof.to_owned(), "200"),
        (format!("{unknown}{proof}"), "200"),
        (format!("{form}Sec-Fetch-Site: same-origin\r\n"), "303"),
    ] {
        let mut stream = begin(front.connect().await, "POST /nightlatch/sign-out", &fields).await;
        assert_eq!(status(&mut stream).await, expected, "sign-out {fields}");
    }
    // Of somebody who may write it is waited for, and not for ever.
    let fields = format!("{ours}{proof}");
    let mut stream = begin(front.connect().await, "POST /nightlatch/sign-out", &fields).await;
    assert_eq!(status(&mut stream).await, "408");
    assert_eq!(front.session(&token).await.status, 200);
}

#[tokio::test]
async fn bodies_without_an_end_stop_nobody_else() {
    let application = Application::start().await;
    let front = Front::with(&site(
        &[application.url()],
        "connection_limit = 20\nclient_timeout = \"2s\"\n",
    ));
    let token = front.sign_in("ada").await;
    let ours = format!("Cookie: {}\r\n", cookie(&token));
    let proof = "Nightlatch: 1\r\nSec-Fetch-Site: same-origin\r\n";
    for (line, fields) in [
        ("POST /nightlatch/sign-out", String::new()),
        ("POST /nightlatch/sign-out", format!("{ours}{proof}")),
        ("POST /upload", ours.clone()),
        ("POST /upload", String::new()),
    ] {
        let mut waiting = Vec::new();
        for _ in 0..20 {
            waiting.push(begin(front.connect().await, line, &fields).await);
        }
        let others = async {
            let mut stream = front.connect_from([127, 0, 0, 2]).await;
            let head = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n{ours}\r\n");
            stream.write_all(head.as_bytes()).await.expect("sent");
            status(&mut stream).await
        };
        assert_eq!(others.await, "200", "{line} {fields}");
        // Whoever holds them gets on as well, a little later.
        let same = timeout(PATIENCE, front.get_as(&token, "/", &[])).await;
        same.expect("in time").ok(200);
    }
}

#[tokio::test]
async fn an_upload_that_stalls_is_told_so() {
    let application = Application::start().await;
    let front = Front::with(&site(
        &[application.url()],
        "client_timeout = \"1s\"\nresponse_timeout = \"500ms\"\n",
    ));
    let token = front.sign_in("ada").await;
    let ours = format!("Cookie: {}\r\n", cookie(&token));
    let mut stream = begin(front.connect().await, "POST /upload", &ours).await;
    stream.write_all(b"a little of it").await.expect("sent");
    assert_eq!(status(&mut stream).await, "408", "and not that the application is late");
    let mut chunked = front.connect().await;
    let head = format!("POST /upload HTTP/1.1\r\nHost: {HOST}\r\n{ours}Transfer-Encoding: chunked\r\n\r\n5\r\nhel");
    chunked.write_all(head.as_bytes()).await.expect("sent");
    assert_eq!(status(&mut chunked).await, "408");
    assert_eq!(application.whole_bodies(), 0);
}

/// Sends more than any buffer on the way holds before it looks for the answer, as browsers do.
async fn upload(mut stream: TcpStream, line: &str, fields: &str) -> String {
    const LENGTH: usize = 30 << 20;
    let head = format!("{line} HTTP/1.1\r\nContent-Length: {LENGTH}\r\n{fields}\r\n");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..LENGTH / piece.len() {
        stream.write_all(&piece).await.expect("all of it is taken");
    }
    status(&mut stream).await
}

#[tokio::test]
async fn who_sends_what_nobody_wants_gets_the_answer() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let browser = front.server.browser.replace("http://", "");
    let browser = browser.split('/').next().expect("an address");
    let management = front.server.management.replace("http://", "");
    let management = management.split('/').next().expect("an address");
    let page = PAGE.map(|(name, value)| format!("{name}: {value}\r\n")).concat();
    let form = "Content-Type: multipart/form-data; boundary=x\r\n";
    for (line, fields, expected) in [
        ("POST /upload", format!("Host: {HOST}\r\n{page}{form}"), "303"),
        ("POST /upload", format!("Host: {HOST}\r\n"), "401"),
        ("POST /nightlatch/activity", format!("Host: {HOST}\r\n"), "401"),
        ("POST /nightlatch/nothing", format!("Host: {HOST}\r\n"), "405"),
        ("POST /upload", "Host: elsewhere.example\r\n".to_owned(), "403"),
        ("POST /upload", "X: no host\r\n".to_owned(), "400"),
        ("POST /upload", format!("Host: {HOST}\r\nContent_Length: 5\r\n"), "400"),
        (
            "POST /upload",
            format!("Host: {HOST}\r\nX: {}\r\n", "x".repeat(70_000)),
            "431",
        ),
        ("POST /a%2fb", format!("Host: {HOST}\r\n"), "400"),
    ] {
        let answer = upload(front.connect().await, line, &fields).await;
        assert_eq!(answer, expected, "{line} {}", &fields[..fields.len().min(200)]);
    }
    for (address, line) in [
        (browser, "POST /nightlatch/activity"),
        (browser, "POST /nightlatch/sign-out"),
        (browser, "POST /nothing"),
        (browser, "POST /nightlatch/auth/request"),
        (management, "POST /api/v1/sessions"),
        (management, "POST /nothing"),
    ] {
        let stream = TcpStream::connect(address).await.expect("a connection");
        let answer = upload(stream, line, "Host: x\r\n").await;
        assert!(answer.starts_with('4'), "{line}: {answer}");
    }
    assert!(application.heads().is_empty());
}

#[tokio::test]
async fn who_asks_before_sending_is_told_at_once() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let expect = "Expect: 100-continue\r\n";
    let mut refused = begin(front.connect().await, "POST /upload", expect).await;
    assert_eq!(status(&mut refused).await, "401");
    let mut endpoint = begin(front.connect().await, "POST /nightlatch/activity", expect).await;
    assert_eq!(status(&mut endpoint).await, "401");
    let ours = format!("{expect}Cookie: {}\r\n", cookie(&token));
    let mut passed = begin(front.connect().await, "POST /upload", &ours).await;
    assert_eq!(status(&mut passed).await, "100");
}

#[tokio::test]
async fn a_refused_upload_leaves_the_connection_as_it_was() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let body = "x".repeat(100_000);
    let answers = front
        .raw(
            format!(
                "POST /upload HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {}\r\n\r\n{body}\
                 GET /after HTTP/1.1\r\nHost: {HOST}\r\nCookie: {}\r\nConnection: close\r\n\r\n",
                body.len(),
                cookie(&token)
            )
            .as_bytes(),
        )
        .await;
    assert!(answers.starts_with("HTTP/1.1 401 "), "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 1, "{answers}");
}

#[tokio::test]
async fn strangers_fill_no_log() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let twice = format!("nightlatch={0}; nightlatch={0}", "x".repeat(43));
    for _ in 0..1000 {
        front.get("/", &[("cookie", &twice)]).await.problem(401);
    }
    let log = front.server.log();
    let lines = log.matches("presents the session cookie twice").count();
    assert!((1..=400).contains(&lines), "{lines} lines");
}

#[tokio::test]
async fn hosts_methods_and_queries_are_taken_as_browsers_and_tools_send_them() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let ours = format!("Cookie: {}\r\nConnection: close\r\n", cookie(&token));
    for line in [
        r"GET /a?user=CORP\ada HTTP/1.1",
        "GET /a?b=^`{|}[] HTTP/1.1",
        "VERSION-CONTROL /a HTTP/1.1",
        "RPC_IN_DATA /a HTTP/1.1",
        "M-SEARCH /a HTTP/1.1",
        "X2! /a HTTP/1.1",
    ] {
        for host in [HOST, "app.example.", "APP.example.:80"] {
            let answer = front
                .raw(format!("{line}\r\nHost: {host}\r\n{ours}\r\n").as_bytes())
                .await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{line} {host}: {answer}");
        }
    }
    let heads = application.heads();
    assert_eq!(heads.len(), 18);
    assert_eq!(heads[0]["target"], "/a?user=CORP%5Cada");
    assert_eq!(heads[3]["target"], "/a?b=%5E%60%7B%7C%7D[]");
    assert_eq!(heads[6]["method"], "VERSION-CONTROL");
}
