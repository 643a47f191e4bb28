//! Web sockets and event streams: they pass, they are no activity, and they end with the session.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::application::Application;
use crate::front::{Front, HOST, cookie};
use crate::upstreams::site;

const ENDS_WITHIN: Duration = Duration::from_secs(2);

#[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
fn now() -> Instant {
    Instant::now()
}

/// Reads up to the end of a body in chunks.
async fn last_chunk(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    while !rest.ends_with(b"0\r\n\r\n") {
        rest.push(stream.read_u8().await.expect("a proper end"));
    }
}

/// Reads up to the end of a body in chunks, or to where it breaks off.
async fn end_or_cut(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    while !rest.ends_with(b"0\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        rest.push(byte);
    }
}

/// Opens something that stays open, and reads up to the end of the answer's head.
async fn open(front: &Front, token: &str, target: &str, fields: &str) -> (TcpStream, String) {
    let mut stream = front.connect().await;
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {}\r\n{fields}\r\n",
        cookie(token)
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("an answer"));
    }
    (stream, String::from_utf8(head).expect("text"))
}

async fn open_socket(front: &Front, token: &str) -> TcpStream {
    let fields = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n";
    let (stream, head) = open(front, token, "/socket", fields).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    stream
}

async fn echoes(socket: &mut TcpStream, sent: &[u8]) {
    socket.write_all(sent).await.expect("sent");
    let mut back = vec![0; sent.len()];
    socket.read_exact(&mut back).await.expect("echoed");
    assert_eq!(back, sent);
}

/// Reads to the end, and says whether that came in time.
async fn ends(stream: &mut TcpStream, within: Duration) -> bool {
    let mut rest = Vec::new();
    timeout(within, stream.read_to_end(&mut rest)).await.is_ok()
}

#[tokio::test]
async fn a_websocket_passes_and_ends_with_the_session() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let mut socket = open_socket(&front, &token).await;
    // What HTTP would refuse is none of its business here.
    echoes(&mut socket, b"\x81\x05hello\0\n\r\r\n\n").await;
    echoes(&mut socket, &vec![b'x'; 100_000]).await;
    assert_eq!(front.metric("proxy_streams").await, 1);
    front.sign_out(&token).await;
    assert!(ends(&mut socket, ENDS_WITHIN).await);
    assert_eq!(front.metric("proxy_streams").await, 0);
}

#[tokio::test]
async fn an_event_stream_passes_and_ends_with_the_session() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let (mut stream, head) = open(&front, &token, "/events", "Accept: text/event-stream\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let mut first = [0; 64];
    assert!(stream.read(&mut first).await.expect("an event") > 0);
    front.sign_out(&token).await;
    let end = timeout(ENDS_WITHIN, last_chunk(&mut stream)).await;
    end.expect("in time");
}

/// What an application may send without an end.
const ENDLESS: [&str; 6] = [
    "/drip?600&content-type=multipart/x-mixed-replace;boundary=x",
    "/drip?600&content-type=application/x-ndjson",
    "/drip?600&content-type=application/json",
    "/drip?600&content-type=text/plain",
    "/drip?600&content-type=application/grpc-web%2Bproto",
    "/drip?600",
];

#[tokio::test]
async fn what_has_no_end_holds_nothing_and_ends_with_the_session() {
    let application = Application::start().await;
    let policy = "[policy]\nidle = \"3s\"\nwarn_before = \"1s\"\n";
    let front = Front::of(&application, policy);
    let cut = async |target: &'static str| {
        let token = front.sign_in("ada").await;
        let (mut stream, head) = open(&front, &token, target, "").await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{target}: {head}");
        let began = now();
        let ended = timeout(Duration::from_secs(15), end_or_cut(&mut stream)).await;
        ended.unwrap_or_else(|_| panic!("{target} goes on"));
        let lasted = now() - began;
        assert!(lasted < Duration::from_secs(3) + ENDS_WITHIN, "{target}: {lasted:?}");
        assert_eq!(front.session(&token).await.json()["reason"], "idle", "{target}");
    };
    futures_util::future::join_all(ENDLESS.map(cut)).await;
}

