//! `nightlatch gateway echo`: an application that answers with what it received. It reads requests by itself, byte by byte:
//! a library would refuse or tidy up what a test has to see.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::spellings::may_be_read_as;

/// In every answer, so that the answer of the application is told from that of a proxy.
pub(super) const MARK: &str = "nightlatch-echo";
const LONGEST_HEAD: usize = 1 << 20;
const LONGEST_BODY: usize = 1 << 24;
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// Run an application that answers with what it received
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch gateway echo
  nightlatch gateway echo --listen 127.0.0.1:3000

It answers every request with 200 and JSON: the request line, the headers as they were spelled and in their order, and the
length of the body. A WebSocket gets back what it sends.")]
pub(super) struct Args {
    /// The address to listen on; it shows what it is sent, so keep it to this machine
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
}

/// A request as it arrived. Bytes that are not ASCII are the characters of their number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Received {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body_bytes: usize,
}

impl Received {
    /// The values of a header as an application may find them: under every name that it may read as this one.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(spelled, _)| may_be_read_as(spelled, name));
        named.map(|(_, value)| value.as_str()).collect()
    }
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("cannot listen on {}; choose another address with --listen", args.listen))?;
    writeln!(std::io::stdout(), "echo  http://{}/", listener.local_addr()?)?;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.context("no connection can be accepted")?;
                tokio::spawn(answer(stream));
            }
            stopped = tokio::signal::ctrl_c() => {
                stopped.context("signals cannot be received")?;
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

/// Answers one request. Whoever sends what is none is not answered.
async fn answer(stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    let Ok(Some(received)) = tokio::time::timeout(ARRIVES_WITHIN, receive(&mut stream)).await else {
        return;
    };
    let is_upgrade = received.values("upgrade").contains(&"websocket");
    if let ([key], true) = (&received.values("sec-websocket-key")[..], is_upgrade) {
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {}\r\n\
             {MARK}: 1\r\n\r\n",
            accepting(key)
        );
        if stream.write_all(head.as_bytes()).await.is_ok() {
            // It ends when the client goes.
            let (mut reader, mut writer) = tokio::io::split(stream);
            drop(tokio::io::copy(&mut reader, &mut writer).await);
        }
        return;
    }
    let body = serde_json::to_string(&received).unwrap_or_default();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\ncache-control: no-store\r\n\
         connection: close\r\n{MARK}: 1\r\n\r\n"
    );
    let body = if received.method == "HEAD" { "" } else { &body };
    // A client that is gone needs no answer.
    drop(stream.write_all(format!("{head}{body}").as_bytes()).await);
    drop(stream.shutdown().await);
}

/// What a WebSocket client knows by that it is answered as one (RFC 6455 section 4.2.2).
fn accepting(key: &str) -> String {
    let digest = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    base64::engine::general_purpose::STANDARD.encode(digest)
}

async fn receive(stream: &mut BufReader<TcpStream>) -> Option<Received> {
    let head = read_head(stream).await?;
    let mut lines = head
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let request = text(lines.next()?);
    // A target may have blanks in it that should not be there.
    let (method, rest) = request.split_once(' ')?;
    let target = rest.rsplit_once(" HTTP/").map_or(rest, |(target, _)| target);
    let headers: Vec<(String, String)> = lines
        .filter(|line| !line.is_empty())
        .map(text)
        .map(|line| match line.split_once(':') {
            Some((name, value)) => (name.to_owned(), value.trim().to_owned()),
            None => (line, String::new()),
        })
        .collect();
    let mut received = Received {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body_bytes: 0,
    };
    received.body_bytes = body(stream, &received).await?;
    Some(received)
}

async fn read_head(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        head.push(stream.read_u8().await.ok()?);
        if head.len() > LONGEST_HEAD {
            return None;
        }
    }
    Some(head)
}

/// Reads the body to its end, and answers its length.
async fn body(stream: &mut BufReader<TcpStream>, received: &Received) -> Option<usize> {
    let is_chunked = received
        .values("transfer-encoding")
        .iter()
        .any(|value| value.contains("chunked"));
    if !is_chunked {
        let length = received
            .values("content-length")
            .first()
            .map_or(Ok(0), |length| length.parse());
        return skip(stream, length.ok()?).await;
    }
    let mut whole = 0;
    loop {
        let line = read_line(stream).await?;
        let length = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        whole += skip(stream, length).await?;
        // The line end behind the chunk, or the one behind everything.
        read_line(stream).await?;
        if length == 0 || whole > LONGEST_BODY {
            return Some(whole);
        }
    }
}

async fn skip(stream: &mut BufReader<TcpStream>, length: usize) -> Option<usize> {
    if length > LONGEST_BODY {
        return None;
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.ok()
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.push(stream.read_u8().await.ok()?);
        if line.len() > 1024 {
            return None;
        }
    }
    Some(text(&line).trim_end().to_owned())
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(request: &[u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let served = tokio::spawn(async move { answer(listener.accept().await.expect("a connection").0).await });
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(request).await.expect("sent");
        let mut told = String::new();
        stream.read_to_string(&mut told).await.expect("an answer");
        served.await.expect("no panic");
        told
    }

    #[tokio::test]
    async fn it_tells_what_it_received_byte_by_byte() {
        let told = ask(
            b"POST /a\\b//..;x%2f?q#f HTTP/1.1\r\nX_Odd.Name: \xe9\r\nX_Odd.Name: two\r\ncontent-length: 3\r\n\r\nabc",
        )
        .await;
        let (head, body) = told.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains(MARK), "{head}");
        let received: Received = serde_json::from_str(body).expect("JSON");
        assert_eq!((&*received.method, &*received.target), ("POST", "/a\\b//..;x%2f?q#f"));
        assert_eq!(received.headers[0], ("X_Odd.Name".to_owned(), "\u{e9}".to_owned()));
        assert_eq!(received.values("x-odd-name"), ["\u{e9}", "two"]);
        assert_eq!(received.body_bytes, 3);
    }

    #[test]
    fn the_handshake_is_that_of_the_standard() {
        assert_eq!(accepting("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[tokio::test]
    async fn bodies_in_chunks_are_read_to_their_end() {
        let told =
            ask(b"PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").await;
        assert!(told.contains("\"body_bytes\":5"), "{told}");
    }

    #[tokio::test]
    async fn head_has_no_body_and_what_is_no_request_no_answer() {
        assert!(ask(b"HEAD / HTTP/1.1\r\n\r\n").await.ends_with("\r\n\r\n"));
        assert_eq!(ask(b"nonsense\r\n\r\n").await, "");
    }
}
