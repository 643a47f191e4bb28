//! As much of a browser as the tests need: cookies, forms, and the headers that browsers add.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::protection;

/// No answer and no event takes so long.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const SAME_ORIGIN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

#[derive(Clone, Debug)]
pub(crate) struct Browser {
    address: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn all<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a hidden field of the page.
    #[track_caller]
    pub(crate) fn field(&self, name: &str) -> String {
        let (_, rest) = self
            .body
            .split_once(&format!("name=\"{name}\" value=\""))
            .expect("the field");
        rest.split('"').next().expect("its value").replace("&#38;", "&")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Browser {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            cookies: BTreeMap::new(),
        }
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    pub(crate) fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, "")
    }

    /// Sends a form of one of the bank's own pages.
    pub(crate) fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_form_with(path, fields, &[SAME_ORIGIN])
    }

    pub(crate) fn post_form_with(&mut self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        self.send("POST", path, &[headers, &[FORM]].concat(), &encoded(fields))
    }

    /// Opens the sign-in page and chooses a person.
    pub(crate) fn sign_in(&mut self, person: &str, next: &str) -> Answer {
        let page = self.get("/demo/sign-in");
        let form_token = page.field("form_token");
        self.post_form(
            "/demo/sign-in",
            &[("form_token", &form_token), ("next", next), ("person", person)],
        )
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.cookies.get("nightlatch").map(String::as_str)
    }

    /// The same browser with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        let mut other = self.clone();
        other.cookies.insert("nightlatch".to_owned(), token.to_owned());
        other
    }

    /// What the server says of the session.
    #[track_caller]
    pub(crate) fn session(&mut self) -> serde_json::Value {
        let answer = self.get("/nightlatch/session");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// When the session falls idle, in milliseconds since the epoch.
    #[track_caller]
    pub(crate) fn idle_deadline(&mut self) -> i64 {
        let session = self.session();
        let number = |key: &str| session[key].as_i64().unwrap_or_else(|| panic!("{key}: {session}"));
        number("server_time_ms") + number("idle_remaining_ms")
    }

    /// Waits until the server tells of an event. Listening is not activity.
    #[track_caller]
    pub(crate) fn wait_for(&self, event: &str) {
        assert!(self.listen().any(|(told, _)| told == event), "no event `{event}`");
    }

    /// What the server tells of the session, event by event, each with its data.
    #[track_caller]
    pub(crate) fn listen(&self) -> impl Iterator<Item = (String, serde_json::Value)> + use<> {
        let stream = self.connect("GET", "/nightlatch/events", &[], "");
        let mut lines = BufReader::new(stream).lines();
        let head = lines.next().expect("a status line").expect("text");
        assert!(head.contains(" 200 "), "{head}");
        let mut event = String::new();
        lines.map_while(Result::ok).filter_map(move |line| {
            if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut event);
            }
            let data = serde_json::from_str(line.strip_prefix("data: ")?).expect("JSON");
            Some((event.clone(), data))
        })
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut text = Vec::new();
        self.connect(method, path, headers, body)
            .read_to_end(&mut text)
            .expect("an answer");
        let answer = parse(&String::from_utf8_lossy(&text));
        protection::check(method, path, &answer);
        for cookie in answer.all("set-cookie") {
            let (name, value) = cookie
                .split(';')
                .next()
                .and_then(|pair| pair.split_once('='))
                .expect("a cookie");
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    fn connect(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.address
        );
        if !self.cookies.is_empty() {
            let cookies: Vec<_> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let _ = write!(request, "Cookie: {}\r\n", cookies.join("; "));
        }
        for (name, value) in headers {
            let _ = write!(request, "{name}: {value}\r\n");
        }
        let _ = write!(request, "Content-Length: {}\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(self.address).expect("the bank listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(request.as_bytes()).expect("the request is sent");
        stream
    }
}

fn parse(text: &str) -> Answer {
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {text}"));
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .expect("a status");
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Answer {
        status,
        headers: headers.collect(),
        body: body.to_owned(),
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", percent_encoded(value)))
        .collect();
    pairs.join("&")
}

pub(crate) fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        let _ = if byte.is_ascii_alphanumeric() {
            write!(encoded, "{}", char::from(byte))
        } else {
            write!(encoded, "%{byte:02X}")
        };
        encoded
    })
}
