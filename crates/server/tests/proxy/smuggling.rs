//! Requests that servers read differently are refused, the connection is closed, and nothing of them arrives.

use crate::application::Application;
use crate::front::{Front, HOST, cookie, raw};

/// Fields and body after the request line, and the status that answers.
#[expect(clippy::too_many_lines, reason = "a table")]
fn corpus() -> Vec<(&'static str, String, &'static str)> {
    let post =
        |fields: &str, body: &str| format!("POST /target HTTP/1.1\r\nHost: {HOST}\r\n{{session}}{fields}\r\n{body}");
    let get = |line: &str, fields: &str| format!("{line}\r\nHost: {HOST}\r\n{{session}}{fields}\r\n");
    let hidden = format!("0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: {HOST}\r\n{{session}}\r\n");
    let bad = "400";
    vec![
        (
            "CL.TE",
            post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", &hidden),
            bad,
        ),
        (
            "TE.CL",
            post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", &hidden),
            bad,
        ),
        (
            "TE.TE",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", &hidden),
            bad,
        ),
        (
            "TE twice",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", &hidden),
            bad,
        ),
        ("TE that is none", post("Transfer-Encoding: xchunked\r\n", &hidden), bad),
        ("TE list", post("Transfer-Encoding: gzip, chunked\r\n", &hidden), bad),
        (
            "TE not last",
            post("Transfer-Encoding: chunked, gzip\r\n", &hidden),
            bad,
        ),
        (
            "TE with a space before the colon",
            post("Transfer-Encoding : chunked\r\n", &hidden),
            bad,
        ),
        (
            "TE with a tab before the colon",
            post("Transfer-Encoding\t: chunked\r\n", &hidden),
            bad,
        ),
        (
            "TE with a vertical tab",
            post("Transfer-Encoding: \u{b}chunked\r\n", &hidden),
            bad,
        ),
        ("TE folded", post("Transfer-Encoding:\r\n chunked\r\n", &hidden), bad),
        (
            "TE indented",
            post("X: y\r\n Transfer-Encoding: chunked\r\n", &hidden),
            bad,
        ),
        (
            "TE with an underscore",
            post("Content-Length: 5\r\nTransfer_Encoding: chunked\r\n", "0\r\n\r\n"),
            bad,
        ),
        (
            "TE after a bare LF",
            post("X: y\nTransfer-Encoding: chunked\r\n", &hidden),
            bad,
        ),
        (
            "TE after a bare CR",
            post("X: y\rTransfer-Encoding: chunked\r\n", &hidden),
            bad,
        ),
        (
            "TE in HTTP/1.0",
            format!("POST /target HTTP/1.0\r\nHost: {HOST}\r\n{{session}}Transfer-Encoding: chunked\r\n\r\n{hidden}"),
            bad,
        ),
        (
            "CL twice",
            post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
            bad,
        ),
        (
            "CL twice, differing",
            post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"),
            bad,
        ),
        ("CL list", post("Content-Length: 5, 5\r\n", "hello"), bad),
        ("CL with a sign", post("Content-Length: +5\r\n", "hello"), bad),
        ("CL below zero", post("Content-Length: -1\r\n", ""), bad),
        ("CL in hexadecimal", post("Content-Length: 0x5\r\n", "hello"), bad),
        ("CL without digits", post("Content-Length: \r\n", ""), bad),
        (
            "CL beyond numbers",
            post("Content-Length: 18446744073709551621\r\n", "hello"),
            bad,
        ),
        ("CL with an underscore", post("Content_Length: 5\r\n", "hello"), bad),
        ("CL with a dot", post("Content.Length: 5\r\n", "hello"), bad),
        ("two hosts", get("GET /target HTTP/1.1", "Host: evil.example\r\n"), bad),
        (
            "the same host twice",
            get("GET /target HTTP/1.1", &format!("Host: {HOST}\r\n")),
            bad,
        ),
        ("no host", "GET /target HTTP/1.1\r\n{session}\r\n".to_owned(), bad),
        (
            "an empty host",
            "GET /target HTTP/1.1\r\nHost:\r\n{session}\r\n".to_owned(),
            bad,
        ),
        (
            "a host with a path",
            format!("GET /target HTTP/1.1\r\nHost: {HOST}/x\r\n{{session}}\r\n"),
            bad,
        ),
        (
            "a host with a user",
            format!("GET /target HTTP/1.1\r\nHost: x@{HOST}\r\n{{session}}\r\n"),
            bad,
        ),
        (
            "another host in the address",
            get("GET http://evil.example/target HTTP/1.1", ""),
            bad,
        ),
        (
            "an address of another scheme",
            get(&format!("GET ftp://{HOST}/target HTTP/1.1"), ""),
            bad,
        ),
        ("no path", get("GET target HTTP/1.1", ""), bad),
        ("a fragment", get("GET /target#x HTTP/1.1", ""), bad),
        ("a space in the path", get("GET /tar get HTTP/1.1", ""), bad),
        ("a tab in the path", get("GET /tar\tget HTTP/1.1", ""), bad),
        ("a NUL in the path", get("GET /tar\0get HTTP/1.1", ""), bad),
        ("a CR in the path", get("GET /tar\rget HTTP/1.1", ""), bad),
        (
            "an escaped CRLF in the path",
            get("GET /a%0d%0aX:%20y HTTP/1.1", ""),
            bad,
        ),
        ("an escaped NUL in the path", get("GET /a%00 HTTP/1.1", ""), bad),
        ("an escaped slash in the path", get("GET /a%2f..%2fb HTTP/1.1", ""), bad),
        ("an escape of an escape", get("GET /%252e%252e/b HTTP/1.1", ""), bad),
        ("a backslash in the path", get("GET /a\\b HTTP/1.1", ""), bad),
        ("two spaces in the request line", get("GET  /target HTTP/1.1", ""), bad),
        ("another version", get("GET /target HTTP/1.9", ""), bad),
        ("HTTP/2 in HTTP/1", get("GET /target HTTP/2.0", ""), bad),
        ("HTTP/0.9", "GET /target\r\n\r\n".to_owned(), bad),
        ("a method in small letters", get("get /target HTTP/1.1", ""), bad),
        (
            "a tunnel",
            format!("CONNECT {HOST}:80 HTTP/1.1\r\nHost: {HOST}:80\r\n{{session}}\r\n"),
            bad,
        ),
        ("a trace", get("TRACE /target HTTP/1.1", "Connection: close\r\n"), "405"),
        ("a field without a name", get("GET /target HTTP/1.1", ": x\r\n"), bad),
        ("a field without a colon", get("GET /target HTTP/1.1", "X\r\n"), bad),
        (
            "a space in a field's name",
            get("GET /target HTTP/1.1", "X y: z\r\n"),
            bad,
        ),
        ("a NUL in a field", get("GET /target HTTP/1.1", "X: a\0b\r\n"), bad),
        ("a folded field", get("GET /target HTTP/1.1", "X: a\r\n b\r\n"), bad),
        ("an empty line first", get("\r\nGET /target HTTP/1.1", ""), bad),
        (
            "a field that is too large",
            get("GET /target HTTP/1.1", &format!("X: {}\r\n", "x".repeat(70_000))),
            "431",
        ),
        (
            "too many fields",
            get("GET /target HTTP/1.1", &"X: y\r\n".repeat(200)),
            "431",
        ),
        (
            "an upgrade with a body",
            post(
                "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n",
                "hello",
            ),
            bad,
        ),
    ]
}

