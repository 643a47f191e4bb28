//! The load: keep-alive connections on one thread, each of which asks again as soon as it is answered. The application
//! behind a proxy answers on the same thread.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use axum::Router;
use futures_util::future::try_join_all;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use super::question::Question;
use super::{answer, baseline};
use crate::stopwatch;

const BUFFER: usize = 64 * 1024;

/// Every session's request, in the order in which they are sent, over and over.
#[derive(Debug)]
pub(super) struct Requests {
    bytes: Vec<u8>,
    length: usize,
    next: Cell<usize>,
}

/// The thread.
#[derive(Debug)]
pub(super) struct Outside(Runtime);

#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) connections: usize,
    /// Requests per write.
    pub(super) pipeline: usize,
}

#[derive(Debug)]
pub(super) struct Measured {
    /// From the write to each answer, sorted.
    pub(super) latencies: Vec<Duration>,
    /// Answers other than 200.
    pub(super) refused: usize,
    pub(super) took: Duration,
}

#[derive(Debug, Default)]
struct Tally {
    latencies: Vec<Duration>,
    refused: usize,
}

impl Requests {
    pub(super) fn new(question: Question, tokens: &[String]) -> Self {
        let requests = tokens.iter().map(|token| question.request(token).into_bytes());
        let bytes: Vec<u8> = requests.flatten().collect();
        // Tokens are equally long, and so are requests.
        Self {
            length: bytes.len() / tokens.len().max(1),
            bytes,
            next: Cell::new(0),
        }
    }

    fn append_next(&self, out: &mut Vec<u8>) {
        let start = self.next.get();
        let end = start + self.length;
        out.extend_from_slice(&self.bytes[start..end]);
        self.next.set(if end == self.bytes.len() { 0 } else { end });
    }
}

impl Measured {
    pub(super) fn answered(&self) -> usize {
        self.latencies.len()
    }
}

impl Outside {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self(tokio::runtime::Builder::new_current_thread().enable_io().build()?))
    }

    /// An application that answers while load is run.
    pub(super) fn serve(&self, pages: Router) -> anyhow::Result<SocketAddr> {
        let listener = self.0.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.context("no free port on the loopback")?;
        let address = listener.local_addr()?;
        self.0.spawn(baseline::serve(listener, pages));
        Ok(address)
    }
}

impl Load {
    pub(super) fn run(
        self,
        outside: &Outside,
        address: SocketAddr,
        requests: &Requests,
        during: Duration,
    ) -> anyhow::Result<Measured> {
        let start = stopwatch::now();
        let conversations = (0..self.connections).map(|_| self.converse(address, requests, start + during));
        let talk = async { tokio::join!(try_join_all(conversations), stay_awake(start + during)).0 };
        let tallies = outside.0.block_on(talk)?;
        let took = stopwatch::now() - start;
        let refused = tallies.iter().map(|tally| tally.refused).sum();
        let mut latencies: Vec<Duration> = tallies.into_iter().flat_map(|tally| tally.latencies).collect();
        latencies.sort_unstable();
        Ok(Measured {
            latencies,
            refused,
            took,
        })
    }

    async fn converse(&self, address: SocketAddr, requests: &Requests, until: Instant) -> anyhow::Result<Tally> {
        let stream = TcpStream::connect(address)
            .await
            .context("the server takes no connection")?;
        stream.set_nodelay(true)?;
        let (mut out, mut answers) = (Vec::new(), Answers::default());
        let mut tally = Tally::default();
        let mut sent = stopwatch::now();
        while sent < until {
            out.clear();
            (0..self.pipeline).for_each(|_| requests.append_next(&mut out));
            write_all(&stream, &out).await?;
            for _ in 0..self.pipeline {
                let status = answers.next(&stream).await?;
                tally.refused += usize::from(status != 200);
                tally.latencies.push(stopwatch::now() - sent);
            }
            sent = stopwatch::now();
        }
        Ok(tally)
    }
}

/// Waking a sleeper on the same machine costs whoever answers it, and slow servers more often than fast ones. Elsewhere
/// clients are other machines, so this one never sleeps.
async fn stay_awake(until: Instant) {
    while stopwatch::now() < until {
        tokio::task::yield_now().await;
    }
}

async fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> anyhow::Result<()> {
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => stream.writable().await?,
            Err(error) => return Err(error).context("the server takes no request"),
        }
    }
    Ok(())
}

/// What has come and is not taken yet.
#[derive(Debug)]
struct Answers {
    buffer: Box<[u8]>,
    taken: usize,
    filled: usize,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            buffer: vec![0; BUFFER].into(),
            taken: 0,
            filled: 0,
        }
    }
}

impl Answers {
    /// The status of the next answer, once all of it has come.
    async fn next(&mut self, stream: &TcpStream) -> anyhow::Result<u16> {
        let head = loop {
            if let Some(head) = answer::head(&self.buffer[self.taken..self.filled])? {
                break head;
            }
            self.fill(stream).await?;
        };
        let mut left = head.length;
        loop {
            let taken = left.min(self.filled - self.taken);
            self.taken += taken;
            left -= taken;
            if left == 0 {
                return Ok(head.status);
            }
            self.fill(stream).await?;
        }
    }

    async fn fill(&mut self, stream: &TcpStream) -> anyhow::Result<()> {
        self.buffer.copy_within(self.taken..self.filled, 0);
        (self.filled, self.taken) = (self.filled - self.taken, 0);
        ensure!(self.filled < self.buffer.len(), "a head is longer than {BUFFER} bytes");
        loop {
            stream.readable().await?;
            match stream.try_read(&mut self.buffer[self.filled..]) {
                Ok(0) => anyhow::bail!("the server closed a connection"),
                Ok(read) => {
                    self.filled += read;
                    return Ok(());
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error).context("an answer broke off"),
            }
        }
    }
}