#[tokio::test]
async fn what_has_an_end_is_cut_by_whoever_ends_the_session_and_not_by_a_limit() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let (leaving, revoked) = (front.sign_in("ada").await, front.sign_in("bob").await);
    let (mut kept, _) = open(&front, &leaving, "/drip?40&length", "").await;
    let (mut cut, _) = open(&front, &revoked, "/drip?600&length", "").await;
    front.sign_out(&leaving).await;
    front.end(&revoked).await;
    let began = now();
    assert!(ends(&mut cut, Duration::from_secs(15)).await, "it goes on");
    assert!(now() - began < Duration::from_secs(1) + ENDS_WITHIN);
    let mut body = vec![0; 4000];
    kept.read_exact(&mut body).await.expect("all of it");
}

#[tokio::test]
async fn what_waits_for_an_answer_gets_none_after_the_end() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let waiting = front.get_as(&token, "/never", &[]);
    let leaving = async {
        while application.heads().is_empty() {
            tokio::task::yield_now().await;
        }
        front.sign_out(&token).await;
    };
    let (answer, ()) = tokio::join!(timeout(Duration::from_secs(10), waiting), leaving);
    let answer = answer.expect("it waits on");
    answer.problem(401);
    assert_eq!(answer.json()["reason"], "user");
}

#[tokio::test]
async fn neither_is_activity_and_both_end_at_the_idle_limit() {
    let application = Application::start().await;
    let front = Front::of(&application, "[policy]\nidle = \"3s\"\nwarn_before = \"1s\"\n");
    let token = front.sign_in("ada").await;
    let began = now();
    let mut socket = open_socket(&front, &token).await;
    let (mut stream, _) = open(&front, &token, "/events", "").await;
    // The request for the stream was the last activity: it does not say what it is.
    let last_activity = now();
    // Whichever is closed first, talking on does not help.
    let talking = async {
        while socket.write_all(b"still here").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await; // tidy: sleeps because talk that goes on is what is tested
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = last_chunk(&mut stream) => {}
        () = talking => {}
        () = tokio::time::sleep(Duration::from_secs(10)) => panic!("the stream goes on"), // tidy: sleeps because a bound is needed
    }
    let idle = Duration::from_secs(3);
    assert!(now() - began >= idle, "it ended early");
    assert!(now() - last_activity < idle + ENDS_WITHIN, "it ended late");
    assert!(ends(&mut socket, ENDS_WITHIN).await);
    assert_eq!(front.session(&token).await.json()["reason"], "idle");
}

#[tokio::test]
async fn a_lock_closes_them_as_an_end_does() {
    let application = Application::start().await;
    let front = Front::of(
        &application,
        "[policy]\nidle = \"2s\"\nwarn_before = \"500ms\"\non_idle = \"lock\"\n",
    );
    let token = front.sign_in("ada").await;
    let mut socket = open_socket(&front, &token).await;
    assert!(ends(&mut socket, Duration::from_secs(2) + ENDS_WITHIN).await);
    assert_eq!(front.session(&token).await.ok(200)["phase"], "locked");
    front.get_as(&token, "/", &[]).await.problem(401);
}

#[tokio::test]
async fn without_a_session_neither_opens() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\n";
    for (target, fields) in [("/socket", upgrade), ("/events", "")] {
        let (_, head) = open(&front, "none", target, fields).await;
        assert!(head.starts_with("HTTP/1.1 401 "), "{head}");
    }
    assert!(application.heads().is_empty());
}

#[tokio::test]
async fn no_other_protocol_is_spoken_on() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let smuggled = format!(
        "GET /first HTTP/1.1\r\nHost: {HOST}\r\nCookie: {}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
         HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\nGET /second HTTP/1.1\r\nHost: {HOST}\r\n\r\n",
        cookie(&token)
    );
    let answer = front.raw(smuggled.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let heads = application.heads();
    assert_eq!((heads.len(), &heads[0]["target"]), (1, &"/first".into()), "{answer}");
    assert!(crate::front::got(&heads[0], "upgrade").is_empty());
}

#[tokio::test]
async fn above_the_limit_connections_wait_until_one_is_gone() {
    let application = Application::start().await;
    let front = Front::with(&site(&[application.url()], "connection_limit = 1\n"));
    let token = front.sign_in("ada").await;
    let mut socket = open_socket(&front, &token).await;
    echoes(&mut socket, b"here").await;
    let mut waiting = std::pin::pin!(front.get_as(&token, "/", &[]));
    let early = timeout(Duration::from_millis(300), &mut waiting).await;
    assert!(early.is_err(), "a WebSocket counts as long as it is open");
    drop(socket);
    waiting.await.ok(200);
}
