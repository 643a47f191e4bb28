//! The parser's own answers, with the body that every other refusal has.
//!
//! What cannot be read as HTTP is answered by the parser itself, which has no hook for it: it writes a status, no body, and
//! closes the connection. That one answer is known as it is written, because none of ours looks like it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::problem::Problem;

/// The longest answer of the parser has a little more than a hundred bytes.
const LONGEST: usize = 256;

/// A connection on which the parser's answers are explained.
#[derive(Debug)]
pub(crate) struct Explained<S> {
    stream: S,
    /// Taken from the parser, and not written yet.
    waiting: Vec<u8>,
    written: usize,
}

impl<S> Explained<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            waiting: Vec::new(),
            written: 0,
        }
    }
}

impl<S: AsyncWrite + Unpin> Explained<S> {
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest @ [_, ..]) = self.waiting.get(self.written..) {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
        }
        self.waiting.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

/// The same answer with a body, if it is one of the parser's own: a status of a client's error, and no header but those that
/// every answer has. An application behind the proxy that answers so says nothing else either.
fn explained(answer: &[u8]) -> Option<Vec<u8>> {
    if answer.len() > LONGEST || !answer.starts_with(b"HTTP/1.1 4") {
        return None;
    }
    let head = std::str::from_utf8(answer).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let problem = problem(lines.next()?.get(9..12)?)?;
    let (mut closes, mut empty, mut date) = (false, false, "");
    for line in lines {
        match line.split_once(": ")? {
            ("connection", "close") => closes = true,
            ("content-length", "0") => empty = true,
            ("date", at) => date = at,
            _ => return None,
        }
    }
    (closes && empty).then(|| problem.closing(date))
}

fn problem(status: &str) -> Option<Problem> {
    match status {
        "400" => Some(Problem::bad_request(
            "It is not HTTP as RFC 9112 has it, or can be read in several ways.",
        )),
        "414" => Some(Problem::new(
            StatusCode::URI_TOO_LONG,
            "address-too-long",
            "The address is too long",
            "No server here takes an address of this length; send what is long in a body.",
        )),
        "431" => Some(Problem::new(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "headers-too-large",
            "The headers are too large",
            "There are more headers, or longer ones, than are taken here. Cookies are most of them, as a rule: remove some.",
        )),
        _ => None,
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        let Some(whole) = explained(buf) else {
            return Pin::new(&mut this.stream).poll_write(cx, buf);
        };
        // Taken as a whole: what does not go at once goes with the flush, which the parser waits for before it closes.
        this.waiting = whole;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // An answer of the parser is one piece.
        if let [one] = bufs {
            return self.poll_write(cx, one);
        }
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.stream).poll_write_vectored(cx, bufs)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const DATE: &str = "date: Sun, 06 Nov 1994 08:49:37 GMT";

    #[tokio::test]
    async fn an_answer_of_the_parser_gets_a_body() {
        for (status, kind) in [
            ("400 Bad Request", "bad-request"),
            ("414 URI Too Long", "address-too-long"),
            ("431 Request Header Fields Too Large", "headers-too-large"),
        ] {
            // Room for a part of it at a time.
            let (client, server) = duplex(16);
            let writing = async move {
                let mut server = Explained::new(server);
                let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n{DATE}\r\n\r\n");
                server.write_all(answer.as_bytes()).await.expect("written");
                server.shutdown().await.expect("closed");
            };
            let mut client = client;
            let mut told = String::new();
            let ((), read) = tokio::join!(writing, client.read_to_string(&mut told));
            read.expect("text");
            let (head, body) = told.split_once("\r\n\r\n").expect("a head");
            assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{head}");
            assert!(
                head.contains("content-type: application/problem+json") && head.contains(DATE),
                "{head}"
            );
            assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
            let problem: serde_json::Value = serde_json::from_str(body).expect("JSON");
            assert_eq!(problem["type"], Problem::kind(kind));
        }
    }

    #[test]
    fn other_answers_are_left_alone() {
        for answer in [
            format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n{DATE}\r\n\r\n"),
            format!(
                "HTTP/1.1 400 Bad Request\r\ncache-control: no-store\r\nconnection: close\r\ncontent-length: 0\r\n{DATE}\r\n\r\n"
            ),
            format!("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 2\r\n{DATE}\r\n\r\n{{}}"),
            format!("HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n{DATE}\r\n\r\n"),
            "HTTP/1.1 400".to_owned(),
            String::new(),
        ] {
            assert_eq!(explained(answer.as_bytes()), None, "{answer}");
        }
    }
}
