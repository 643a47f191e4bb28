//! What listeners have in common, whatever is spoken over them: binding, accepting, room for those who come, and an end that
//! cuts nobody off.

mod shares;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use ipnet::IpNet;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::shares::Shares;
use super::patient::Patient;

/// The head of a request may take so long.
pub(crate) const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// A client may take nothing of what is written to it for so long.
pub(crate) const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Requests that still run when the server stops get so long.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);
/// Somebody whose share is taken waits so long for one of their own connections to close.
const SHARE_WITHIN: Duration = Duration::from_secs(30);
/// A machine that says nothing is asked whether it is still there.
const ASKED_AFTER: Duration = Duration::from_mins(1);
const ASKED_EVERY: Duration = Duration::from_secs(15);

/// How many connections a listener serves at once.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) in_all: usize,
    /// Of these, how many one address may have.
    pub(crate) for_each: usize,
    /// Proxies speak for many: they have no share.
    pub(crate) trusted: Vec<IpNet>,
}

/// A listener, and its room.
#[derive(Debug)]
pub(crate) struct Door {
    listener: TcpListener,
    room: Arc<Semaphore>,
    shares: Shares,
    trusted: Vec<IpNet>,
    /// Places for those whose share is taken.
    waiting: Arc<Semaphore>,
    waited: (mpsc::Sender<Waited>, mpsc::Receiver<Waited>),
}

/// Whom a connection is with. It takes up room until the last thing that came over it is over.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    _place: Arc<Place>,
}

#[derive(Debug)]
struct Place {
    _room: OwnedSemaphorePermit,
    _share: Option<OwnedSemaphorePermit>,
}

/// Somebody who has waited for their share, and got it.
#[derive(Debug)]
struct Waited {
    stream: TcpStream,
    address: SocketAddr,
    share: OwnedSemaphorePermit,
}

impl Room {
    /// Half of it is for one address at the most.
    pub(crate) fn new(in_all: usize, trusted: &[IpNet]) -> Self {
        Self {
            in_all,
            for_each: (in_all / 2).max(1),
            trusted: trusted.to_vec(),
        }
    }
}

impl Door {
    /// `key` names the address in errors.
    pub(crate) async fn bind(address: SocketAddr, key: &str, room: Room) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!(
                "{key}: cannot listen on {address}; end what uses the port, or set another address or port 0 for any free one"
            )
        })?;
        Ok(Self {
            listener,
            room: Arc::new(Semaphore::new(room.in_all)),
            shares: Shares::of(room.for_each),
            trusted: room.trusted,
            waiting: Arc::new(Semaphore::new(room.in_all)),
            waited: mpsc::channel(1),
        })
    }

    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        self.listener.local_addr().context("the listener has no address")
    }

    /// The next connection; none once the server stops. Above the limit everybody waits in the queue of the system. Who has
    /// their share waits here for a while, so that nobody else waits behind them.
    pub(crate) async fn accept(&mut self, shutdown: &CancellationToken) -> Option<(Patient<TcpStream>, Peer)> {
        loop {
            let room = tokio::select! {
                // Nobody closes it.
                room = Arc::clone(&self.room).acquire_owned() => room.ok()?,
                () = shutdown.cancelled() => return None,
            };
            let (stream, address) = tokio::select! {
                accepted = accept(&self.listener) => accepted,
                Some(waited) = self.waited.1.recv() => {
                    return Some(served(waited.stream, waited.address, room, Some(waited.share)));
                }
                () = shutdown.cancelled() => return None,
            };
            if self.trusts(address.ip()) {
                return Some(served(stream, address, room, None));
            }
            let share = self.shares.of_peer(address.ip());
            match Arc::clone(&share).try_acquire_owned() {
                Ok(share) => return Some(served(stream, address, room, Some(share))),
                Err(_) => self.let_wait(stream, address, share),
            }
        }
    }

    fn let_wait(&self, stream: TcpStream, address: SocketAddr, share: Arc<Semaphore>) {
        let Ok(place) = Arc::clone(&self.waiting).try_acquire_owned() else {
            tracing::info!(peer = %address, "a connection is closed: its address has too many");
            return;
        };
        let waited = self.waited.0.clone();
        tokio::spawn(async move {
            let waiting = async {
                let share = share.acquire_owned().await.ok()?;
                let waited = waited.send(Waited { stream, address, share }).await;
                // The listener is gone where nobody takes it.
                waited.ok()
            };
            if tokio::time::timeout(SHARE_WITHIN, waiting).await.is_err() {
                tracing::info!(peer = %address, "a connection is closed: its address has its share of connections");
            }
            drop(place);
        });
    }

    fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted.iter().any(|network| network.contains(&peer))
    }
}

fn served(
    stream: TcpStream,
    address: SocketAddr,
    room: OwnedSemaphorePermit,
    share: Option<OwnedSemaphorePermit>,
) -> (Patient<TcpStream>, Peer) {
    let place = Arc::new(Place {
        _room: room,
        _share: share,
    });
    let peer = Peer { address, _place: place };
    (Patient::new(stream, TAKEN_WITHIN), peer)
}

/// The next connection, which sends at once what is written to it, and ends when the other machine is gone.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let keepalive = TcpKeepalive::new().with_time(ASKED_AFTER).with_interval(ASKED_EVERY);
                let set = stream
                    .set_nodelay(true)
                    .and_then(|()| SockRef::from(&stream).set_tcp_keepalive(&keepalive));
                if let Err(error) = set {
                    tracing::debug!(%peer, %error, "an option of a connection cannot be set");
                }
                return (stream, peer);
            }
            Err(error) => {
                // Out of file handles, most likely: give the others time to close theirs.
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Lets running requests finish.
pub(crate) async fn drain(running: impl Future<Output = ()>) {
    if tokio::time::timeout(DRAIN_WITHIN, running).await.is_err() {
        tracing::warn!("requests that did not finish in time are cut off");
    }
}

/// The time of sockets, whose time-outs are no business of the policy's clock.
#[expect(clippy::disallowed_methods, reason = "sockets keep real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
