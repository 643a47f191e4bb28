//! One request over a connection of its own, byte by byte as it is written here, and what comes back.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::echo::{MARK, Received};

/// A frame of a WebSocket with a word in it.
const WORD: &[u8] = b"\x81\x05hello";
const ANSWERS_WITHIN: Duration = Duration::from_secs(8);

/// A request to be.
#[derive(Clone, Debug)]
pub(super) struct Request {
    method: &'static str,
    target: Vec<u8>,
    headers: Vec<(String, String)>,
    host: Option<String>,
    body: String,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    /// As it was sent, in chunks or not.
    body: Vec<u8>,
}

impl Request {
    pub(super) fn new(method: &'static str, target: impl AsRef<[u8]>) -> Self {
        Self {
            method,
            target: target.as_ref().to_vec(),
            headers: Vec::new(),
            host: None,
            body: String::new(),
        }
    }

    /// As a browser asks for a page that a person opens.
    pub(super) fn document(target: impl AsRef<[u8]>) -> Self {
        Self::new("GET", target)
            .with("Accept", "text/html,application/xhtml+xml")
            .with("Sec-Fetch-Mode", "navigate")
            .with("Sec-Fetch-Dest", "document")
    }

    /// As a script of a page asks for data.
    pub(super) fn fetch(target: impl AsRef<[u8]>) -> Self {
        Self::new("GET", target).fetching()
    }

    pub(super) fn fetching(self) -> Self {
        self.with("Accept", "*/*")
            .with("Sec-Fetch-Mode", "cors")
            .with("Sec-Fetch-Dest", "empty")
    }

    pub(super) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn addressed(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    pub(super) fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    fn bytes(&self, authority: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        bytes.extend_from_slice(self.method.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(&self.target);
        bytes.extend_from_slice(b" HTTP/1.1\r\n");
        let host = self.host.as_deref().unwrap_or(authority);
        let mut line = |name: &str, value: &str| {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        };
        line("Host", host);
        for (name, value) in &self.headers {
            line(name, value);
        }
        if !self
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("connection"))
        {
            line("Connection", "close");
        }
        if !self.body.is_empty() {
            line("Content-Length", &self.body.len().to_string());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(self.body.as_bytes());
        bytes
    }
}

/// Sends a request. None: the gateway closed the connection without a word, or said nothing in time.
pub(super) async fn send(address: &str, authority: &str, request: &Request) -> Option<Answer> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(&request.bytes(authority)).await.ok()?;
        let mut told = Vec::new();
        // Whoever resets the connection behind an answer has answered.
        while !is_whole(&told, request.method) {
            if stream.read_buf(&mut told).await.unwrap_or_default() == 0 {
                break;
            }
        }
        Answer::parse(&told)
    };
    tokio::time::timeout(ANSWERS_WITHIN, exchange).await.ok().flatten()
}

/// Asks for a WebSocket and sends a word through it. Answers the status, and whether the word came back.
pub(super) async fn upgrade(address: &str, authority: &str, request: &Request) -> Option<(Answer, bool)> {
    let exchange = async {
        let request = request
            .clone()
            .with("Connection", "Upgrade")
            .with("Upgrade", "websocket")
            .with("Sec-WebSocket-Version", "13")
            .with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(&request.bytes(authority)).await.ok()?;
        let mut told = Vec::new();
        while head_end(&told).is_none() {
            if stream.read_buf(&mut told).await.unwrap_or_default() == 0 {
                break;
            }
        }
        let answer = Answer::parse(&told)?;
        if answer.status != 101 {
            return Some((answer, false));
        }
        stream.write_all(WORD).await.ok()?;
        let mut back = told.split_off(head_end(&told)?);
        while back.len() < WORD.len() {
            if stream.read_buf(&mut back).await.unwrap_or_default() == 0 {
                break;
            }
        }
        Some((answer, back == WORD))
    };
    tokio::time::timeout(ANSWERS_WITHIN, exchange).await.ok().flatten()
}

fn head_end(told: &[u8]) -> Option<usize> {
    told.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// Whether nothing more is to come; false where only the end of the connection tells.
fn is_whole(told: &[u8], method: &str) -> bool {
    let (Some(end), Some(answer)) = (head_end(told), Answer::parse(told)) else {
        return false;
    };
    if method == "HEAD" || matches!(answer.status, 101 | 204 | 304) {
        return true;
    }
    let length = answer.header("content-length").and_then(|length| length.parse().ok());
    length.map_or_else(
        || told.ends_with(b"\r\n0\r\n\r\n"),
        |length: usize| told.len() - end >= length,
    )
}

impl Answer {
    fn parse(told: &[u8]) -> Option<Self> {
        let end = head_end(told)?;
        let head = String::from_utf8_lossy(&told[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        Some(Self {
            status,
            headers: headers.collect(),
            body: told[end..].to_vec(),
        })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(named, _)| named == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the application has answered, where it is the echo.
    pub(super) fn is_echo(&self) -> bool {
        self.header(MARK).is_some()
    }

    /// What the echo received. It sends objects without line ends, so that a chunk has all of one.
    pub(super) fn received(&self) -> Option<Received> {
        if !self.is_echo() {
            return None;
        }
        let from = self.body.iter().position(|byte| *byte == b'{')?;
        let to = self.body.iter().rposition(|byte| *byte == b'}')?;
        serde_json::from_slice(self.body.get(from..=to)?).ok()
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_length_has_come() {
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na", "GET"));
        assert!(is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab", "GET"));
        assert!(is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", "HEAD"));
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\n\r\nab", "GET"));
        assert!(is_whole(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
            "GET"
        ));
    }

    #[test]
    fn a_request_is_what_is_written() {
        let request = Request::new("GET", b"/\xff").with("A", "b").addressed("h");
        assert_eq!(
            request.bytes("x"),
            b"GET /\xff HTTP/1.1\r\nHost: h\r\nA: b\r\nConnection: close\r\n\r\n"
        );
    }
}
