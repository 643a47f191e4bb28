//! HTTP/2 frame by frame, as no well-meant client sends it: what it can carry and HTTP/1.1 cannot never arrives there, and
//! floods drown nobody else.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::application::Application;
use crate::front::{Front, HOST, cookie};

const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// `:status: 200` in the static table (RFC 7541 appendix A).
const OK: u8 = 0x88;

type Fields<'a> = Vec<(&'a str, &'a str)>;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Names and values as they are, without a table and without compression.
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).ok().filter(|length| *length < 127);
        let mut bytes = vec![length.expect("a short text")];
        bytes.extend(text.as_bytes());
        bytes
    };
    let field = |(name, value): &(&str, &str)| [vec![0], text(name), text(value)].concat();
    fields.iter().flat_map(field).collect()
}

/// A page, for the person with this cookie.
fn page(cookie: &str) -> Fields<'_> {
    vec![
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", HOST),
        (":path", "/page"),
        ("cookie", cookie),
    ]
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// With the first byte of its head.
    Answered(u8),
    Reset,
    Closed,
}

struct Client(TcpStream);

impl Client {
    async fn connect(front: &Front) -> Self {
        let mut client = Self(front.connect().await);
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        client.send(&frame(SETTINGS, 0, 0, &[])).await;
        client
    }

    /// False once the server has had enough.
    async fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).await.is_ok()
    }

    /// What becomes of the stream that was opened.
    async fn outcome(&mut self) -> Outcome {
        loop {
            let mut head = [0; 9];
            if self.0.read_exact(&mut head).await.is_err() {
                return Outcome::Closed;
            }
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            if self.0.read_exact(&mut payload).await.is_err() {
                return Outcome::Closed;
            }
            match head[3] {
                HEADERS => return Outcome::Answered(payload[0]),
                RST_STREAM => return Outcome::Reset,
                GOAWAY => return Outcome::Closed,
                _ => {}
            }
        }
    }
}

async fn asked(front: &Front, fields: &[(&str, &str)], body: Option<&[u8]>) -> Outcome {
    let mut client = Client::connect(front).await;
    let end = if body.is_none() { END_STREAM } else { 0 };
    client.send(&frame(HEADERS, END_HEADERS | end, 1, &block(fields))).await;
    if let Some(body) = body {
        client.send(&frame(DATA, END_STREAM, 1, body)).await;
    }
    timeout(Duration::from_secs(20), client.outcome())
        .await
        .expect("a server that says something")
}

fn with<'a>(mut fields: Fields<'a>, more: &[(&'a str, &'a str)]) -> Fields<'a> {
    fields.extend(more);
    fields
}

fn replaced<'a>(mut fields: Fields<'a>, name: &str, value: &'a str) -> Fields<'a> {
    for field in &mut fields {
        if field.0 == name {
            field.1 = value;
        }
    }
    fields
}

fn without<'a>(mut fields: Fields<'a>, name: &str) -> Fields<'a> {
    fields.retain(|field| field.0 != name);
    fields
}

