//! nightlatch stopped, stuck, and back again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::nightlatch::Nightlatch;
use crate::proxy::Proxy;

const RECOVERS_AFTER: usize = 20;

/// A request of a page.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    target: &'a str,
    cookie: &'a str,
    within: Duration,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    text: String,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(target: &'a str) -> Self {
        Self {
            target,
            cookie: "",
            within: Duration::from_secs(5),
        }
    }
}

impl Answer {
    fn is_echo(&self) -> bool {
        self.text.to_ascii_lowercase().contains("\r\nnightlatch-echo:")
    }
}

/// None: nobody answers.
pub(crate) fn ask(nightlatch: &Nightlatch, asked: &Asked<'_>) -> Option<Answer> {
    let gateway = nightlatch.gateway;
    let mut stream = TcpStream::connect(("127.0.0.1", gateway)).ok()?;
    stream.set_read_timeout(Some(asked.within)).ok()?;
    let Asked { target, cookie, .. } = asked;
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{gateway}\r\nAccept: text/html\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut told = Vec::new();
    // Whoever says nothing more has said what there is.
    let _ = stream.read_to_end(&mut told);
    let text = String::from_utf8_lossy(&told).into_owned();
    let status = text.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, text })
}

pub(crate) fn nothing_passes_while_nightlatch_is_away(nightlatch: &mut Nightlatch, proxy: &Proxy) {
    let cookie = sign_in(nightlatch);
    let page = Asked {
        cookie: &cookie,
        within: proxy.waits,
        ..Asked::new("/page")
    };
    let passes =
        |nightlatch: &Nightlatch| ask(nightlatch, &page).is_some_and(|answer| answer.status == 200 && answer.is_echo());
    assert!(passes(nightlatch), "{}: a session passes", proxy.name);

    nightlatch.hold();
    is_unavailable(nightlatch, proxy, &page, "stuck");
    nightlatch.let_go();
    assert!(
        (0..RECOVERS_AFTER).any(|_| passes(nightlatch)),
        "{}: back after it was stuck",
        proxy.name
    );

    nightlatch.stop();
    for target in ["/page", "/", "/admin", "/nightlatch/session", "/page?x=y"] {
        let asked = Asked { target, ..page.clone() };
        is_unavailable(nightlatch, proxy, &asked, "stopped");
    }
    nightlatch.launch();
    assert!(
        (0..RECOVERS_AFTER).any(|_| passes(nightlatch)),
        "{}: back after it was stopped",
        proxy.name
    );
}

fn is_unavailable(nightlatch: &Nightlatch, proxy: &Proxy, asked: &Asked<'_>, how: &str) {
    let answer = ask(nightlatch, asked).unwrap_or_else(|| panic!("{} says nothing to {asked:?}", proxy.name));
    let name = proxy.name;
    assert!(
        !answer.is_echo(),
        "{name}: {} passes while nightlatch is {how}: {answer:?}",
        asked.target
    );
    let denied = proxy.away.contains(&answer.status);
    assert!(denied, "{name}, {how}, {}: {answer:?}", asked.target);
    let readable = answer.text.contains("try again in a moment");
    assert_eq!(readable, proxy.has_page, "{name}, {how}, {}: {answer:?}", asked.target);
}

/// Name and value of the cookie of a new session.
fn sign_in(nightlatch: &Nightlatch) -> String {
    let management = nightlatch.management;
    let mut stream = TcpStream::connect(("127.0.0.1", management)).expect("the management listener");
    let body = r#"{"subject": "ada", "application": "wiki"}"#;
    let key = &nightlatch.key;
    let length = body.len();
    let request = format!(
        "POST /api/v1/sessions HTTP/1.1\r\nHost: 127.0.0.1:{management}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut told = String::new();
    stream.read_to_string(&mut told).expect("an answer");
    let cookie = told
        .split("\"set_cookie\":\"")
        .nth(1)
        .and_then(|rest| rest.split(';').next());
    cookie.unwrap_or_else(|| panic!("no cookie: {told}")).to_owned()
}
