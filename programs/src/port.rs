//! Ports for programs that cannot choose one themselves.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that systems give to outgoing connections and to whoever asks for any port, so that neither takes one
/// between the reservation and the start of the program.
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;
/// Whoever listens on a port here has reserved the same port of 127.0.0.1.
const RESERVES: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// A port of 127.0.0.1 that is ours until this is dropped, whether or not a program listens on it.
///
/// The reservation is a listener on the same port of another loopback address. So no two tests get the same port, in whatever
/// process they run, and the reservation of a test that crashes goes with it.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _reservation: TcpListener,
}

impl Port {
    /// A port that nobody listens on and nobody else has reserved.
    ///
    /// # Panics
    /// Where none is left.
    #[must_use]
    pub fn reserve() -> Self {
        // Only where the search begins: processes that start at the same time begin at different places.
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let process = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap_or_default();
        let free = (0..COUNT).find_map(|_| {
            let offset = u32::from(process) * 31 + u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
            let number = FIRST + u16::try_from(offset % u32::from(COUNT)).unwrap_or_default();
            let reservation = TcpListener::bind((RESERVES, number)).ok()?;
            // Whoever listened here before the reservation still does.
            TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
            Some(Self {
                number,
                _reservation: reservation,
            })
        });
        free.expect("a free port between 20000 and 29999")
    }

    /// Its number.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// The address to listen on and to connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), self.number)
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_reserved_once_and_can_be_listened_on() {
        let ports: Vec<Port> = (0..50).map(|_| Port::reserve()).collect();
        let mut numbers: Vec<u16> = ports.iter().map(Port::number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), ports.len());
        for port in &ports {
            TcpListener::bind(port.address()).expect("a port that is free");
        }
    }

    #[test]
    fn a_port_that_somebody_listens_on_is_not_reserved() {
        let port = Port::reserve();
        let _listener = TcpListener::bind(port.address()).expect("a port that is free");
        let number = port.number();
        drop(port);
        let others: Vec<Port> = (0..200).map(|_| Port::reserve()).collect();
        assert!(others.iter().all(|other| other.number() != number));
    }
}
