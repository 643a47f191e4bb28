//! What a connection sends, held to the letter of HTTP/1.1 before the parser sees it.
//!
//! Parsers forgive: two lengths that agree, a length beside chunks, line ends without a carriage return. What one forgives
//! another reads differently, and then two servers disagree on where a request ends. So nothing of that kind gets through:
//! the parser is handed what it refuses, and answers 400 and closes the connection.

mod chunks;
mod framing;
mod head;

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use self::framing::Framing;

/// Read at once where bytes are looked at.
const PIECE: usize = 16 * 1024;

/// A connection whose requests are held to the letter.
#[derive(Debug)]
pub(super) struct Strict<S> {
    stream: S,
    framing: Framing,
    head_within: Duration,
    /// Runs until the first head is whole. The parser waits for those after it, and not while an answer is underway.
    head_due: Option<Pin<Box<Sleep>>>,
    /// Looked at, and not handed on yet.
    ready: Vec<u8>,
    handed_on: usize,
}

impl<S> Strict<S> {
    pub(super) fn new(stream: S, header_limit: usize, head_within: Duration) -> Self {
        Self {
            stream,
            framing: Framing::new(header_limit),
            head_within,
            head_due: None,
            ready: Vec::new(),
            handed_on: 0,
        }
    }
}

impl<S> Strict<S> {
    /// Ready when the first head has taken too long.
    fn poll_head_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.framing.awaits_first_head() {
            return Poll::Pending;
        }
        let within = self.head_within;
        let due = self
            .head_due
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        due.as_mut().poll(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Strict<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            let waiting = this.ready.get(this.handed_on..).unwrap_or_default();
            if !waiting.is_empty() {
                let length = waiting.len().min(buf.remaining());
                buf.put_slice(waiting.get(..length).unwrap_or_default());
                this.handed_on += length;
                return Poll::Ready(Ok(()));
            }
            this.ready.clear();
            this.handed_on = 0;
            if let Some(plain) = this.framing.plain() {
                return read_plain(&mut this.stream, &mut this.framing, plain, cx, buf);
            }
            let mut piece = [MaybeUninit::uninit(); PIECE];
            let mut piece = ReadBuf::uninit(&mut piece);
            if Pin::new(&mut this.stream).poll_read(cx, &mut piece)?.is_pending() {
                ready!(this.poll_head_due(cx));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            if piece.filled().is_empty() {
                // What was begun and not ended is for the parser to complain of.
                this.framing.end(&mut this.ready);
                if this.ready.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                continue;
            }
            this.framing.look_at(piece.filled(), &mut this.ready);
            if !this.framing.awaits_first_head() {
                this.head_due = None;
            }
        }
    }
}

/// Bytes of a body of known length are not looked at.
fn read_plain<S: AsyncRead + Unpin>(
    stream: &mut S,
    framing: &mut Framing,
    plain: u64,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    let room = buf.initialize_unfilled();
    let most = usize::try_from(plain).unwrap_or(usize::MAX).min(room.len());
    let mut part = ReadBuf::new(&mut room[..most]);
    ready!(Pin::new(stream).poll_read(cx, &mut part))?;
    let length = part.filled().len();
    buf.advance(length);
    framing.passed(length as u64);
    Poll::Ready(Ok(()))
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Strict<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }
}
