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
use tokio::time::{Instant, Sleep};

use self::framing::Framing;
pub(super) use self::head::{Ambiguous, check};
use crate::http::tcp::now;
use crate::http::unread;

/// Read at once where bytes are looked at.
const PIECE: usize = 16 * 1024;
const READS_AT_ONCE: usize = 16;

/// A connection whose requests are held to the letter.
#[derive(Debug)]
pub(super) struct Strict<S> {
    stream: S,
    framing: Framing,
    head_within: Duration,
    /// Runs until the first head is whole. The parser waits for those after it, and not while an answer is underway.
    head_due: Option<Pin<Box<Sleep>>>,
    /// When the client last sent something.
    heard: Instant,
    /// Runs while what is left of a request is thrown away.
    lingers: Option<Linger>,
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
            heard: now(),
            lingers: None,
            ready: Vec::new(),
            handed_on: 0,
        }
    }
}

/// The client may still be sending what was refused. To close now would reset the connection, and the answer with it.
#[derive(Debug)]
struct Linger {
    silent: Pin<Box<Sleep>>,
    in_all: Pin<Box<Sleep>>,
}

impl Linger {
    fn since(heard: Instant) -> Self {
        Self {
            silent: Box::pin(tokio::time::sleep_until(heard + unread::SILENT_FOR)),
            in_all: Box::pin(tokio::time::sleep(unread::IN_ALL)),
        }
    }

    /// Ready once the client has closed, or has had its time.
    fn poll(&mut self, stream: &mut (impl AsyncRead + Unpin), cx: &mut Context<'_>) -> Poll<()> {
        let mut thrown_away = [MaybeUninit::uninit(); PIECE];
        // A fast client must not keep the others waiting.
        for _ in 0..READS_AT_ONCE {
            let mut piece = ReadBuf::uninit(&mut thrown_away);
            match Pin::new(&mut *stream).poll_read(cx, &mut piece) {
                Poll::Ready(Ok(())) if !piece.filled().is_empty() => {
                    self.silent.set(tokio::time::sleep(unread::SILENT_FOR));
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => {
                    ready!(self.silent.as_mut().poll(cx));
                    return Poll::Ready(());
                }
            }
        }
        if self.in_all.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
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
                ready!(read_plain(&mut this.stream, &mut this.framing, plain, cx, buf))?;
                this.heard = now();
                return Poll::Ready(Ok(()));
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
            this.heard = now();
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

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Strict<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.lingers.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            if !this.framing.is_within() {
                return Poll::Ready(Ok(()));
            }
        }
        let heard = this.heard;
        let lingers = this.lingers.get_or_insert_with(|| Linger::since(heard));
        ready!(lingers.poll(&mut this.stream, cx));
        Poll::Ready(Ok(()))
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