/// Bodies that go wrong after their head was fine: the request has begun to arrive, and never comes to its end.
fn broken_bodies() -> Vec<(&'static str, &'static str)> {
    vec![
        ("a size that is none", "xyz\r\nabc\r\n0\r\n\r\n"),
        ("a size with a sign", "+3\r\nabc\r\n0\r\n\r\n"),
        ("a size with 0x", "0x3\r\nabc\r\n0\r\n\r\n"),
        ("a size beyond numbers", "FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n"),
        ("a bare LF after a size", "3\nabc\r\n0\r\n\r\n"),
        ("a bare LF after data", "3\r\nabc\n0\r\n\r\n"),
        ("more data than the size", "3\r\nabcdef\r\n0\r\n\r\n"),
        ("an extension", "3;x=y\r\nabc\r\n0\r\n\r\n"),
        ("an extension with a bare LF", "3;x\nabc\r\n0\r\n\r\n"),
        ("a trailer without a colon", "3\r\nabc\r\n0\r\nX\r\n\r\n"),
        ("a bare LF at the end", "3\r\nabc\r\n0\r\n\n"),
    ]
}

#[tokio::test]
async fn what_can_be_read_in_several_ways_never_arrives() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let session = format!("Cookie: {}\r\n", cookie(&front.sign_in("ada").await));
    let corpus = corpus();
    assert!(corpus.len() > 50);
    for (what, request, status) in &corpus {
        // The connection is closed, so the request that follows is never answered.
        let follow = format!("GET /follow HTTP/1.1\r\nHost: {HOST}\r\n{session}\r\n");
        let sent = request.replace("{session}", &session) + &follow;
        let answer = front.raw(sent.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {answer:?}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{what}: {answer:?}");
        assert!(application.heads().is_empty(), "{what}: {:?}", application.heads());
    }
    front
        .raw(format!("GET /fine HTTP/1.1\r\nHost: {HOST}\r\n{session}Connection: close\r\n\r\n").as_bytes())
        .await;
    assert_eq!(application.heads().len(), 1, "what is fine arrives");
}