/// What HTTP/1.1 would read as something else, or has no way to say.
fn corpus(cookie: &str) -> Vec<(&'static str, Fields<'_>)> {
    let page = || page(cookie);
    let mut late = page();
    late.swap(3, 4);
    vec![
        ("a transfer coding", with(page(), &[("transfer-encoding", "chunked")])),
        ("a connection option", with(page(), &[("connection", "x")])),
        ("another protocol", with(page(), &[("upgrade", "websocket")])),
        ("a coding that is not trailers", with(page(), &[("te", "gzip")])),
        ("a name in upper case", with(page(), &[("X-Upper", "1")])),
        (
            "a line end in a value",
            with(page(), &[("x", "a\r\nnightlatch-subject: root")]),
        ),
        ("a bare line feed in a value", with(page(), &[("x", "a\nb")])),
        ("NUL in a value", with(page(), &[("x", "a\0b")])),
        ("a line end in a name", with(page(), &[("x\r\ny", "1")])),
        ("a colon in a name", with(page(), &[("x:y", "1")])),
        ("a space in a name", with(page(), &[("x y", "1")])),
        ("no name", with(page(), &[("", "1")])),
        (
            "a request line in the path",
            replaced(page(), ":path", "/a HTTP/1.1\r\nX: y"),
        ),
        ("a space in the path", replaced(page(), ":path", "/a b")),
        ("a path that is none", replaced(page(), ":path", "page")),
        ("an empty path", replaced(page(), ":path", "")),
        (
            "an address for a path",
            replaced(page(), ":path", "http://evil.example/"),
        ),
        (
            "a request line in the method",
            replaced(page(), ":method", "GET / HTTP/1.1\r\nX:"),
        ),
        ("a method in lower case", replaced(page(), ":method", "get")),
        ("an empty method", replaced(page(), ":method", "")),
        ("CONNECT", replaced(page(), ":method", "CONNECT")),
        ("TRACE", replaced(page(), ":method", "TRACE")),
        ("two methods", with(vec![(":method", "POST")], &page())),
        ("two paths", with(vec![(":path", "/other")], &page())),
        ("two authorities", with(vec![(":authority", "evil.example")], &page())),
        ("a pseudo header behind the others", late),
        ("a pseudo header nobody knows", with(vec![(":x", "1")], &page())),
        ("the status of an answer", with(vec![(":status", "200")], &page())),
        ("no method", without(page(), ":method")),
        ("no path", without(page(), ":path")),
        ("no host at all", without(page(), ":authority")),
        ("another host", with(page(), &[("host", "evil.example")])),
        ("two hosts", with(page(), &[("host", HOST), ("host", HOST)])),
        (
            "somebody before the host",
            replaced(page(), ":authority", "app.example@evil.example"),
        ),
        (
            "a path behind the host",
            replaced(page(), ":authority", "app.example/x"),
        ),
        (
            "a line end in the host",
            replaced(page(), ":authority", "app.example\r\nX: y"),
        ),
        ("a scheme that is none", replaced(page(), ":scheme", "a b")),
        ("a length and no body", with(page(), &[("content-length", "5")])),
        ("a length that is none", with(page(), &[("content-length", "+0")])),
        (
            "two lengths",
            with(page(), &[("content-length", "0"), ("content-length", "5")]),
        ),
    ]
}

#[tokio::test]
async fn what_only_http_2_can_carry_never_arrives() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let cookie = cookie(&front.sign_in("ada").await);
    for (what, fields) in corpus(&cookie) {
        let outcome = asked(&front, &fields, None).await;
        assert_ne!(outcome, Outcome::Answered(OK), "{what}");
        assert!(application.heads().is_empty(), "{what}: {:?}", application.heads());
    }
    // What is fine arrives. A fragment is cut off before anybody here reads the path.
    let fragment = replaced(page(&cookie), ":path", "/a#b");
    for fields in [page(&cookie), fragment] {
        assert_eq!(asked(&front, &fields, None).await, Outcome::Answered(OK));
    }
    let heads = application.heads();
    let targets: Vec<_> = heads.iter().map(|head| &head["target"]).collect();
    assert_eq!(targets, ["/page", "/a"]);
}

type Few = &'static [(&'static str, &'static str)];

/// Methods, targets and fields, and whether they may pass. HTTP/2 is held to the same letter as HTTP/1.
const HEADS: [(&str, &str, Few, bool); 31] = [
    ("GET", "/page", &[], true),
    ("GET", "/page", &[("x", "1"), ("x", "2"), ("x_y", "3")], true),
    ("GET", "/a?user=CORP\\ada", &[], true),
    ("GET", "/a?b=^`{|}", &[], true),
    ("VERSION-CONTROL", "/a", &[], true),
    ("RPC_IN_DATA", "/a", &[], true),
    ("M-SEARCH", "/a", &[], true),
    ("GET", "/page", &[("content-length", "0")], true),
    ("GET", "/page", &[("content_length", "0")], false),
    ("GET", "/page", &[("content.length", "0")], false),
    ("GET", "/page", &[("content+length", "0")], false),
    ("GET", "/page", &[("content~length", "0")], false),
    (
        "GET",
        "/page",
        &[("content-length", "0"), ("content-length", "0")],
        false,
    ),
    (
        "GET",
        "/page",
        &[("content-length", "0"), ("content_length", "5")],
        false,
    ),
    ("GET", "/page", &[("content-length", "0, 0")], false),
    ("GET", "/page", &[("content-length", "+0")], false),
    ("GET", "/page", &[("content-length", "")], false),
    ("GET", "/page", &[("content-length", "0x0")], false),
    ("GET", "/page", &[("content-length", "99999999999999999999")], false),
    ("GET", "/page", &[("transfer-encoding", "identity")], false),
    ("GET", "/page", &[("transfer_encoding", "chunked")], false),
    ("GET", "/page", &[("transfer.encoding", "chunked")], false),
    ("GET", "/page", &[("transfer|encoding", "chunked")], false),
    (
        "GET",
        "/page",
        &[("transfer-encoding", "chunked"), ("content-length", "0")],
        false,
    ),
    ("GET", "/page", &[("host", "evil.example")], false),
    ("GET", "/page", &[("x y", "1")], false),
    ("GET", "/page", &[("x", "a\0b")], false),
    ("get", "/page", &[], false),
    ("GET", "/a%2fb", &[], false),
    ("GET", "/a\\b", &[], false),
    ("GET", "/%252e%252e/b", &[], false),
];

