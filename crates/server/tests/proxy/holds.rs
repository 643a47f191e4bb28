//! Bytes are activity while they flow.

use std::time::Duration;

use axum::http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::application::Application;
use crate::front::{Front, HOST, cookie};

const IDLE: Duration = Duration::from_secs(2);
const POLICY: &str = "[policy]\nidle = \"2s\"\nwarn_before = \"500ms\"\n";

#[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
fn now() -> Instant {
    Instant::now()
}

/// Begins to upload a body of this length.
async fn begin(front: &Front, token: &str, length: usize) -> TcpStream {
    let mut stream = front.connect().await;
    let head = format!(
        "POST /upload HTTP/1.1\r\nHost: {HOST}\r\nCookie: {}\r\nContent-Length: {length}\r\n\r\n",
        cookie(token)
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

async fn send_slowly(stream: &mut TcpStream, pieces: usize) {
    for _ in 0..pieces {
        stream.write_all(&[b'x'; 100]).await.expect("sent");
        tokio::time::sleep(Duration::from_millis(100)).await; // tidy: sleeps because a slow body is what is tested
    }
}

/// Waits until the session is over, and says how long that took.
async fn until_ended(front: &Front, token: &str) -> Duration {
    let began = now();
    let url = format!("{}events", front.server.browser);
    let request = front
        .server
        .browser
        .trim_start_matches("http://")
        .split('/')
        .next()
        .expect("an address")
        .to_owned();
    let mut stream = TcpStream::connect(request).await.expect("a connection");
    let path = url.splitn(4, '/').last().expect("a path").to_owned();
    let head = format!("GET /{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut seen = Vec::new();
    let read = timeout(Duration::from_secs(20), async {
        while !seen.windows(12).any(|part| part == b"event: ended")
            && !seen.windows(12).any(|part| part == b"HTTP/1.1 401")
        {
            seen.push(stream.read_u8().await.expect("events"));
        }
    });
    read.await.expect("the session ends");
    now() - began
}

#[tokio::test]
async fn an_upload_holds_the_session_while_it_flows() {
    let application = Application::start().await;
    let front = Front::of(&application, POLICY);
    let token = front.sign_in("ada").await;
    // Three idle periods.
    let mut stream = begin(&front, &token, 6000).await;
    send_slowly(&mut stream, 60).await;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200");
    assert_eq!(application.whole_bodies(), 1);
    let lasted = until_ended(&front, &token).await;
    assert!(lasted > IDLE / 2, "it ended with the upload: {lasted:?}");
    assert!(lasted < IDLE * 2, "the upload held it for too long: {lasted:?}");
}

#[tokio::test]
async fn a_download_holds_the_session_while_it_flows() {
    let application = Application::start().await;
    let front = Front::of(&application, POLICY);
    let token = front.sign_in("ada").await;
    let download = front.get_as(&token, "/drip?60&length", &[]).await;
    assert_eq!((download.status.as_u16(), download.body.len()), (200, 6000));
    assert!(front.idle_remaining(&token).await > 0);
    let lasted = until_ended(&front, &token).await;
    assert!(lasted > IDLE / 2 && lasted < IDLE * 2, "{lasted:?}");
}

#[tokio::test]
async fn a_file_to_be_saved_is_a_download_whatever_its_length() {
    let application = Application::start().await;
    let front = Front::of(&application, POLICY);
    let token = front.sign_in("ada").await;
    let download = front
        .get_as(&token, "/drip?40&content-disposition=attachment", &[])
        .await;
    assert_eq!((download.status.as_u16(), download.body.len()), (200, 4000));
    assert!(front.idle_remaining(&token).await > 0);
}

/// Sends a file in requests of a moment each, for three idle periods. True if the session lasts.
async fn survives_parts(front: &Front, fields: &[(&str, &str)]) -> bool {
    let token = front.sign_in("ada").await;
    let cookie = cookie(&token);
    let mut all = vec![("cookie", &*cookie), ("sec-fetch-mode", "cors")];
    all.extend(fields);
    for _ in 0..20 {
        if front.send(Method::PUT, "/part", &all, vec![b'x'; 5000]).await.status != 200 {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(300)).await; // tidy: sleeps because requests that follow each other are what is tested
    }
    let lasted = until_ended(front, &token).await;
    assert!(
        lasted < Duration::from_secs(5) + IDLE * 2,
        "the last part held it for too long: {lasted:?}"
    );
    true
}

#[tokio::test]
async fn an_upload_in_parts_holds_as_a_single_one_does() {
    let application = Application::start().await;
    let front = Front::of(
        &application,
        &format!("{POLICY}activity = [\"navigation\", \"input\"]\n"),
    );
    let (file, call) = (
        [("content-type", "application/octet-stream")],
        [("content-type", "application/json")],
    );
    let part = [("content-type", "text/plain"), ("content-range", "bytes 0-4999/100000")];
    let (file, part, call) = tokio::join!(
        survives_parts(&front, &file),
        survives_parts(&front, &part),
        survives_parts(&front, &call),
    );
    assert!(file && part, "parts of a file are an upload");
    assert!(!call, "calls of a page are none");
}

#[tokio::test]
async fn what_nobody_need_be_there_for_holds_nothing() {
    let application = Application::start().await;
    let front = Front::of(&application, POLICY);
    let token = front.sign_in("ada").await;
    let passive = [("nightlatch-activity", "passive")];
    let began = now();
    let (download, ended) = tokio::join!(
        front.get_as(&token, "/drip?60&length", &passive),
        until_ended(&front, &token)
    );
    assert!(ended < IDLE + Duration::from_secs(2), "{ended:?}");
    // What has an end of its own comes to it.
    assert_eq!((download.status.as_u16(), download.body.len()), (200, 6000));
    assert!(now() - began > IDLE * 2);
    assert_eq!(front.get_as(&token, "/", &[]).await.status, 401);
}

#[tokio::test]
async fn a_stalled_upload_lets_the_session_go_and_is_not_cut() {
    let application = Application::start().await;
    let front = Front::of(&application, POLICY);
    let token = front.sign_in("ada").await;
    let mut stream = begin(&front, &token, 3100).await;
    send_slowly(&mut stream, 30).await;
    // Five seconds until it counts as stalled, and the idle limit after that.
    let lasted = until_ended(&front, &token).await;
    assert!(lasted < Duration::from_secs(5) + IDLE * 2, "{lasted:?}");
    assert_eq!(front.get_as(&token, "/", &[]).await.status, 401);
    stream.write_all(&[b'x'; 100]).await.expect("sent");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200", "what was allowed comes to its end");
}

#[tokio::test]
async fn no_body_holds_a_session_past_hold_max() {
    let application = Application::start().await;
    let front = Front::of(&application, &format!("{POLICY}hold_max = \"3s\"\n"));
    let token = front.sign_in("ada").await;
    let (download, ended) = tokio::join!(
        front.get_as(&token, "/drip?120&length", &[]),
        until_ended(&front, &token)
    );
    assert!(ended < Duration::from_secs(3) + IDLE * 2, "{ended:?}");
    // Longer than a head may take, too.
    assert_eq!(download.body.len(), 12_000);
}

#[tokio::test]
async fn memory_does_not_grow_with_a_body() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let resident = || {
        let id = front.server.process.as_ref().expect("it runs").id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("the process");
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .expect("a number");
        line.split_whitespace()
            .nth(1)
            .and_then(|kilobytes| kilobytes.parse::<usize>().ok())
            .expect("a number")
    };
    let cookie = cookie(&token);
    let headers = [("cookie", &*cookie)];
    front
        .send(Method::POST, "/upload", &headers, vec![b'x'; 1 << 20])
        .await
        .ok(200);
    let before = resident();
    let told = front
        .send(Method::POST, "/upload", &headers, vec![b'x'; 64 << 20])
        .await
        .ok(200);
    assert_eq!(told["body"], 64 << 20);
    let grown = resident() - before;
    assert!(grown < 16 << 10, "{grown} kB more for 64 MB");
}