#[tokio::test]
async fn a_body_that_goes_wrong_never_comes_to_its_end() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let session = format!("Cookie: {}\r\n", cookie(&front.sign_in("ada").await));
    for (what, body) in broken_bodies() {
        let sent = format!(
            "POST /target HTTP/1.1\r\nHost: {HOST}\r\n{session}Transfer-Encoding: chunked\r\n\r\n{body}\
             GET /follow HTTP/1.1\r\nHost: {HOST}\r\n{session}\r\n"
        );
        let answer = front.raw(sent.as_bytes()).await;
        assert!(!answer.contains(" 200 "), "{what}: {answer:?}");
        let heads = application.heads();
        assert!(
            heads.iter().all(|head| head["target"] == "/target"),
            "{what}: {heads:?}"
        );
        assert_eq!(application.whole_bodies(), 0, "{what}");
    }
}

#[tokio::test]
async fn pipelined_requests_that_are_fine_are_answered_in_order() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let session = format!("Cookie: {}\r\n", cookie(&front.sign_in("ada").await));
    let sent = format!(
        "POST /1 HTTP/1.1\r\nHost: {HOST}\r\n{session}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n\
         POST /2 HTTP/1.1\r\nHost: {HOST}\r\n{session}Content-Length: 5\r\n\r\nhello\
         GET http://{HOST}/3 HTTP/1.1\r\nHost: {HOST}\r\n{session}Connection: close\r\n\r\n"
    );
    let answer = front.raw(sent.as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200 ").count(), 3, "{answer}");
    let heads = application.heads();
    let targets: Vec<_> = heads
        .iter()
        .map(|head| head["target"].as_str().expect("text"))
        .collect();
    assert_eq!(targets, ["/1", "/2", "/3"]);
    assert_eq!(application.whole_bodies(), 3);
}

#[tokio::test]
async fn a_head_that_never_ends_holds_no_connection() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let second = "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n";
    let began = ["", "GET /", "GET / HTTP/1.1\r\nHost: x\r\nX: ", second].map(|sent| front.raw(sent.as_bytes()));
    let all = futures_util::future::join_all(began);
    let closed = tokio::time::timeout(std::time::Duration::from_secs(20), all).await;
    assert!(closed.is_ok(), "a connection stays open");
}

/// What never becomes a request is refused like any other, on every listener.
#[tokio::test]
async fn what_the_parser_refuses_is_told_as_a_problem() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let authority = |url: &str| url.trim_start_matches("http://").split('/').next().map(str::to_owned);
    let listeners = [
        Some(front.address.clone()),
        authority(&front.server.browser),
        authority(&front.server.management),
    ];
    let many = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n{}\r\n", "X: y\r\n".repeat(500));
    for address in listeners {
        let address = address.expect("an address");
        for (sent, status) in [
            ("nonsense\r\n\r\n", 400),
            ("GET /\u{0} HTTP/1.1\r\n\r\n", 400),
            (&many, 431),
        ] {
            let answer = raw(&address, sent.as_bytes()).await;
            let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
            assert!(head.contains("content-type: application/problem+json"), "{head}");
            let problem: serde_json::Value = serde_json::from_str(body).expect("JSON");
            assert_eq!(problem["status"], status);
        }
    }
}