#[tokio::test]
async fn both_versions_are_held_to_the_same_letter() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let cookie = cookie(&front.sign_in("ada").await);
    for (method, target, fields, passes) in HEADS {
        let head = replaced(replaced(page(&cookie), ":method", method), ":path", target);
        let outcome = asked(&front, &with(head, fields), None).await;
        let lines = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let lines = lines.collect::<Vec<_>>().concat();
        let first = front
            .raw(
                format!(
                    "{method} {target} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\nConnection: close\r\n{lines}\r\n"
                )
                .as_bytes(),
            )
            .await;
        let what = format!("{method} {target} {fields:?}");
        assert_eq!(first.starts_with("HTTP/1.1 200 "), passes, "HTTP/1.1: {what}: {first}");
        assert_eq!(outcome == Outcome::Answered(OK), passes, "HTTP/2: {what}: {outcome:?}");
    }
    assert_eq!(
        application.heads().len(),
        2 * HEADS.iter().filter(|head| head.3).count()
    );
}

#[tokio::test]
async fn a_body_of_another_length_never_comes_to_its_end() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let cookie = cookie(&front.sign_in("ada").await);
    // Not a page, which the application answers without a look at the body.
    let upload = replaced(replaced(page(&cookie), ":method", "POST"), ":path", "/upload");
    for length in ["3", "7"] {
        let fields = with(upload.clone(), &[("content-length", length)]);
        let outcome = asked(&front, &fields, Some(b"hello")).await;
        assert_ne!(outcome, Outcome::Answered(OK), "{length}");
        assert_eq!(application.whole_bodies(), 0, "{length}");
    }
    let fields = with(upload, &[("content-length", "5")]);
    assert_eq!(asked(&front, &fields, Some(b"hello")).await, Outcome::Answered(OK));
}

#[tokio::test]
async fn a_head_without_end_is_not_collected() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let mut client = Client::connect(&front).await;
    client.send(&frame(HEADERS, END_STREAM, 1, &block(&page("a=b")))).await;
    let more = frame(CONTINUATION, 0, 1, &block(&vec![("x", "0123456789abcdef"); 500]));
    let mut sent = 0;
    while sent < 1000 && client.send(&more).await {
        sent += 1;
    }
    assert!(sent < 1000, "{sent} pieces of a head were taken");
}

#[tokio::test]
async fn floods_keep_nobody_else_waiting() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let cookie = cookie(&token);
    let head = block(&page(&cookie));
    let opened_and_reset = (0..20_000).flat_map(|stream| {
        let stream = 2 * stream + 1;
        let reset = frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes());
        [frame(HEADERS, END_HEADERS | END_STREAM, stream, &head), reset].concat()
    });
    for (what, flood) in [
        ("streams that are reset", opened_and_reset.collect::<Vec<_>>()),
        ("pings", frame(PING, 0, 0, &[0; 8]).repeat(200_000)),
        (
            "settings",
            frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0xff, 0xff]).repeat(200_000),
        ),
        ("empty pieces", frame(DATA, 0, 1, &[]).repeat(200_000)),
    ] {
        let mut client = Client::connect(&front).await;
        let flooding = tokio::spawn(async move { client.send(&flood).await });
        for _ in 0..20 {
            let answer = timeout(Duration::from_secs(10), front.get_as(&token, "/", &[])).await;
            answer.unwrap_or_else(|_| panic!("{what}")).ok(200);
        }
        flooding.abort();
    }
}
