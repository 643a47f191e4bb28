//! The secret of a store, and the keys that are derived from it.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::random::random_bytes;

/// 256 random bits that a store keeps for good and that never leave the server; debug output does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// From the operating system's generator.
    #[must_use]
    pub fn random() -> Self {
        Self::from_bytes(random_bytes())
    }

    /// One that a store kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, as a store keeps them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key of 256 bits for one purpose and what it is about: always the same one for the same words in the same order,
    /// and nobody who knows some keys can tell another (HMAC-SHA256, RFC 2104).
    #[must_use]
    pub fn derive(&self, purpose: &str, about: &[&str]) -> Zeroizing<[u8; 32]> {
        // HMAC fills a key that is shorter than its block with zeros.
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(self.as_bytes());
        let mut hmac = Hmac::<Sha256>::new((&*block).into());
        for word in [purpose].iter().chain(about) {
            // With its length in front no word runs into the next.
            hmac.update(&(word.len() as u64).to_be_bytes());
            hmac.update(word.as_bytes());
        }
        Zeroizing::new(hmac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn secret() -> Secret {
        Secret::from_bytes([7; 32])
    }

    fn hex(key: &[u8; 32]) -> String {
        key.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// What was encrypted with a key has to stay readable: HMAC-SHA256 by another hand.
    #[test]
    fn a_key_is_the_same_in_every_version() {
        let key = secret().derive("purpose", &["ada", "bank"]);
        assert_eq!(
            hex(&key),
            "d48a9be7764e418f8bc0abb2beb73dad7fb9336348aa93888e356e5861a14c2f"
        );
    }

    #[test]
    fn every_difference_makes_another_key() {
        let all: &[(&str, &[&str])] = &[
            ("purpose", &["ada", "bank"]),
            ("purpose", &["bank", "ada"]),
            ("purpose", &["adabank"]),
            ("purpose", &["ada", "bank", ""]),
            ("purpose", &["ad", "abank"]),
            ("purposeada", &["bank"]),
            ("purpose", &["Ada", "bank"]),
            ("purpose", &[]),
            ("", &[]),
        ];
        let keys: std::collections::HashSet<_> = all
            .iter()
            .map(|(purpose, about)| *secret().derive(purpose, about))
            .collect();
        assert_eq!(keys.len(), all.len());
        let other = Secret::from_bytes([8; 32]).derive("purpose", &["ada", "bank"]);
        assert!(!keys.contains(&*other));
    }

    #[test]
    fn debug_output_keeps_the_secret() {
        let secret = Secret::random();
        assert_ne!(secret, Secret::random());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
