//! A proxy between a store and its server, which does to what is said what networks and crashes do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What it does with what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Passes it on.
    None,
    /// Passes on what the store says next, takes the answer for itself, and closes the connection.
    CutAfter,
    /// The same with one answer in so many, whoever it is for.
    CutOneIn(u32),
    /// Closes the connection without passing on what the store says next.
    CutBefore,
    /// Keeps it, and closes nothing, until it does something else; then it passes on what it has kept.
    Stall,
    /// Passes on each answer after so long.
    Delay(Duration),
}

/// A proxy, until it is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
    task: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    fault: Fault,
    /// Connections before this one hear nothing any more, from neither side.
    first_heard: u64,
    /// The number of the next connection.
    next: u64,
}

impl Proxy {
    /// In front of a server.
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, _) = watch::channel(State {
            fault: Fault::None,
            first_heard: 0,
            next: 0,
        });
        let state = Arc::new(sender);
        let shared = Arc::clone(&state);
        let answered = Arc::new(AtomicU32::new(0));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else {
                    continue;
                };
                let mut number = 0;
                shared.send_modify(|state| {
                    number = state.next;
                    state.next += 1;
                });
                let way = Way {
                    number,
                    state: shared.subscribe(),
                    answered: Arc::clone(&answered),
                };
                tokio::spawn(pass(client, server, way));
            }
        });
        Self { address, state, task }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it does from now on.
    pub(crate) fn set(&self, fault: Fault) {
        self.state.send_modify(|state| state.fault = fault);
    }

    /// Leaves every connection half open: neither side hears anything on it any more, not even that the other one closes it.
    pub(crate) fn leave_half_open(&self) {
        self.state.send_modify(|state| state.first_heard = state.next);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a connection has to know.
#[derive(Clone)]
struct Way {
    number: u64,
    state: watch::Receiver<State>,
    answered: Arc<AtomicU32>,
}

impl Way {
    /// What is to be done, once something is.
    async fn fault(&mut self) -> Fault {
        loop {
            let state = *self.state.borrow_and_update();
            if self.number < state.first_heard {
                std::future::pending::<()>().await;
            }
            if state.fault != Fault::Stall {
                return state.fault;
            }
            if self.state.changed().await.is_err() {
                return Fault::None;
            }
        }
    }
}

async fn pass(client: TcpStream, server: TcpStream, way: Way) {
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Where one direction is over, so is the other.
    tokio::select! {
        () = requests(from_client, to_server, way.clone()) => {}
        () = answers(from_server, to_client, way) => {}
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut way: Way) {
    let mut buffer = vec![0; 65_536];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        // An end is no more heard of than anything else.
        let fault = way.fault().await;
        if read == 0 || fault == Fault::CutBefore || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut way: Way) {
    let mut buffer = vec![0; 65_536];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        match way.fault().await {
            Fault::CutAfter => return,
            Fault::CutOneIn(many) if way.answered.fetch_add(1, Ordering::Relaxed).is_multiple_of(many) => return,
            Fault::Delay(time) => tokio::time::sleep(time).await, // tidy: sleeps because a slow network is what is tested
            _ => {}
        }
        if read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
