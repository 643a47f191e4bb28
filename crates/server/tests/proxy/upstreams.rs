//! Several upstreams, and none: who is asked, how often, and what people are told.

use axum::http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::application::Application;
use crate::front::{Front, HOST, PAGE, cookie};

/// An address where nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// A proxy with these upstreams, and more keys of its own.
pub(crate) fn site(upstreams: &[String], more: &str) -> String {
    format!("[proxy]\nlisten = \"127.0.0.1:0\"\n{more}[[sites]]\nhost = \"{HOST}\"\nupstream = {upstreams:?}\n")
}

#[tokio::test]
async fn an_upstream_that_is_down_is_passed_over_with_any_request() {
    let application = Application::start().await;
    let front = Front::with(&site(&[nobody().await, application.url()], ""));
    let token = front.sign_in("ada").await;
    let cookie = cookie(&token);
    for round in 0..6 {
        front.get_as(&token, "/", &[]).await.ok(200);
        // Nothing of it was sent, so a body is no obstacle.
        let told = front
            .send(Method::POST, "/", &[("cookie", &cookie)], "hello")
            .await
            .ok(200);
        assert_eq!(told["body"], 5, "{round}");
    }
    assert_eq!(application.heads().len(), 12, "each arrives once");
    let failures = front
        .metric("proxy_upstream_failures_total{kind=\"unreachable\"}")
        .await;
    assert!((1..=2).contains(&failures), "it is left out for a while: {failures}");
}

#[tokio::test]
async fn upstreams_share_the_requests() {
    let (one, other) = (Application::start().await, Application::start().await);
    let front = Front::with(&site(&[one.url(), other.url()], ""));
    let token = front.sign_in("ada").await;
    for _ in 0..10 {
        front.get_as(&token, "/", &[]).await.ok(200);
    }
    assert_eq!((one.heads().len(), other.heads().len()), (5, 5));
}

#[tokio::test]
async fn people_are_told_when_no_upstream_is_there() {
    let front = Front::with(&site(&[nobody().await], ""));
    let token = front.sign_in("ada").await;
    let answer = front.get_as(&token, "/", &[]).await;
    answer.problem(502);
    assert_eq!(answer.header("retry-after"), "5");
    let page = front.get_as(&token, "/", &PAGE).await;
    assert_eq!(
        (page.status.as_u16(), page.header("content-type")),
        (502, "text/html; charset=utf-8")
    );
    assert!(page.text().contains("The application is not there") && page.text().contains("Try again"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
}

#[tokio::test]
async fn an_application_that_says_nothing_is_not_waited_for_and_not_asked_again() {
    let application = Application::start().await;
    let front = Front::with(&site(&[application.url()], "response_timeout = \"300ms\"\n"));
    let token = front.sign_in("ada").await;
    front.get_as(&token, "/never", &[]).await.problem(504);
    let page = front.get_as(&token, "/never", &PAGE).await;
    assert!(page.status == 504 && page.text().contains("takes too long"));
    assert_eq!(application.heads().len(), 2);
}

/// Takes connections, reads a request from each, and breaks off.
async fn breaks_off() -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut some = [0; 1024];
            if stream.read(&mut some).await.is_ok_and(|bytes| bytes > 0) {
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
        }
    });
    (url, asked)
}

#[tokio::test]
async fn what_may_have_arrived_is_sent_again_only_where_that_makes_no_difference() {
    let application = Application::start().await;
    let (broken, asked) = breaks_off().await;
    let front = Front::with(&site(&[broken], ""));
    let token = front.sign_in("ada").await;
    let cookie = cookie(&token);
    let headers = [("cookie", &*cookie)];
    front.send(Method::POST, "/", &headers, "hello").await.problem(502);
    front.send(Method::DELETE, "/", &headers, "").await.problem(502);
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 2);
    let (broken, asked) = breaks_off().await;
    let front = Front::with(&site(&[broken, application.url()], ""));
    let token = front.sign_in("ada").await;
    for _ in 0..4 {
        front.get_as(&token, "/", &[]).await.ok(200);
    }
    assert!(asked.load(std::sync::atomic::Ordering::SeqCst) > 0);
    assert_eq!(application.heads().len(), 4);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let application = Application::start().await;
    let front = Front::with(&site(&[application.url()], "body_limit = 1000\n"));
    let token = front.sign_in("ada").await;
    let cookie = cookie(&token);
    let headers = [("cookie", &*cookie)];
    front.send(Method::POST, "/", &headers, vec![b'x'; 1000]).await.ok(200);
    front
        .send(Method::POST, "/", &headers, vec![b'x'; 1001])
        .await
        .problem(413);
    let mut stream = front.connect().await;
    let head = format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let body = format!("400\r\n{}\r\n0\r\n\r\n", "x".repeat(1024));
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .await
        .expect("sent");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 413");
    assert_eq!(application.whole_bodies(), 1);
}
