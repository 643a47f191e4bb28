//! What each address has of the room of a listener.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use tokio::sync::Semaphore;

/// The first bits of an IPv6 address, which name a network: whoever has one address of it has all of them.
const NETWORK: u128 = u128::MAX << 64;

/// The connections that each address may still open.
#[derive(Debug)]
pub(super) struct Shares {
    for_each: usize,
    by_peer: HashMap<IpAddr, Arc<Semaphore>>,
    /// Addresses without a connection are forgotten once there are so many.
    tidied_at: usize,
}

impl Shares {
    pub(super) fn of(for_each: usize) -> Self {
        Self {
            for_each,
            by_peer: HashMap::new(),
            tidied_at: 1024,
        }
    }

    /// The share of an address.
    pub(super) fn of_peer(&mut self, peer: IpAddr) -> Arc<Semaphore> {
        if self.by_peer.len() >= self.tidied_at {
            self.by_peer.retain(|_, share| Arc::strong_count(share) > 1);
            self.tidied_at = (2 * self.by_peer.len()).max(1024);
        }
        let share = self.by_peer.entry(holder(peer)).or_insert_with(|| {
            let share = Semaphore::new(self.for_each);
            Arc::new(share)
        });
        Arc::clone(share)
    }
}

/// Who has a share.
fn holder(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & NETWORK).into(),
        ip @ IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_share_is_of_an_address_and_of_a_whole_network_of_ipv6() {
        for (one, other, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::1", "2001:db8::ffff:2", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
        ] {
            let mut shares = Shares::of(1);
            let taken = shares.of_peer(ip(one)).try_acquire_owned().expect("a share");
            assert_eq!(shares.of_peer(ip(other)).try_acquire().is_err(), same, "{one} {other}");
            drop(taken);
            assert!(shares.of_peer(ip(other)).try_acquire().is_ok());
        }
    }

    #[test]
    fn whoever_has_left_is_forgotten_and_nobody_else() {
        let mut shares = Shares::of(1);
        let here = shares.of_peer(ip("192.0.2.1")).try_acquire_owned().expect("a share");
        for host in 0..10_000_u32 {
            let peer = IpAddr::from((0x0a00_0000 + host).to_be_bytes());
            assert!(shares.of_peer(peer).try_acquire().is_ok());
        }
        assert!(shares.by_peer.len() <= 1024, "{}", shares.by_peer.len());
        assert!(shares.of_peer(ip("192.0.2.1")).try_acquire().is_err());
        drop(here);
    }
}
