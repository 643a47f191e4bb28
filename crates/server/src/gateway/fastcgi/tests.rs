//! The authorizer as a peer sees it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;

use super::check;
use super::connection::{self, Broken};
use super::params::{Param, pack};
use super::record::{HEADER_LENGTH, Header, Kind, write};
use crate::gateway::corpus;
use crate::gateway::site_for_tests::SignedIn;

const CONFIG: &str = "[server]\npublic_url = \"https://app.example\"\n[policy]\nidle = \"5m\"\n\
    [[policy.gates]]\nmatch = { path = \"/admin/**\" }\nmax_age = \"1m\"\n";

struct Peer {
    stream: DuplexStream,
    connection_over: JoinHandle<Result<(), Broken>>,
}

impl Peer {
    fn connect(site: &SignedIn) -> Self {
        let (stream, ours) = duplex(1024);
        let server = site.server.clone();
        let connection_over = tokio::spawn(async move { connection::serve(&server, ours).await });
        Self {
            stream,
            connection_over,
        }
    }

    async fn ask(&mut self, flags: u8, params: &[Param<'_>]) -> String {
        let (mut records, mut packed) = (Vec::new(), Vec::new());
        for param in params {
            pack(&mut packed, *param);
        }
        write(&mut records, Kind::BeginRequest, 1, &[0, 2, flags, 0, 0, 0, 0, 0]);
        write(&mut records, Kind::Params, 1, &packed);
        write(&mut records, Kind::Params, 1, &[]);
        self.stream.write_all(&records).await.expect("the records are taken");
        self.answer().await
    }

    async fn answer(&mut self) -> String {
        let mut text = Vec::new();
        loop {
            let mut header = [0; HEADER_LENGTH];
            self.stream.read_exact(&mut header).await.expect("a record");
            let header = Header::read(header).expect("a record");
            let mut content = vec![0; header.content_length.into()];
            self.stream.read_exact(&mut content).await.expect("its content");
            match header.kind {
                Kind::Stdout => text.extend(content),
                Kind::EndRequest => return String::from_utf8(text).expect("text"),
                other => panic!("{other:?}"),
            }
        }
    }
}

fn request<'a>(uri: &'a str, cookie: &'a str) -> Vec<Param<'a>> {
    vec![
        (b"FCGI_ROLE", b"AUTHORIZER"),
        (b"REQUEST_METHOD", b"GET"),
        (b"REQUEST_URI", uri.as_bytes()),
        (b"HTTP_HOST", b"app.example"),
        (b"HTTP_COOKIE", cookie.as_bytes()),
    ]
}

#[tokio::test]
async fn one_decision_after_the_other_on_a_kept_connection() {
    let site = SignedIn::new(CONFIG, "ada").await;
    let cookie = format!("__Host-nightlatch={}", site.token);
    let mut peer = Peer::connect(&site);
    let allowed = peer.ask(1, &request("/", &cookie)).await;
    assert!(
        allowed.starts_with("Status: 200\r\nVariable-NIGHTLATCH_SUBJECT: ada\r\n"),
        "{allowed}"
    );
    assert!(
        allowed.contains("\r\nVariable-NIGHTLATCH_APPLICATION: bank\r\n"),
        "{allowed}"
    );
    assert!(
        allowed.ends_with(
            "\r\nVariable-NIGHTLATCH_PHASE: active\r\n\
             Variable-NIGHTLATCH_COOKIE: \r\nVariable-NIGHTLATCH_COOKIE_2: \r\nVariable-NIGHTLATCH_COOKIE_3: \r\n\
             Variable-NIGHTLATCH_AUTHORIZATION: \r\nVariable-NIGHTLATCH_AUTHORIZATION_2: \r\n\
             Variable-NIGHTLATCH_AUTHORIZATION_3: \r\n\
             Variable-NIGHTLATCH_USER: ada\r\n\r\n"
        ),
        "{allowed}"
    );

    let nobody = peer.ask(1, &request("/", "")).await;
    assert!(nobody.starts_with("Status: 401\r\n"), "{nobody}");
    assert!(nobody.contains("\r\nnightlatch-reason: none\r\n"), "{nobody}");

    let navigation = [request("/", ""), vec![(b"HTTP_ACCEPT", b"text/html")]].concat();
    let sent_on = peer.ask(1, &navigation).await;
    assert!(sent_on.starts_with("Status: 302\r\n"), "{sent_on}");
    assert!(
        sent_on.contains(
            "\r\nlocation: https://app.example/nightlatch/signed-out?reason=none&return_to=https://app.example/\r\n"
        ),
        "{sent_on}"
    );

    site.advance(90);
    let step_up = peer.ask(1, &request("/x/../admin/users", &cookie)).await;
    assert!(step_up.contains("\r\nwww-authenticate: Bearer error="), "{step_up}");
    site.advance(300);
    let ended = peer.ask(0, &request("/", &cookie)).await;
    assert!(ended.contains("\r\nnightlatch-reason: idle\r\n"), "{ended}");
    assert!(
        matches!(peer.connection_over.await, Ok(Ok(()))),
        "the connection is closed"
    );
}

#[tokio::test]
async fn what_cannot_be_believed_is_refused() {
    let site = SignedIn::new(CONFIG, "ada").await;
    let cookie = format!("__Host-nightlatch={}", site.token);
    let with = |other: Param<'static>| [request("/", &cookie), vec![other]].concat();
    let mut peer = Peer::connect(&site);
    for params in [
        with((b"HTTP_HOST", b"app.example")),
        with((b"REQUEST_URI", b"/")),
        with((b"REQUEST_METHOD", b"GET")),
        request("/a%2fadmin", &cookie),
        request("admin", &cookie),
        vec![],
    ] {
        let refused = peer.ask(1, &params).await;
        assert!(refused.starts_with("Status: 400\r\n"), "{params:?}: {refused}");
    }
    let elsewhere = [&request("/", &cookie)[..3], &[(b"HTTP_HOST", b"evil.example")]].concat();
    let refused = peer.ask(1, &elsewhere).await;
    assert!(refused.starts_with("Status: 403\r\n"), "{refused}");
}

#[tokio::test]
async fn the_clients_own_spellings_of_believed_names_change_nothing() {
    let site = SignedIn::new(CONFIG, "ada").await;
    let mut peer = Peer::connect(&site);
    let forged = [
        request("/", ""),
        vec![
            (b"HTTP_X_FORWARDED_URI", b"/public"),
            (b"HTTP_REQUEST_URI", b"/public"),
            (b"HTTP_NIGHTLATCH_SUBJECT", b"root"),
        ],
    ]
    .concat();
    let refused = peer.ask(1, &forged).await;
    assert!(refused.starts_with("Status: 401\r\n"), "{refused}");
    assert!(!refused.contains("root"), "{refused}");
}

#[tokio::test]
async fn what_is_malformed_closes_the_connection() {
    let site = SignedIn::new(CONFIG, "ada").await;
    for sent in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[1, 6, 0, 1, 0, 0, 0, 0],
        &[1, 1, 0, 1, 0, 1, 0, 0, 0],
    ] {
        let mut peer = Peer::connect(&site);
        peer.stream.write_all(sent).await.expect("taken");
        assert!(
            matches!(peer.connection_over.await, Ok(Err(Broken::Malformed(_)))),
            "{sent:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_or_silent_is_not_waited_for() {
    let site = SignedIn::new(CONFIG, "ada").await;
    for sent in [&b""[..], &[1, 1, 0, 1, 0, 8, 0]] {
        let mut peer = Peer::connect(&site);
        peer.stream.write_all(sent).await.expect("taken");
        assert!(
            matches!(peer.connection_over.await, Ok(Err(Broken::TooSlow(_)))),
            "{sent:?}"
        );
    }
}

#[tokio::test]
async fn the_end_of_the_server_ends_what_waits() {
    let site = SignedIn::new(CONFIG, "ada").await;
    let peer = Peer::connect(&site);
    site.server.shutdown.cancel();
    assert!(matches!(peer.connection_over.await, Ok(Ok(()))));
}

#[test]
fn the_corpus_of_records_holds() {
    corpus::replay("fastcgi", check::check);
}
